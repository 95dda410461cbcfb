"""Secret values show nowhere: every user of secrets runs with planted ones, and every output is searched for them."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from tests.e2e.aws.lambda_peer import LambdaPeer, lambda_peer
from tests.e2e.openfaas_double import OpenFaasDouble, openfaas_double
from tests.support.asgi_server import served
from tests.support.authority import Authority, write_secret
from tests.support.canary import command_lines, environments_below, files_below, forms_of, found_in
from tests.support.gateway import RunningGateway, running_gateway
from tests.support.named_host import NamedHost, named_host, server_tls
from tests.support.openbao import OpenBao
from tests.support.secret_users import (
    FUNCTIONS,
    Places,
    Secrets,
    Values,
    plugins_with_secrets,
    secret_users,
    secrets_of,
)

from gloo.cli.program import program
from gloo.control_plane.state import read_statuses

ADMIN_PAGES = (
    *("certs", "clusters", "listeners", "server_info", "init_dump", "runtime"),
    *("stats", "stats?format=prometheus"),
)
DUMP = "config_dump?include_eds"
HIDDEN = frozenset(["secret_key", "Order", "password", "tls.key"])
"""The keys whose values are secret; certificates, user names and key ids are not."""
KINDS = ("secret", "us", "vs", "route", "function", "problem")
COMMANDS = (
    ("check", "{folder}"),
    ("translate", "{folder}", "--full", "-o", "json"),
    ("functions", "-d", "{folder}"),
    *(("get", kind, "-d", "{folder}", "-o", form) for kind in KINDS for form in ("table", "yaml", "json")),
    *(("explain", "POST", f"/{name}/x", "{folder}", "-o", "json") for name in (*FUNCTIONS, "secure")),
)


@dataclass(slots=True)
class Peers:
    """The upstreams, and what they take."""

    places: Places
    lambda_: LambdaPeer
    faas: OpenFaasDouble
    keys: list[str]

    def take(self, values: Values) -> None:
        """Take the secrets *values* from now on, and those before for AWS and Azure."""
        self.lambda_.keys["AKIDTEST"] = values.aws
        self.keys.append(values.azure)
        self.faas.password = values.openfaas


@pytest.fixture
def first() -> Values:
    return planted("one", Authority.make())


def planted(number: str, authority: Authority) -> Values:
    aws, azure, openfaas = (f"canary-{name}-{number}-5b0e97" for name in FUNCTIONS)
    return Values(aws, azure, openfaas, authority)


@pytest.fixture
async def peers(first: Values, tmp_path: Path) -> AsyncIterator[Peers]:
    """Run an upstream for each user of secrets."""
    keys = list[str]()

    def azure(request: Request) -> JSONResponse:
        return JSONResponse({}, 200 if request.headers.get("x-functions-key") in keys else 401)

    app = Starlette(routes=[Route("/api/Order", azure, methods=["GET", "POST"])])
    tls = server_tls(first.authority.issue("127.0.0.1"), tmp_path, client_ca=first.authority.certificate)
    async with AsyncExitStack() as stack:
        aws = stack.enter_context(lambda_peer())
        faas = await stack.enter_async_context(openfaas_double("resize", user="admin", password=first.openfaas))
        url = await stack.enter_async_context(served(app))
        host = await stack.enter_async_context(named_host(NamedHost("secure"), tls=tls))
        running = Peers(Places(aws.port, url, faas.url, host.port), aws, faas, keys)
        running.take(first)
        yield running


class FileStore:
    """Secrets in files."""

    token = ""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "secrets"
        self.settings: dict[str, str] = {}

    def write(self, secrets: Secrets) -> None:
        for name, values in secrets.items():
            write_secret(self.folder, name, values)


class VaultStore:
    """Secrets in Vault, with a token that comes by the environment."""

    def __init__(self, server: OpenBao, monkeypatch: pytest.MonkeyPatch) -> None:
        self.server = server
        server.allow("canary", "secret/data/canary/*")
        self.token = server.new_token("canary")
        monkeypatch.setenv("VAULT_TOKEN", self.token)
        self.settings = {"secret_store": "vault", "vault_addr": server.url, "vault_path": "canary"}

    def write(self, secrets: Secrets) -> None:
        for name, values in secrets.items():
            self.server.write(f"canary/{name}", values)


@pytest.fixture(params=["file", "vault"])
def store(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FileStore | VaultStore:
    if request.param == "file":
        return FileStore(tmp_path / "config")
    return VaultStore(request.getfixturevalue("openbao"), monkeypatch)


async def test_no_secret_shows_in_any_output(
    tmp_path: Path, peers: Peers, store: FileStore | VaultStore, first: Values
) -> None:
    second = planted("two", first.authority)
    folder, settings = tmp_path / "config", tmp_path / "settings.yaml"
    folder.mkdir()
    (folder / "gloo.yaml").write_text(json.dumps(secret_users(peers.places)))
    settings.write_text(json.dumps({"http_port": 8080, **store.settings}))
    secrets = [secrets_of(first), secrets_of(second)]
    store.write(secrets[0])
    async with running_gateway(folder, "--settings", str(settings), "--log-level", "debug") as running:
        admin = Admin(folder)
        await admin.ask("POST", "logging?level=debug")
        await everything_works(running, admin.https)
        store.write(secrets[1])
        peers.take(second)
        await everything_works(running, admin.https)
        outputs = {page: await admin.ask("GET", page) for page in ADMIN_PAGES}
        dump = {DUMP: await admin.ask("GET", DUMP)}
        for arguments in COMMANDS:
            command = [part.format(folder=folder) for part in arguments]
            outputs |= {f"gloo {' '.join(command)}": await printed(*command, "--settings", str(settings))}
        outputs |= command_lines() | environments_below(running.process.pid) | files_below(admin.socket.parent)
    outputs |= files_below(folder / ".gloo") | {"the log": running.log.read_bytes()}

    hidden = [value for each in secrets for data in each.values() for key, value in data.items() if key in HIDDEN]
    assert len(hidden) == 2 * 5, "one for each user of secrets but those that name authorities"
    assert_the_search_finds(outputs, dump)
    assert found_in(outputs, [*hidden, *filter(None, [store.token])]) == []
    assert found_in(dump, hidden) == []


def assert_the_search_finds(outputs: dict[str, bytes], dump: dict[str, bytes]) -> None:
    """Hold that the outputs are whole: each names what is no secret."""
    assert b"openfaas/openfaas" in dump[DUMP] and b"azure/azure/Order" in dump[DUMP]
    assert b"secure.test" in outputs["certs"]
    assert b"router" in outputs["the log"], "Envoy's log at debug level"
    assert any(name.endswith("state.db") for name in outputs)
    assert any("environment" in name and "envoy" in name for name in outputs)
    assert any(b"envoy" in line for name, line in outputs.items() if name.startswith("ps "))
    assert any(name.endswith("bootstrap.json") for name in outputs)


async def everything_works(running: RunningGateway, https: str) -> None:
    """Call every user of secrets, in clear and over TLS, until it works with the secrets of now."""
    ways = ((running.url, "plain.test"), (https, "secure.test"))
    async with httpx.AsyncClient(verify=False, trust_env=False, timeout=10) as client:  # the test is not about it
        for url in (f"{base}/{name}/x|{host}" for name in (*FUNCTIONS, "secure") for base, host in ways):
            await works(client, *url.split("|"))


async def works(client: httpx.AsyncClient, url: str, host: str) -> None:
    async with asyncio.timeout(20):
        answer = None
        while answer is None or answer.status_code != 200:
            answer = await client.post(url, headers={"host": host}, json={}, extensions={"sni_hostname": host})


class Admin:
    """Envoy's admin, by the socket that the gateway recorded."""

    def __init__(self, folder: Path) -> None:
        running = read_statuses(folder / ".gloo").running
        assert running is not None
        self.socket, self.https = Path(running.admin), running.https

    async def ask(self, method: str, page: str) -> bytes:
        transport = httpx.AsyncHTTPTransport(uds=str(self.socket))
        async with httpx.AsyncClient(transport=transport, timeout=20) as client:
            answer = await client.request(method, f"http://envoy/{page}")
        assert answer.status_code == 200, page
        return answer.content


async def printed(*command: str) -> bytes:
    """Return all that a command of gloo prints."""
    result = await asyncio.to_thread(CliRunner().invoke, program, command, prog_name="gloo")
    assert result.exit_code == 0, (command, result.output)
    return result.output.encode()


def test_every_plugin_that_takes_secrets_has_a_planted_one() -> None:
    assert set(plugins_with_secrets()) == set(FUNCTIONS)


@pytest.mark.parametrize("before", [b"", b"a", b"ab", b"admin:"])
def test_the_search_knows_a_value_inside_base64_wherever_it_begins(before: bytes) -> None:
    value = "canary-of-this-test"
    outputs = {"coded": b"Basic " + base64.b64encode(before + value.encode() + b"!"), "plain": b"nothing"}
    assert found_in(outputs, [value]) == ["coded"]
    assert value.encode() in set(forms_of(value))
