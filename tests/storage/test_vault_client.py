"""One question, one reply: TLS, standbys, and errors that tell nothing of what was sent."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route
from tests.support.asgi_server import served
from tests.support.authority import Authority
from tests.support.openbao import OpenBao
from tests.support.ports import free_ports

from gloo.errors import StorageError
from gloo.storage.vault_client import Reply, VaultServer, connected

CANARY = "canary-77f0"


async def ask(url: str, *, ca_file: str = "", namespace: str = "", path: str = "x") -> Reply:
    async with connected(VaultServer(url, namespace, ca_file)) as client:
        return await client.ask("POST", path, token=CANARY, body={"secret_id": CANARY})


async def failure(url: str, *, ca_file: str = "") -> str:
    with pytest.raises(StorageError) as caught:
        await ask(url, ca_file=ca_file)
    assert CANARY not in str(caught.value) + repr(caught.value)
    return str(caught.value)


def application(answer: Callable[[Request], Response]) -> Starlette:
    return Starlette(routes=[Route("/{path:path}", answer, methods=["GET", "POST"])])


def echo(request: Request) -> Response:
    return JSONResponse({"data": dict(request.headers)})


async def test_a_question_says_that_it_is_one_and_in_which_namespace() -> None:
    async with served(application(echo)) as url:
        headers = (await ask(url, namespace="team/shop")).data
    assert (headers["x-vault-request"], headers["x-vault-namespace"]) == ("true", "team/shop")
    assert headers["x-vault-token"] == CANARY


async def test_a_refusal_is_a_reply_with_a_reason_on_one_line(openbao: OpenBao) -> None:
    reply = await ask(openbao.url, path="secret/data/x")
    assert (reply.status, reply.reason) == (403, "permission denied")
    assert Reply(400, {"errors": ["1 error occurred:\n\t* bad\n\n", "worse"]}).reason == "bad worse"
    assert len(Reply(400, {"errors": ["x" * 9999]}).reason) == 200
    assert "canary" not in repr(Reply(200, {"data": {"key": CANARY}}))


@pytest.mark.parametrize("status", [412, 429, 472, 473, 500, 502, 503])
async def test_what_will_not_last_is_an_error_to_try_again(status: int) -> None:
    async with served(application(lambda _: JSONResponse({"errors": ["Vault is sealed"]}, status))) as url:
        assert (await failure(url)).endswith(f"answers {status}, Vault is sealed")


@pytest.mark.parametrize("page", [b"<html>", b'{"data": "\xff"}', b"[" * 100_000])
async def test_an_error_page_of_something_in_between_is_no_secret(page: bytes) -> None:
    async with served(application(lambda _: Response(page, 200))) as url:
        reply = await ask(url)
    assert (reply.data, reply.reason) == ({}, "")


async def test_an_error_about_our_own_request_does_not_repeat_it() -> None:
    async with served(application(echo)) as url, connected(VaultServer(url)) as client:
        with pytest.raises(StorageError) as caught:
            await client.ask("GET", "x", token=f"{CANARY}\n")
    assert str(caught.value).endswith("can't be reached: LocalProtocolError")


@pytest.mark.parametrize("body", [[], {"data": [], "auth": 5, "errors": {}}, {"auth": {"lease_duration": "soon"}}, 7])
async def test_an_answer_of_another_shape_says_nothing_and_breaks_nothing(body: object) -> None:
    async with served(application(lambda _: JSONResponse(body))) as url:
        reply = await ask(url)
    assert (dict(reply.data), reply.lease, reply.reason) == ({}, 0.0, "")


async def test_a_standby_sends_us_on_once() -> None:
    async with AsyncExitStack() as stack:
        active = await stack.enter_async_context(served(application(echo)))
        to_active = application(lambda request: RedirectResponse(f"{active}{request.url.path}"))
        standby = await stack.enter_async_context(served(to_active))
        assert (await ask(standby)).data["x-vault-token"] == CANARY
    async with served(application(lambda request: RedirectResponse("/again"))) as circle:
        assert "answers 307" in await failure(circle)


@pytest.mark.parametrize("location", ["http://[::1/x", "http://127.0.0.1:99999/"])
async def test_a_standby_that_sends_us_nowhere_is_told(location: str) -> None:
    async with served(application(lambda _: Response("", 307, {"location": location}))) as url:
        assert " location " in await failure(url)


async def test_an_address_that_is_none_is_told() -> None:
    assert await failure("http://127.0.0.1:99999") == "Vault at http://127.0.0.1:99999: this is no URL"


@asynccontextmanager
async def secured(app: Starlette, folder: Path) -> AsyncIterator[tuple[str, str]]:
    """Serve *app* over TLS; yield its URL and the file of the authority."""
    authority = Authority.make()
    issued = authority.issue("127.0.0.1")
    for name, text in (("ca", authority.certificate), ("crt", issued.certificate), ("key", issued.private_key)):
        (folder / name).write_text(text)
    (port,) = free_ports(1)
    files = {"ssl_certfile": str(folder / "crt"), "ssl_keyfile": str(folder / "key")}
    config = uvicorn.Config(app, host="127.0.0.1", port=port, log_config=None, lifespan="off", **files)  # type: ignore[arg-type]
    server = uvicorn.Server(config)
    async with asyncio.TaskGroup() as group:
        serving = group.create_task(server.serve())
        async with asyncio.timeout(10):
            while not server.started:  # noqa: ASYNC110 - uvicorn tells nobody that it has started
                await asyncio.sleep(0.01)
        try:
            yield f"https://127.0.0.1:{port}", str(folder / "ca")
        finally:
            server.should_exit = True
            await serving


async def test_a_certificate_is_checked_by_the_authorities_that_are_named(tmp_path: Path) -> None:
    async with secured(application(echo), tmp_path) as (url, authority):
        assert (await ask(url, ca_file=authority)).data["x-vault-token"] == CANARY
        assert "certificate verify failed" in await failure(url)


async def test_a_token_goes_from_tls_to_no_server_without(tmp_path: Path) -> None:
    app = application(lambda request: RedirectResponse("http://127.0.0.1:1/v1/x"))
    async with secured(app, tmp_path) as (url, authority):
        assert "sends us to a server without TLS, which is refused" in await failure(url, ca_file=authority)


async def test_authorities_that_can_not_be_read_are_named(tmp_path: Path) -> None:
    missing = tmp_path / "none.pem"
    assert f"{missing}: the authorities of Vault can't be read" in await failure("https://h", ca_file=str(missing))
    missing.write_text("no certificate")
    assert "can't be read" in await failure("https://h", ca_file=str(missing))
