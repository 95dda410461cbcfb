"""Secrets of a running gateway in Vault: rotation under load, lost tokens, a Vault that is down."""

import asyncio
import json
import os
import shutil
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest
from tests.e2e.conftest import EXAMPLES
from tests.support.gateway import RunningGateway, running_gateway
from tests.support.keyed_app import KeyedApp, keyed_app
from tests.support.openbao import PROGRAM, OpenBao
from tests.support.openbao import openbao as running_openbao
from tests.support.ports import free_ports
from tests.support.steady_load import steady_load

from gloo.model.base import Json

OLD, NEW = "canary-old-key-11a9", "canary-new-key-22b8"
RATE, SECONDS = 200, 3


@pytest.fixture
async def app() -> AsyncIterator[KeyedApp]:
    async with keyed_app(OLD, NEW) as running:
        yield running


def write_config(folder: Path, app: KeyedApp, **settings: Json) -> Path:
    """Write configuration and settings; return the settings file."""
    (folder / "config").mkdir()
    (folder / "config" / "gloo.yaml").write_text(json.dumps(app.config()))
    file = folder / "settings.yaml"
    file.write_text(json.dumps({"dir": "config", "secret_store": "vault", **settings}))
    return file


async def until_answers(running: RunningGateway, status: int) -> None:
    """Ask until the answer has a status, twenty seconds at most."""
    async with asyncio.timeout(20):
        while (await running.get("/order")).status_code != status:
            pass


async def until_seen(running: RunningGateway, app: KeyedApp, key: str) -> None:
    async with asyncio.timeout(20):
        while key not in app.seen:
            assert (await running.get("/order")).status_code == 200
            await asyncio.sleep(0.05)


async def test_a_secret_rotated_under_load_fails_no_request_and_is_in_use_within_a_second(
    openbao: OpenBao, app: KeyedApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    openbao.allow("rotation", "secret/data/rotation/azure-keys")
    openbao.write("rotation/azure-keys", {"Order": OLD})
    monkeypatch.setenv("VAULT_TOKEN", openbao.new_token("rotation"))
    place = {"vault_addr": openbao.url, "vault_path": "rotation", "vault_poll_seconds": 0.5}
    settings = write_config(tmp_path, app, **place)
    async with running_gateway(tmp_path / "config", "--settings", str(settings)) as running:
        assert (await running.get("/order")).status_code == 200
        async with steady_load(f"{running.url}/order", rate=RATE, seconds=SECONDS) as load:
            await asyncio.sleep(1)  # what is measured is a load in full swing
            await asyncio.to_thread(openbao.write, "rotation/azure-keys", {"Order": NEW})
            written = asyncio.get_running_loop().time()
    assert load.statuses == [200] * RATE * SECONDS
    assert load.took < SECONDS + 1, "the rate was kept"
    assert app.seen[NEW] - written < 1.0
    assert "canary" not in running.log.read_text()


async def test_a_revoked_token_is_replaced_by_a_new_login_and_rotation_goes_on(
    openbao: OpenBao, app: KeyedApp, tmp_path: Path
) -> None:
    openbao.allow("revoked", "secret/data/revoked/azure-keys")
    openbao.write("revoked/azure-keys", {"Order": OLD})
    role_id, secret_id = openbao.approle("revoked", "revoked", token_ttl="60s")
    (tmp_path / "secret-id").write_text(secret_id)
    way = {"vault_auth": "approle", "vault_role_id": role_id, "vault_secret_id_file": "secret-id"}
    place = {"vault_addr": openbao.url, "vault_path": "revoked", "vault_poll_seconds": 0.2}
    settings = write_config(tmp_path, app, **way, **place)
    async with running_gateway(tmp_path / "config", "--settings", str(settings)) as running:
        assert (await running.get("/order")).status_code == 200
        for accessor in openbao.ask("LIST", "auth/token/accessors")["data"]["keys"]:
            told = openbao.ask("POST", "auth/token/lookup-accessor", {"accessor": accessor})["data"]
            if told["path"] == "auth/approle/login" and "revoked" in told["policies"]:
                openbao.ask("POST", "auth/token/revoke-accessor", {"accessor": accessor})
        openbao.write("revoked/azure-keys", {"Order": NEW})
        await until_seen(running, app, NEW)


async def test_a_gateway_starts_without_vault_and_a_vault_that_goes_down_harms_no_request(
    app: KeyedApp, tmp_path: Path
) -> None:
    (port,) = free_ports(1)
    (tmp_path / "token").write_text("none-yet")
    place = {"vault_addr": f"http://127.0.0.1:{port}", "vault_token_file": "token", "vault_poll_seconds": 0.2}
    settings = write_config(tmp_path, app, **place)
    async with running_gateway(tmp_path / "config", "--settings", str(settings)) as running:
        assert (await running.get("/order")).status_code == 500
        said, _ = await gloo("get", "problems", "--settings", str(settings))
        assert f"Vault at http://127.0.0.1:{port} can't be reached" in said
        with running_openbao(tmp_path, port=port) as server:
            server.write("gloo/azure-keys", {"Order": OLD})
            (tmp_path / "token").write_text(server.token)
            await until_answers(running, 200)
        async with asyncio.timeout(20):
            while "the secret store fails" not in running.log.read_text().partition("answers again")[2]:
                assert (await running.get("/order")).status_code == 200
                await asyncio.sleep(0.05)
        with running_openbao(tmp_path, port=port) as server:  # an empty one: the secret is gone until it is written
            server.write("gloo/azure-keys", {"Order": NEW})
            async with asyncio.timeout(20):
                while NEW not in app.seen:
                    await running.get("/order")


async def test_every_command_looks_for_secrets_where_the_gateway_does(
    openbao: OpenBao, app: KeyedApp, tmp_path: Path
) -> None:
    openbao.write("agree/azure-keys", {"Order": OLD, "_master": NEW})
    (tmp_path / "token").write_text(openbao.token)
    settings = write_config(tmp_path, app, vault_addr=openbao.url, vault_path="agree", vault_token_file="token")
    told, status = await gloo("check", "--settings", str(settings))
    assert (told.splitlines()[-1].endswith("no findings"), status) == (True, 0)
    shown, _ = await gloo("translate", "--settings", str(settings), "-o", "json")
    assert "azure/shop/Order" in shown and "canary" not in shown
    listed, _ = await gloo("get", "secrets", "--settings", str(settings), "-o", "json")
    assert json.loads(listed[: listed.rindex("]") + 1])[0]["keys"] == ["Order", "_master"]
    await gloo("discover", "shop", environ={"GLOO_SETTINGS": str(settings)})
    assert app.seen.keys() == {NEW}
    (port,) = free_ports(1)
    down = {"GLOO_SETTINGS": str(settings), "GLOO_VAULT_ADDR": f"http://127.0.0.1:{port}"}
    told, status = await gloo("discover", "shop", environ=down)
    assert (f"127.0.0.1:{port} can't be reached" in told, "canary" in told, status) == (True, False, 1)
    openbao.remove("agree/azure-keys")
    told, status = await gloo("check", environ={"GLOO_SETTINGS": str(settings)})
    assert ("there is no secret named 'azure-keys'" in told, status) == (True, 1)


async def test_the_example_does_what_its_page_says(openbao: OpenBao, tmp_path: Path) -> None:
    example, (port,) = tmp_path / "example", free_ports(1)
    shutil.copytree(EXAMPLES / "18-vault", example)
    for file, old, new in (
        ("settings.yaml", "http://127.0.0.1:8200", openbao.url),
        ("config/gloo.yaml", "8088", str(port)),
    ):
        (example / file).write_text((example / file).read_text().replace(old, new))
    put, policy, token, again = (
        line for line in page_commands(example) if line.startswith(("bao kv", "bao policy", "(umask"))
    )
    for command in (put, policy, token):
        await shell(command, example, openbao)
    app = await asyncio.create_subprocess_exec(
        *(sys.executable, "app.py", str(port), "first-key", "second-key"), cwd=example, stdout=PIPE
    )
    try:
        assert app.stdout is not None
        await app.stdout.readline()
        async with running_gateway(example / "config", "--settings", str(example / "settings.yaml")) as running:
            assert (await running.get("/order")).json() == {"key": 1}
            await shell(again, example, openbao)
            async with asyncio.timeout(20):
                while (answer := (await running.get("/order")).json()) == {"key": 1}:
                    pass
            assert answer == {"key": 2}
    finally:
        app.terminate()
        await app.wait()


def page_commands(example: Path) -> list[str]:
    """Return the commands of the example's page."""
    return [line.strip() for line in (example / "README.md").read_text().splitlines() if line.startswith("    ")]


async def shell(command: str, folder: Path, server: OpenBao) -> None:
    """Run a command of the page; fail unless it succeeds."""
    assert PROGRAM is not None
    own = {"BAO_ADDR": server.url, "BAO_TOKEN": server.token, "PATH": f"{Path(PROGRAM).parent}:{os.environ['PATH']}"}
    process = await asyncio.create_subprocess_shell(
        command, cwd=folder, stdin=DEVNULL, stdout=DEVNULL, stderr=PIPE, env=os.environ | own
    )
    _, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()


async def test_a_gateway_without_a_way_into_vault_does_not_start(tmp_path: Path) -> None:
    told, status = await gloo("run", str(tmp_path), "--secret-store", "vault")
    assert status == 2
    assert "vault_auth: 'token' needs vault_token or vault_token_file (set GLOO_VAULT_TOKEN or" in told


async def gloo(*command: str, environ: Mapping[str, str] | None = None) -> tuple[str, int | None]:
    """Run a command; return what it prints, results first, and its status."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("GLOO_", "VAULT_"))}
    program = Path(sys.executable).with_name("gloo")
    process = await asyncio.create_subprocess_exec(
        program, *command, stdin=DEVNULL, stdout=PIPE, stderr=PIPE, env=own | dict(environ or {})
    )
    output, errors = await asyncio.wait_for(process.communicate(), 60)
    return (output + errors).decode(), process.returncode
