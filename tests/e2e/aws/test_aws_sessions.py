"""Keys that no secret holds: of a role, and of the gateway's environment; moto grants them, botocore checks them."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.e2e.aws.lambda_peer import LambdaPeer
from tests.e2e.aws.sts_peer import ROLE, StsPeer, sts_peer
from tests.support.gateway import RunningGateway, running_gateway
from tests.support.ports import free_ports

from gloo.control_plane.state import read_statuses
from gloo.model.base import Json
from gloo.model.status import State, Status

NONE = {
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
    "AWS_ACCESS_KEY_ID": "",
    "AWS_PROFILE": "",
}


@pytest.fixture
def sts(peer: LambdaPeer) -> Iterator[StsPeer]:
    with sts_peer(peer) as running:
        yield running


def write(folder: Path, sts: StsPeer, *, keys: dict[str, str] | None = None, **spec: Json) -> Path:
    """Write an upstream with one function behind every path, and the secret `aws` if there are *keys* for it."""
    (folder / "secrets").mkdir(parents=True)
    if keys:
        secret = folder / "secrets" / "aws.yaml"
        secret.touch(0o600)
        secret.write_text(json.dumps(keys))
    place = {"host": "127.0.0.1", "port": sts.known.port, "tls": False}
    given = {"region": "eu-west-1", "account_id": "123456789012", "endpoint": place, "sts_url": sts.url, **spec}
    upstream = {"name": "aws", "type": "aws", "spec": given, "functions": [{"name": "body"}]}
    destination = {"function": {"upstream_name": "aws", "function_name": "body"}}
    routes = [{"request_matcher": {"path_prefix": "/"}, "single_destination": destination}]
    services = [{"name": "default", "routes": routes}]
    (folder / "gloo.yaml").write_text(json.dumps({"upstreams": [upstream], "virtual_services": services}))
    return folder


async def asked(running: RunningGateway) -> None:
    answer = await running.request("POST", "/", json={"a": 1})
    assert (answer.status_code, answer.json()) == (200, {"a": 1}), answer.text


async def verdict(running: RunningGateway) -> Status:
    """Return the verdict on the upstream, once there is one."""
    while (status := read_statuses(running.folder / ".gloo").statuses.get("Upstream/aws")) is None:
        await running.get("/")
    return status


async def test_a_role_is_taken_on_with_the_keys_of_a_secret(tmp_path: Path, peer: LambdaPeer, sts: StsPeer) -> None:
    sts.external_id = "shop-7"
    keys = {"access_key": "AKIDTEST", "secret_key": peer.keys["AKIDTEST"]}
    spec = {"secret_ref": "aws", "role_arn": ROLE, "role_session_name": "shop", "external_id": "shop-7"}
    async with running_gateway(write(tmp_path / "config", sts, keys=keys, **spec), variables=NONE) as running:
        await asked(running)
    (form,) = sts.asked
    assert (form["RoleArn"], form["RoleSessionName"]) == (ROLE, "shop")
    assert peer.calls[-1].key == sts.granted[-1] != "AKIDTEST"
    assert peer.calls[-1].headers["x-amz-security-token"]
    assert peer.refused == []


async def test_keys_of_a_role_are_renewed_before_they_end_and_no_request_fails(
    tmp_path: Path, peer: LambdaPeer, sts: StsPeer
) -> None:
    sts.lasting = 4.0
    variables = NONE | {"AWS_ACCESS_KEY_ID": "AKIDTEST", "AWS_SECRET_ACCESS_KEY": peer.keys["AKIDTEST"]}
    async with (
        running_gateway(write(tmp_path / "config", sts, role_arn=ROLE), variables=variables) as running,
        asyncio.timeout(30),
    ):
        while len(set(peer.by_key)) < 3:
            await asked(running)
    assert list(peer.by_key)[:2] == sts.granted[:2]
    assert peer.refused == []


async def test_a_role_that_is_refused_is_told_with_the_reason_and_heals(
    tmp_path: Path, peer: LambdaPeer, sts: StsPeer
) -> None:
    sts.external_id = "other"
    keys = {"access_key": "AKIDTEST", "secret_key": peer.keys["AKIDTEST"]}
    folder = write(tmp_path / "config", sts, keys=keys, secret_ref="aws", role_arn=ROLE)
    async with running_gateway(folder, variables=NONE) as running, asyncio.timeout(30):
        status = await verdict(running)
        assert status.state is State.PENDING
        assert status.reason == f"spec.role_arn: {sts.url} answered 403 AccessDenied"
        assert peer.keys["AKIDTEST"] not in running.log.read_text()
        sts.external_id = ""
        while (await running.request("POST", "/", json={})).status_code != 200:
            pass


@pytest.mark.parametrize("kind", ["variables", "profile", "container", "instance", "web identity"])
async def test_keys_are_found_in_the_environment(tmp_path: Path, peer: LambdaPeer, sts: StsPeer, kind: str) -> None:
    secret = peer.keys["AKIDTEST"]
    profiles, token = tmp_path / "profiles", tmp_path / "token"
    profiles.write_text(f"[shop]\naws_access_key_id = AKIDTEST\naws_secret_access_key = {secret}\n")
    token.write_text("a.b.c\n")
    variables = {
        "variables": {"AWS_ACCESS_KEY_ID": "AKIDTEST", "AWS_SECRET_ACCESS_KEY": secret},
        "profile": {"AWS_SHARED_CREDENTIALS_FILE": str(profiles), "AWS_PROFILE": "shop"},
        "container": {
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{sts.url}/keys",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN": "let-me-in",
        },
        "instance": {"AWS_EC2_METADATA_DISABLED": "", "AWS_EC2_METADATA_SERVICE_ENDPOINT": sts.url},
        "web identity": {"AWS_WEB_IDENTITY_TOKEN_FILE": str(token), "AWS_ROLE_ARN": ROLE},
    }[kind]
    async with running_gateway(write(tmp_path / "config", sts), variables=NONE | variables) as running:
        await asked(running)
    key = {"container": "ASIACONTAINER", "instance": "ASIAINSTANCE"}.get(kind) or [*sts.granted, "AKIDTEST"][0]
    assert peer.calls[-1].key == key
    if kind == "web identity":
        assert (sts.asked[0]["WebIdentityToken"], sts.asked[0]["RoleSessionName"]) == ("a.b.c", "gloo")


async def test_an_environment_without_keys_is_told(tmp_path: Path, peer: LambdaPeer, sts: StsPeer) -> None:
    folder = write(tmp_path / "config", sts)
    async with running_gateway(folder, variables=NONE) as running, asyncio.timeout(20):
        status = await verdict(running)
    assert status.state is State.PENDING
    assert "there are no keys in the environment" in status.reason


async def test_keys_of_the_environment_need_no_store_of_secrets(tmp_path: Path, peer: LambdaPeer, sts: StsPeer) -> None:
    folder = write(tmp_path / "config", sts)
    whole = json.loads((folder / "gloo.yaml").read_text())
    stored = {**whole["upstreams"][0]["spec"], "secret_ref": "stored"}
    whole["upstreams"].append({"name": "other", "type": "aws", "spec": stored, "functions": [{"name": "body"}]})
    (folder / "gloo.yaml").write_text(json.dumps(whole))
    keys = {"AWS_ACCESS_KEY_ID": "AKIDTEST", "AWS_SECRET_ACCESS_KEY": peer.keys["AKIDTEST"]}
    (port,) = free_ports(1)
    down = {"GLOO_VAULT_ADDR": f"http://127.0.0.1:{port}", "GLOO_VAULT_TOKEN": "t", "GLOO_SECRET_STORE": "vault"}
    async with running_gateway(folder, variables=NONE | keys | down) as running, asyncio.timeout(20):
        await asked(running)
        assert "the secret store fails" in running.log.read_text()
