"""Python functions behind a whole gateway: called, reloaded, crashed, missing, gone."""

import asyncio
import json
import os
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx
from tests.e2e.conftest import EXAMPLES, Gateway
from tests.support.gateway import RunningGateway
from tests.support.local_functions import write_functions

from gloo.control_plane.state import Recorded, read_statuses

EVENT = {"ce-id": "1", "ce-source": "/me", "ce-type": "org.example.ordered", "ce-specversion": "1.0"}
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
VERSION = "import os\ndef f(event, context): return %r\ndef pid(event, context): return os.getpid()\n"
BYTES = """
def f(event, context):
    return {"statusCode": 200, "headers": {"content-type": "image/png"}, "body": event["body"], "isBase64Encoded": True}
"""


async def once(holds: Callable[[], Awaitable[bool]]) -> None:
    """Wait until it holds, for ten seconds at most."""
    async with asyncio.timeout(10):
        while not await holds():  # noqa: ASYNC110 - what it waits for is another process
            await asyncio.sleep(0.02)


async def _is(running: RunningGateway, state: str) -> bool:
    """Tell whether the upstream is *state*; it has none before Envoy has judged it."""
    found = recorded(running).statuses.get("Upstream/local")
    return found is not None and found.state == state


def recorded(running: RunningGateway) -> Recorded:
    return read_statuses(running.folder / ".gloo")


async def test_the_example_answers_as_its_page_says(tmp_path: Path, gateway: Gateway) -> None:
    folder = tmp_path / "config"
    (folder / "functions").mkdir(parents=True)
    for name in ("gloo.yaml", "functions/shop.py"):
        (folder / name).write_text((EXAMPLES / "10-local" / "config" / name).read_text())
    async with gateway(folder) as running:
        assert (await running.get("/price?name=apple")).json() == {"name": "apple", "cents": 40}
        assert (await running.get("/price?name=plum")).status_code == 404
        assert (await running.get("/greet?name=you")).text == "Hello, you!\n"
        assert (await running.get("/status/now")).json() == {"open": True}
        answer = await running.request("POST", "/orders", headers=EVENT, json={"name": "pear"})
        assert (answer.status_code, answer.text) == (200, "OK")
        assert (await running.request("POST", "/orders", json={})).status_code == 400
    assert "ordered: 1 {'name': 'pear'}" in running.log.read_text()


async def test_bytes_go_in_and_come_out_as_they_are(tmp_path: Path, gateway: Gateway) -> None:
    async with gateway(write_functions(tmp_path / "config", BYTES, f="lambda")) as running:
        answer = await running.request("POST", "/f", content=PNG, headers={"content-type": "image/png"})
        assert answer.content == PNG


async def test_a_client_can_not_choose_a_function_by_our_header(tmp_path: Path, gateway: Gateway) -> None:
    async with gateway(write_functions(tmp_path / "config", VERSION % 1, f="lambda", pid="lambda")) as running:
        assert (await running.get("/f", headers={"x-gloo-function": "pid"})).json() == 1


async def test_new_code_takes_over_under_load_without_a_failed_request(tmp_path: Path, gateway: Gateway) -> None:
    folder = write_functions(tmp_path / "config", VERSION % 0, f="lambda")
    async with gateway(folder) as running, httpx.AsyncClient(base_url=running.url, trust_env=False) as client:
        answers: list[httpx.Response] = []
        version = 0

        async def ask_on() -> None:
            while version < 5 or answers[-1].text != "5":
                answers.append(await client.get("/f"))

        async with asyncio.timeout(30), asyncio.TaskGroup() as group:
            for _ in range(4):
                group.create_task(ask_on())
            await once(lambda: _true(bool(answers)))
            for version in range(1, 6):
                (folder / "code.py").write_text(VERSION % version)
                await once(lambda: _true(answers[-1].text == str(version)))  # noqa: B023 - called before it changes
    assert {answer.status_code for answer in answers} == {200}
    assert len(answers) > 100


async def test_code_that_can_not_be_run_is_reported_with_its_line_and_the_old_code_goes_on(
    tmp_path: Path, gateway: Gateway
) -> None:
    folder = write_functions(tmp_path / "config", VERSION % 1, f="lambda")
    async with gateway(folder) as running:
        (folder / "code.py").write_text("\nimport no_such_module\n")
        await once(lambda: _is(running, "Rejected"))
        (problem,) = recorded(running).statuses["Upstream/local"].problems
        assert problem.problem == "code.py, line 2: ModuleNotFoundError: No module named 'no_such_module'"
        assert (problem.field, problem.line > 0) == ("spec.module", True)
        assert (await running.get("/f")).json() == 1
        (folder / "code.py").write_text(VERSION % 2)
        await once(lambda: _is(running, "Accepted"))
        await once(lambda: _says(running, 2))


async def test_a_missing_module_and_a_missing_function_are_answered_503_until_they_come(
    tmp_path: Path, gateway: Gateway
) -> None:
    folder = write_functions(tmp_path / "config", "", f="lambda", pid="lambda")
    (folder / "code.py").unlink()
    async with gateway(folder) as running:
        answer = await running.get("/f")
        assert (answer.status_code, answer.json()["error"]["reason"]) == (503, "function_not_loaded")
        await once(lambda: _is(running, "Pending"))
        (folder / "code.py").write_text("def f(event, context): return 1\n")
        await once(lambda: _status_is(running, "/f", 200))
        assert (await running.get("/pid")).status_code == 503
        await once(lambda: _is(running, "Rejected"))
        (problem,) = recorded(running).statuses["Upstream/local"].problems
        assert (problem.field, problem.problem) == ("functions[1].spec.handler", "code.py has no 'pid'")


async def test_a_crash_is_followed_by_another_process_and_leaves_other_upstreams_alone(
    tmp_path: Path, gateway: Gateway
) -> None:
    folder = write_functions(tmp_path / "config", VERSION % 1, pid="lambda")
    config = json.loads((folder / "gloo.yaml").read_text())
    config["upstreams"].append({**config["upstreams"][0], "name": "other"})
    function = {"function": {"upstream_name": "other", "function_name": "pid"}}
    config["virtual_services"][0]["routes"].insert(
        0, {"request_matcher": {"path_prefix": "/other"}, "single_destination": function}
    )
    (folder / "gloo.yaml").write_text(json.dumps(config))
    async with gateway(folder) as running:
        first, other = (await running.get("/pid")).json(), (await running.get("/other")).json()
        os.kill(first, signal.SIGKILL)
        await once(lambda: _status_is(running, "/pid", 200))
        second = (await running.get("/pid")).json()
        assert second != first
        assert (await running.get("/other")).json() == other


async def test_the_process_ends_with_its_upstream_and_with_a_killed_gateway(tmp_path: Path, gateway: Gateway) -> None:
    folder = write_functions(tmp_path / "config", VERSION % 1, pid="lambda")
    config = (folder / "gloo.yaml").read_text()
    async with gateway(folder) as running:
        first = (await running.get("/pid")).json()
        (folder / "gloo.yaml").write_text('{"upstreams": [], "virtual_services": []}')
        await once(lambda: _true(not _lives(first)))
        (folder / "gloo.yaml").write_text(config)
        await once(lambda: _status_is(running, "/pid", 200))
        second = (await running.get("/pid")).json()
        os.kill(running.process.pid, signal.SIGKILL)
        await once(lambda: _true(not _lives(second)))


async def _true(fact: bool) -> bool:
    return fact


async def _status_is(running: RunningGateway, path: str, status: int) -> bool:
    return (await running.get(path)).status_code == status


async def _says(running: RunningGateway, version: int) -> bool:
    answer: int = (await running.get("/f")).json()
    return answer == version


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
