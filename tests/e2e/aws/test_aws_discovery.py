"""Functions of Lambda that appear and disappear while a gateway runs, through a real Envoy, with moto and its shim."""

import asyncio
import io
import json
import zipfile
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.session import get_session
from tests.e2e.aws.gateway_config import write_secret
from tests.e2e.aws.lambda_peer import LambdaPeer, lambda_peer
from tests.support.gateway import RunningGateway, running_gateway
from tests.support.translating import PLUGINS, config_of

from gloo.control_plane.state import read_discovered, read_statuses
from gloo.discovery.asking import Asking
from gloo.discovery.wanted import wanted_of
from gloo.model.secret import Secret
from gloo.model.status import State, Status

ACCOUNT = "123456789012"
TRUST = json.dumps({"Version": "2012-10-17", "Statement": []})


@pytest.fixture
def own_peer() -> Iterator[LambdaPeer]:
    """Run a Lambda whose lists have two functions on a page."""
    with lambda_peer() as peer:
        peer.page = 2
        yield peer
        for name in ("a", "b", "c", "place"):
            _remove(peer, name)


@pytest.fixture
def folder(tmp_path: Path, own_peer: LambdaPeer) -> Path:
    return write_config(tmp_path / "config", own_peer, {"functions": True, "every": "1s"})


def write_config(folder: Path, peer: LambdaPeer, discovery: object) -> Path:
    write_secret(folder, peer.keys)
    endpoint = {"host": "127.0.0.1", "port": peer.port, "tls": False}
    spec = {"region": "eu-west-1", "account_id": ACCOUNT, "secret_ref": "aws", "endpoint": endpoint}
    function = {"upstream_name": "aws", "function_name": "place"}
    route = {"request_matcher": {"path_prefix": "/"}, "single_destination": {"function": function}}
    upstream = {"name": "aws", "type": "aws", "spec": spec, "discovery": discovery}
    config = {"upstreams": [upstream], "virtual_services": [{"name": "default", "routes": [route]}]}
    (folder / "gloo.yaml").write_text(json.dumps(config))
    return folder


def _client(peer: LambdaPeer, service: str) -> Any:
    (key, secret), *_ = peer.keys.items()
    return get_session().create_client(
        service,
        region_name="eu-west-1",
        endpoint_url=f"http://127.0.0.1:{peer.port}",
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        config=Config(retries={"max_attempts": 0}),
    )


def create(peer: LambdaPeer, name: str) -> None:
    """Create a function as a user of AWS does."""
    iam, functions = _client(peer, "iam"), _client(peer, "lambda")
    if "runs" not in [role["RoleName"] for role in iam.list_roles()["Roles"]]:
        iam.create_role(RoleName="runs", AssumeRolePolicyDocument=TRUST)
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("main.py", "def handler(event, context): return event")
    functions.create_function(
        FunctionName=name,
        Runtime="python3.11",
        Role=f"arn:aws:iam::{ACCOUNT}:role/runs",
        Handler="main.handler",
        Code={"ZipFile": code.getvalue()},
    )


def _remove(peer: LambdaPeer, name: str) -> None:
    with suppress(ClientError):
        _client(peer, "lambda").delete_function(FunctionName=name)


async def once(ask: Callable[[], Awaitable[httpx.Response]], holds: Callable[[httpx.Response], bool]) -> httpx.Response:
    """Ask until the answer holds, twenty seconds at most."""
    async with asyncio.timeout(20):
        while not holds(answer := await ask()):  # noqa: ASYNC110 - edits send no event here
            await asyncio.sleep(0.05)
    return answer


async def verdict(folder: Path, ref: str, holds: Callable[[Status], bool]) -> Status:
    """Wait for a verdict that holds."""
    async with asyncio.timeout(20):
        while not holds(status := read_statuses(folder / ".gloo").statuses.get(ref, Status())):  # noqa: ASYNC110 - nor do verdicts
            await asyncio.sleep(0.05)
    return status


async def call(running: RunningGateway) -> httpx.Response:
    return await running.request("POST", "/", json={"a": 1})


async def test_a_function_that_appears_is_called_and_one_that_disappears_is_not(
    folder: Path, own_peer: LambdaPeer
) -> None:
    written = (folder / "gloo.yaml").read_text()
    async with running_gateway(folder) as running:
        waiting = await call(running)
        assert (waiting.status_code, "x-gloo-error" in waiting.headers) == (500, True)
        await verdict(folder, "VirtualService/default", lambda status: status.state is State.PENDING)

        for name in ("a", "b", "c", "place"):
            await asyncio.to_thread(create, own_peer, name)
        answer = await once(lambda: call(running), lambda answer: answer.status_code == 200)
        assert answer.json() == {"a": 1}
        assert own_peer.refused == []
        assert any("Marker=2" in listing for listing in own_peer.listings)
        await verdict(folder, "VirtualService/default", lambda status: status.state is State.ACCEPTED)

        await asyncio.to_thread(_remove, own_peer, "place")
        gone = await once(lambda: call(running), lambda answer: answer.status_code == 500)
        assert "x-gloo-error" in gone.headers
        assert [each.name for each in read_discovered(folder / ".gloo")["aws"].functions] == ["a", "b", "c"]
    assert (folder / "gloo.yaml").read_text() == written
    assert "test-secret" not in running.log.read_text()
    assert not [file for file in (folder / ".gloo").iterdir() if b"test-secret" in file.read_bytes()]


async def test_versions_and_aliases_are_named_as_moto_has_them(own_peer: LambdaPeer) -> None:
    def prepare() -> None:
        create(own_peer, "place")
        functions = _client(own_peer, "lambda")
        functions.publish_version(FunctionName="place")
        functions.create_alias(FunctionName="place", Name="live", FunctionVersion="1")

    await asyncio.to_thread(prepare)
    spec = f"{{region: eu-west-1, account_id: '{ACCOUNT}', secret_ref: aws, endpoint: {{host: 127.0.0.1, "
    asked = "discovery: {functions: true, spec: {qualifiers: [versions, aliases]}}"
    text = f"name: aws\ntype: aws\nspec: {spec}port: {own_peer.port}, tls: false}}}}\n{asked}\n"
    (key, secret), *_ = own_peer.keys.items()
    wanted = wanted_of(config_of(text, secrets=(Secret("aws", {"access_key": key, "secret_key": secret}),)), PLUGINS)
    found = await Asking().ask(wanted["aws"])
    assert sorted(each.name for each in found.functions) == ["place", "place:$LATEST", "place:1", "place:live"]
    assert own_peer.refused == []


async def test_what_is_known_outlives_failures_and_a_restart(folder: Path, own_peer: LambdaPeer) -> None:
    await asyncio.to_thread(create, own_peer, "place")
    async with running_gateway(folder) as running:
        await once(lambda: call(running), lambda answer: answer.status_code == 200)
        own_peer.listing_fails = True
        status = await verdict(folder, "Upstream/aws", lambda status: bool(status.problems))
        (problem,) = status.problems
        assert (status.state, problem.warning) == (State.ACCEPTED, True)
        assert problem.problem.endswith("was answered 429 TooManyRequestsException")
        assert (await call(running)).status_code == 200
    failed = len(own_peer.listings)
    async with running_gateway(folder) as running:
        assert (await call(running)).status_code == 200
    assert len(own_peer.listings) <= failed + 1


async def test_without_discovery_nothing_is_listed(tmp_path: Path, own_peer: LambdaPeer) -> None:
    folder = write_config(tmp_path / "config", own_peer, {"functions": False, "every": "1s"})
    async with running_gateway(folder) as running:
        assert (await call(running)).status_code == 500
        await verdict(folder, "VirtualService/default", lambda status: status.state is State.PENDING)
    assert own_peer.listings == []
