"""What served before serves on: files are broken while the gateway runs, and while it is down after kill -9."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.e2e.conftest import Gateway
from tests.support.authority import Authority, write_secret
from tests.support.gateway import RunningGateway
from tests.support.secure_gateway import unchecked

from gloo.control_plane.served import digests
from gloo.control_plane.state import StateFolder, read_statuses
from gloo.model.secret import Secret
from gloo.model.status import State, Status

KEPT = "the last good form stays in force"
UPSTREAM = "name: pets\ntype: service\nspec: {{hosts: [{{addr: 127.0.0.1, port: {}}}]}}\n"
SERVICE = """\
name: {0}
domains: [{0}.test]
routes:
- request_matcher: {{path_prefix: /}}
  single_destination: {{upstream: {{name: pets}}}}
"""
FAULTS: dict[str, Callable[[bytes], bytes]] = {
    "yaml": lambda text: text + b"- [\n",
    "bytes": lambda text: text + b"# \xff\n",
    "field": lambda text: text.replace(b"domains:", b"domaains:"),
    "nameless": lambda text: text.replace(b"name: nameless\n", b"nam: nameless\n"),
    "domain": lambda text: text.replace(b"domain.test", b"'one.*.x'"),
    "pets": lambda text: text.replace(b"port:", b"prt:"),
}


@pytest.fixture
def folder(tmp_path: Path, petstore: int) -> Path:
    folder = tmp_path / "config"
    for place in ("upstreams", "virtual_services"):
        (folder / place).mkdir(parents=True)
    (folder / "upstreams" / "pets.yaml").write_text(UPSTREAM.format(petstore))
    for name in FAULTS.keys() - {"pets"}:
        (folder / "virtual_services" / f"{name}.yaml").write_text(SERVICE.format(name))
    return folder


def break_all(folder: Path) -> None:
    for file in folder.glob("*/*.yaml"):
        file.write_bytes(FAULTS[file.stem](file.read_bytes()))


def verdicts(folder: Path) -> dict[str, Status]:
    return dict(read_statuses(folder / ".gloo").statuses)


async def until(holds: Callable[[], bool]) -> None:
    """Wait until *holds*, ten seconds at most."""
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110 - what it waits for sends no event
            await asyncio.sleep(0.02)


async def serves_and_says_so(gateway: RunningGateway) -> None:
    """Check that all of the broken files' hosts answer, and that their verdicts say what holds."""
    rejected = {State.REJECTED}
    await until(lambda: {each.state for each in verdicts(gateway.folder).values()} == rejected)
    found = verdicts(gateway.folder)
    assert {ref.rpartition("/")[2] for ref in found} == FAULTS.keys()
    assert all(status.reason.endswith(KEPT) for status in found.values())
    for name in FAULTS.keys() - {"pets"}:
        assert (await gateway.get("/pets", headers={"host": f"{name}.test"})).status_code == 200
    log = gateway.log.read_text()
    assert log.count(KEPT) >= len(FAULTS)


async def test_files_that_break_while_the_gateway_is_down_serve_on_after_it(folder: Path, gateway: Gateway) -> None:
    async with gateway(folder) as running:
        await until(lambda: len(verdicts(folder)) == len(FAULTS))
        running.process.kill()
        await running.process.wait()
    break_all(folder)

    for _ in range(2):
        async with gateway(folder) as running:
            await serves_and_says_so(running)
            running.process.kill()
            await running.process.wait()


async def test_files_that_break_while_the_gateway_runs_serve_on_and_deleted_ones_do_not(
    folder: Path, gateway: Gateway
) -> None:
    async with gateway(folder) as running:
        await until(lambda: len(verdicts(folder)) == len(FAULTS))
        break_all(folder)
        await serves_and_says_so(running)

        (folder / "virtual_services" / "field.yaml").unlink()
        await until(lambda: "VirtualService/field" not in verdicts(folder))
        assert (await running.get("/pets", headers={"host": "field.test"})).status_code == 404


async def test_a_certificate_that_expired_while_the_gateway_was_down_serves_on_if_it_served_before(
    folder: Path, gateway: Gateway
) -> None:
    authority = Authority.make()
    expired = authority.issue("yaml.test", not_after=datetime(2021, 1, 1, tzinfo=UTC))
    never = authority.issue("bytes.test", not_after=datetime(2021, 1, 1, tzinfo=UTC))
    for name, pair in (("yaml", expired), ("bytes", never)):
        write_secret(folder / "secrets", name, pair.data())
        file = folder / "virtual_services" / f"{name}.yaml"
        file.write_text(f"{file.read_text()}ssl_config: {{secret_ref: {name}}}\n")
    with StateFolder(folder / ".gloo").opened() as state:
        state.record({}, (), {}, served=digests({"yaml": Secret("yaml", expired.data())}))
    assert expired.private_key not in (folder / ".gloo" / "state.db").read_bytes().decode(errors="replace")

    async with gateway(folder) as running:
        await until(lambda: len(verdicts(folder)) == len(FAULTS))
        found = read_statuses(folder / ".gloo")
        assert "expired on 2021-01-01" in found.statuses["VirtualService/yaml"].reason
        assert found.statuses["VirtualService/yaml"].reason.endswith(KEPT)
        assert KEPT not in found.statuses["VirtualService/bytes"].reason
        assert found.running is not None
        port = int(found.running.https.rpartition(":")[2])
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=unchecked(), server_hostname="yaml.test")
        writer.close()
        with pytest.raises(OSError):
            await asyncio.open_connection("127.0.0.1", port, ssl=unchecked(), server_hostname="bytes.test")
        del reader
        assert running.process.returncode is None
