"""Whatever goes wrong on the way to an answer is one clear error without a secret in it."""

import asyncio
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from tests.discovery.upstreams import faas
from tests.support.platform_server import platform_server
from tests.support.ports import free_ports

from gloo.discovery.asking import Asking
from gloo.discovery.wanted import Wanted
from gloo.errors import DiscoveryError
from gloo.model.upstream import Function
from gloo.plugins.discovery import Discovered, Question
from gloo.plugins.openfaas import OpenFaas


async def told(wanted: Wanted, asking: Asking | None = None) -> str:
    with pytest.raises(DiscoveryError) as caught:
        await (asking or Asking()).ask(wanted)
    return str(caught.value)


async def test_nobody_there_is_told_with_the_address() -> None:
    (port,) = free_ports(1)
    assert f"127.0.0.1:{port} can't be asked: All connection attempts failed" in await told(
        faas(gateway=f"http://127.0.0.1:{port}")
    )


async def test_who_is_silent_is_not_waited_for() -> None:
    ended: list[asyncio.Future[None]] = []

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ended.append(asyncio.get_running_loop().create_future())
        await reader.read()
        writer.close()
        await writer.wait_closed()
        ended[-1].set_result(None)

    async with await asyncio.start_server(silent, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        assert "did not answer in time" in await told(faas(gateway=url), Asking(answer_within=0.05))
        await asyncio.gather(*ended)
        assert "no whole answer within 0.05 s" in await told(faas(gateway=url), Asking(within=0.05))
        await asyncio.gather(*ended)


async def test_a_missing_secret_is_told_and_nobody_is_asked() -> None:
    asked = faas()
    object.__setattr__(asked, "lacking", ("keys",))
    assert "there is no secret named 'keys'" in await told(asked)


@dataclass(frozen=True)
class Odd(OpenFaas):
    """Sends what the test says."""

    header: str = ""
    found: tuple[Function, ...] = ()

    async def discover(self, question: Question[Any], http: httpx.AsyncClient) -> Discovered:
        if self.header:
            await http.get(question.spec.gateway, headers={"x-key": self.header})
        return Discovered(self.found)


@pytest.mark.parametrize("value", ["canary\nsecond", "canary\xe9\u20ac"])
async def test_a_secret_that_no_header_can_hold_is_not_told(value: str) -> None:
    async with platform_server(lambda request: []) as server:
        asked = faas(gateway=server.url)
        object.__setattr__(asked, "plugin", Odd(header=value))
        said = await told(asked)
    assert ("canary" in said, said) == (False, "who asks can't be said in a header (look at the secret)")


async def test_functions_that_no_route_could_call_are_left_out() -> None:
    found = (Function(name="ok"), Function(name=""), Function(name="x" * 300), Function(name="a", spec={"b": 1}))
    asked = faas()
    object.__setattr__(asked, "plugin", Odd(found=(*found, Function(name="No Name"))))
    discovered = await Asking().ask(asked)
    assert [each.name for each in discovered.functions] == ["ok"]
    assert len(discovered.left_out) == 4
