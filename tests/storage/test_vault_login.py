"""Each way to get a token of Vault works against a real server, and tells no secret when it does not."""

import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from tests.support.asgi_server import served
from tests.support.authority import Authority
from tests.support.openbao import ROOT, OpenBao

from gloo.errors import StorageError
from gloo.storage.vault_client import VaultServer, connected
from gloo.storage.vault_login import AppRoleLogin, KubernetesLogin, Login, Token, TokenLogin

CANARY = "canary-93aa"
ACCOUNT = "system:serviceaccount:shop:gloo"


async def token_by(login: Login, server: OpenBao) -> Token:
    async with connected(VaultServer(server.url)) as client:
        return await login.token(client)


async def refusal(login: Login, server: OpenBao) -> str:
    with pytest.raises(StorageError) as caught:
        await token_by(login, server)
    assert CANARY not in str(caught.value) + repr(caught.value) + repr(login)
    return str(caught.value)


async def test_a_token_tells_how_long_it_lasts(openbao: OpenBao) -> None:
    found = await token_by(TokenLogin(openbao.new_token("default", ttl="100s")), openbao)
    assert 90 <= found.lease <= 100 and found.renewable
    assert (await token_by(TokenLogin(ROOT), openbao)).lease == 0


async def test_a_token_that_may_not_look_at_itself_is_a_token(openbao: OpenBao) -> None:
    token = openbao.new_token("default", no_default_policy=True, policies=["none"])
    assert await token_by(TokenLogin(token), openbao) == Token(token)


async def test_the_file_of_a_token_is_read_at_each_login(openbao: OpenBao, tmp_path: Path) -> None:
    file = tmp_path / "token"
    login = TokenLogin(file=str(file))
    assert f"{file}: the token for Vault can't be read: No such file" in await refusal(login, openbao)
    file.write_text("\n")
    assert "holds no token for Vault" in await refusal(login, openbao)
    file.write_bytes(b"\xff" + CANARY.encode())
    assert "it is not text" in await refusal(login, openbao)
    file.write_text(f"{ROOT}\n")
    assert (await token_by(login, openbao)).value == ROOT


@pytest.mark.parametrize("value", ["", f"{CANARY}\n", f"{CANARY}ü"])
async def test_a_token_that_no_header_can_hold_is_refused_unseen(openbao: OpenBao, value: str) -> None:
    assert await refusal(TokenLogin(value), openbao) == (
        "the setting vault_token: holds no token for Vault (one line of text is expected)"
    )


async def test_an_approle_gives_a_token_with_a_lease(openbao: OpenBao, tmp_path: Path) -> None:
    role_id, secret_id = openbao.approle("login", "default", token_ttl="60s")
    found = await token_by(AppRoleLogin(role_id, secret_id), openbao)
    assert (found.lease, found.renewable) == (60, True)
    (tmp_path / "secret-id").write_text(secret_id)
    assert (await token_by(AppRoleLogin(role_id, secret_id_file=str(tmp_path / "secret-id")), openbao)).lease == 60


async def test_an_approle_that_is_refused_says_so_without_its_secret_id(openbao: OpenBao) -> None:
    role_id, _ = openbao.approle("refused", "default")
    said = await refusal(AppRoleLogin(role_id, CANARY), openbao)
    assert said.endswith("refuses the login at auth/approle: invalid role or secret ID")


async def test_a_login_at_a_mount_that_there_is_not_is_told(openbao: OpenBao) -> None:
    assert "refuses the login at auth/nope" in await refusal(AppRoleLogin("x", CANARY, mount="nope"), openbao)


@pytest.fixture
async def kubernetes() -> AsyncIterator[str]:
    """Run a double of Kubernetes' interface for the review of tokens: it knows the signed tokens of one account."""

    async def review(request: Request) -> JSONResponse:
        asked = await request.json()
        claims = json.loads(_decoded(asked["spec"]["token"].split(".")[1]))
        good = {"authenticated": True, "user": {"username": claims["sub"], "uid": "u1", "groups": []}}
        status = good if claims["sub"] == ACCOUNT else {"authenticated": False}
        return JSONResponse({**asked, "status": status}, 201)

    path = "/apis/authentication.k8s.io/v1/tokenreviews"
    async with served(Starlette(routes=[Route(path, review, methods=["POST"])])) as url:
        yield url


async def test_a_service_account_of_kubernetes_gives_a_token(openbao: OpenBao, kubernetes: str, tmp_path: Path) -> None:
    def set_up() -> None:
        openbao.ask("POST", "sys/auth/kubernetes", {"type": "kubernetes"})
        authority = {"kubernetes_ca_cert": Authority.make().certificate, "disable_local_ca_jwt": True}
        config = {"kubernetes_host": kubernetes, "token_reviewer_jwt": "reviewer", **authority}
        openbao.ask("POST", "auth/kubernetes/config", config)
        bound = {"bound_service_account_names": ["gloo"], "bound_service_account_namespaces": ["shop"]}
        openbao.ask("POST", "auth/kubernetes/role/gateway", {**bound, "token_policies": ["default"], "ttl": "60s"})

    await asyncio.to_thread(set_up)
    try:
        (tmp_path / "token").write_text(service_account_token("shop", "gloo"))
        login = KubernetesLogin("gateway", str(tmp_path / "token"))
        assert (await token_by(login, openbao)).lease == 60
        (tmp_path / "token").write_text(service_account_token("shop", "other"))
        assert "refuses the login at auth/kubernetes" in await refusal(login, openbao)
        assert "refuses the login" in await refusal(KubernetesLogin("nope", str(tmp_path / "token")), openbao)
    finally:
        await asyncio.to_thread(openbao.ask, "DELETE", "sys/auth/kubernetes")


async def test_a_pod_without_a_service_account_is_told(openbao: OpenBao, tmp_path: Path) -> None:
    said = await refusal(KubernetesLogin("gateway", str(tmp_path / "none")), openbao)
    assert "the service account token for Vault can't be read" in said


def service_account_token(namespace: str, name: str) -> str:
    """Return a token as Kubernetes mounts them (JWT, ES256)."""
    subject = f"system:serviceaccount:{namespace}:{name}"
    account = {"namespace": namespace, "serviceaccount": {"name": name, "uid": "u1"}}
    life = {"iat": int(time.time()) - 60, "nbf": int(time.time()) - 60, "exp": int(time.time()) + 3600}
    claims = {"iss": "kubernetes/serviceaccount", "sub": subject, "kubernetes.io": account, **life}
    text = f"{_encoded(json.dumps({'alg': 'ES256', 'typ': 'JWT'}))}.{_encoded(json.dumps(claims))}"
    r, s = decode_dss_signature(ec.generate_private_key(ec.SECP256R1()).sign(text.encode(), ec.ECDSA(hashes.SHA256())))
    return f"{text}.{_encoded(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


def _encoded(value: str | bytes) -> str:
    raw = value.encode() if isinstance(value, str) else value
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
