"""The key shows nowhere, and a new one is used at once: botocore judges the signatures."""

import asyncio
import contextlib
import sys
import time
from asyncio.subprocess import DEVNULL, PIPE, STDOUT
from pathlib import Path

import httpx
import pytest
from tests.e2e.aws.gateway_config import write_config, write_secret
from tests.e2e.aws.lambda_peer import Answer, LambdaPeer
from tests.support.gateway import RunningGateway, running_gateway

from gloo.control_plane.state import read_statuses

pytestmark = pytest.mark.asyncio(loop_scope="module")
PER_SECOND = 200


async def test_a_wrong_key_is_a_502_and_shows_in_no_log(peer: LambdaPeer, gateway: RunningGateway) -> None:
    canary = "canary-8fb2a1"
    write_secret(gateway.folder, {"AKIDTEST": canary})
    async with asyncio.timeout(10):
        while (answer := await gateway.request("POST", "/body", json={})).status_code == 200:
            pass
    assert (answer.status_code, answer.json()["error"]["type"]) == (502, "InvalidSignatureException")
    assert canary not in answer.text + gateway.log.read_text()
    state = [file.read_text(errors="replace") for file in gateway.folder.rglob("*") if file.is_file()]
    assert sum(canary in text for text in state) == 1
    write_secret(gateway.folder, peer.keys)
    async with asyncio.timeout(10):
        while (await gateway.request("POST", "/body", json={})).status_code != 200:
            pass


@pytest.mark.parametrize(
    "command", ["translate", "translate -o json", "check", "get upstreams -o yaml", "get secrets", "explain GET /body"]
)
async def test_no_command_shows_the_key(tmp_path: Path, peer: LambdaPeer, command: str) -> None:
    canary = "canary-31ce07"
    write_config(tmp_path, peer)
    write_secret(tmp_path, {"AKIDTEST": canary})
    program = Path(sys.executable).with_name("gloo")
    process = await asyncio.create_subprocess_exec(
        program, *command.split(), cwd=tmp_path, stdin=DEVNULL, stdout=PIPE, stderr=STDOUT
    )
    shown, _ = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0, shown
    assert canary not in shown.decode()


async def test_the_key_shows_in_no_dump_log_file_or_process_list(tmp_path: Path, peer: LambdaPeer) -> None:
    canary = "planted-5d20c4"
    peer.keys["AKIDTEST"] = canary
    async with running_gateway(write_config(tmp_path / "config", peer)) as running:
        assert (await running.request("POST", "/body", json={})).status_code == 200
        recorded = read_statuses(running.folder / ".gloo").running
        assert recorded is not None
        admin = Path(recorded.admin)
        shown = {path: await of_admin(admin, path) for path in ("/config_dump?include_eds", "/clusters", "/stats")}
        shown["ps"] = processes()
        shown["log"] = running.log.read_text()
        written = [*admin.parent.rglob("*"), *(running.folder / ".gloo").rglob("*")]
        shown |= {str(each): each.read_text(errors="replace") for each in written if each.is_file()}
    peer.keys["AKIDTEST"] = "test-secret"
    assert "envoy" in shown["ps"]
    assert "AKIDTEST" in shown["/config_dump?include_eds"]  # so it is where the key would be
    assert [place for place, text in shown.items() if canary in text] == []


async def of_admin(socket: Path, path: str) -> str:
    transport = httpx.AsyncHTTPTransport(uds=str(socket))
    async with httpx.AsyncClient(transport=transport, base_url="http://envoy", timeout=10) as admin:
        return (await admin.get(path)).text


def processes() -> str:
    """Return the command lines of all processes, as `ps` finds them."""
    shown = []
    for each in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):  # it has just ended
            shown.append(each.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
    return "\n".join(shown)


async def test_a_new_secret_is_used_within_a_second_and_no_request_fails(
    peer: LambdaPeer, gateway: RunningGateway
) -> None:
    peer.answers["body"] = Answer(b"{}")  # a peer in this process must keep up
    peer.keys["AKIDNEW"] = "another-secret"
    statuses: list[int] = []
    limits = httpx.Limits(max_connections=32)
    async with (
        httpx.AsyncClient(base_url=gateway.url, trust_env=False, limits=limits, timeout=10) as client,
        asyncio.timeout(60),
        asyncio.TaskGroup() as group,
    ):

        async def ask() -> None:
            statuses.append((await client.post("/body", json={})).status_code)

        async def ask_steadily(seconds: float) -> None:
            begun = time.monotonic()
            for number in range(int(seconds * PER_SECOND)):
                await asyncio.sleep(begun + number / PER_SECOND - time.monotonic())
                group.create_task(ask())

        await ask_steadily(0.5)
        steady = group.create_task(ask_steadily(2))
        write_secret(gateway.folder, peer.keys)
        turned = time.monotonic()
        await steady
    took = min(call.at for call in peer.calls if call.key == "AKIDNEW") - turned
    assert set(statuses) == {200}
    assert len(statuses) >= 2.5 * PER_SECOND
    assert took < 1.0
    assert peer.calls[-1].key == "AKIDNEW"
    assert peer.refused == []
