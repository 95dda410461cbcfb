"""A text in a file beside the configuration: an edit of it is live, and a fault of it costs its function alone."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import httpx
from tests.e2e.conftest import Gateway
from tests.support.gateway import RunningGateway

from gloo.control_plane.state import read_statuses
from gloo.model.status import State

FUNCTIONS = {
    "terms": ("any", '{"terms": {{ data_source("t") }}}', {"t": {"filename": "legal/terms.txt"}}),
    "other": ("any", '{"terms": {{ data_source("t") }}}', {"t": {"inline": "fixed"}}),
    "key": ("any", '{"terms": {{ data_source("t") }}}', {"t": {"environment_variable": "FUNCTION_TERMS"}}),
}


def write_config(folder: Path) -> Path:
    """Write functions whose answers show their texts, and a route to each; return where the file is to be."""
    functions = [
        {
            "name": name,
            "spec": {"data_sources": sources, "response": {"when": {"status": when}, "status": 200, "body": body}},
        }
        for name, (when, body, sources) in FUNCTIONS.items()
    ]
    upstream = {
        "name": "shop",
        "type": "service",
        "spec": {"hosts": [{"addr": "127.0.0.1", "port": 1}]},  # nobody answers, and the templates make answers of that
        "service_info": {"type": "REST"},
        "functions": functions,
    }
    routes = [
        {
            "request_matcher": {"path_exact": f"/{name}"},
            "single_destination": {"function": {"upstream_name": "shop", "function_name": name}},
        }
        for name in FUNCTIONS
    ]
    (folder / "artifacts" / "legal").mkdir(parents=True)
    config = {"upstreams": [upstream], "virtual_services": [{"name": "default", "routes": routes}]}
    (folder / "gloo.json").write_text(json.dumps(config))
    return folder / "artifacts" / "legal" / "terms.txt"


async def until(running: RunningGateway, wanted: Callable[[httpx.Response], bool]) -> httpx.Response:
    """Ask for the terms until the answer is the wanted one; ten seconds at most, the other routes answer meanwhile."""
    async with asyncio.timeout(10):
        while True:
            answer = await running.get("/terms")
            assert (await running.get("/other")).json() == {"terms": "fixed"}
            if wanted(answer):
                return answer
            await asyncio.sleep(0.02)


def says(text: str) -> Callable[[httpx.Response], bool]:
    return lambda answer: answer.status_code == 200 and answer.json() == {"terms": text}


async def recorded(folder: Path, state: State, problem: str) -> None:
    """Wait until the verdict on the upstream is *state*, with *problem*."""
    async with asyncio.timeout(10):
        while True:
            status = read_statuses(folder / ".gloo").statuses.get("Upstream/shop")
            if status is not None and status.state is state and problem in status.reason:
                return
            await asyncio.sleep(0.02)


async def test_an_edit_of_the_file_alone_is_live_and_its_faults_heal(tmp_path: Path, gateway: Gateway) -> None:
    file = write_config(tmp_path / "config")
    async with gateway(tmp_path / "config", variables={"FUNCTION_TERMS": "of Envoy"}) as running:
        assert (await running.get("/key")).json() == {"terms": "of Envoy"}
        assert (await running.get("/terms")).status_code == 500
        await recorded(running.folder, State.PENDING, "there is no artifact 'legal/terms.txt'")
        file.write_text('be "nice"\n')
        await until(running, says('be "nice"\n'))
        await recorded(running.folder, State.ACCEPTED, "")
        file.write_text("pay\n")
        await until(running, says("pay\n"))
        file.write_bytes(b"\xff")
        await until(running, lambda answer: answer.status_code == 500)
        await recorded(running.folder, State.REJECTED, "is not UTF-8 text (line 1)")
        file.write_text("x" * 4097)
        await recorded(running.folder, State.REJECTED, "is 4097 bytes long")
        file.write_text("x" * 4096)
        await until(running, says("x" * 4096))


async def test_what_was_edited_while_no_gateway_ran_counts(tmp_path: Path, gateway: Gateway) -> None:
    file = write_config(tmp_path / "config")
    file.write_text("one")
    async with gateway(tmp_path / "config") as running:
        assert (await running.get("/terms")).json() == {"terms": "one"}
    file.write_text("two")
    async with gateway(tmp_path / "config") as running:
        assert (await running.get("/terms")).json() == {"terms": "two"}
