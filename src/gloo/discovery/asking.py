"""Asking one upstream: with a client of its own, in bounded time, and with a clear error for whatever goes wrong."""

import asyncio
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from gloo import __version__
from gloo.discovery.known import Known, answered, failed
from gloo.discovery.polite import Pause, PoliteTransport
from gloo.discovery.wanted import Wanted
from gloo.errors import ConfigError, DiscoveryError, TemplateError
from gloo.model.base import replace
from gloo.model.strict import decode_struct, to_builtins
from gloo.model.upstream import Function
from gloo.plugins.discovery import Discovered, Question


def _verified() -> ssl.SSLContext:
    return httpx.create_ssl_context()


@dataclass(frozen=True, slots=True)
class Asking:
    """How upstreams are asked.

    Args:
        verified: makes the TLS context of who is asked, unless the user wants no verification, or another.
        calls: how many calls an answer may take.
        within: seconds for the whole of an answer.
        answer_within: seconds for one call.
        folder: that of the configuration.
    """

    verified: Callable[[], ssl.SSLContext] = _verified
    calls: int = 1000
    within: float = 180.0
    answer_within: float = 10.0
    folder: Path = Path()
    clock: Callable[[], float] = field(default=time.time, repr=False)
    pause: Pause = field(default=asyncio.sleep, repr=False)

    async def ask(self, wanted: Wanted) -> Discovered:
        """Return what *wanted* has, as far as gloo can call it.

        Raises:
            ConfigError: the user has to act; the field is below `discovery`.
            DiscoveryError: it can't be asked now.
        """
        if wanted.lacking:
            raise DiscoveryError(f"there is no secret named {wanted.lacking[0]!r}", "it is asked once there is")
        question: Question[Any] = Question(
            wanted.upstream,
            wanted.spec,
            wanted.options,
            wanted.secrets,
            wanted.discovery.most,
            self.clock,
            self.folder,
        )
        try:
            async with asyncio.timeout(self.within), self._client(wanted) as http:
                discovered = await wanted.plugin.discover(question, http)
        except TimeoutError as error:
            raise DiscoveryError(f"there was no whole answer within {self.within:g} s") from error
        except (httpx.LocalProtocolError, UnicodeError):  # their texts may hold the header
            raise DiscoveryError("who asks can't be said in a header", "look at the secret") from None
        except httpx.HTTPError as error:
            raise DiscoveryError(_unreachable(error)) from error
        return _callable(wanted, discovered)

    def _client(self, wanted: Wanted) -> httpx.AsyncClient:
        inner = httpx.AsyncHTTPTransport(verify=self._trust(wanted), trust_env=False)
        return httpx.AsyncClient(
            transport=PoliteTransport(inner, calls=self.calls, pause=self.pause),
            timeout=self.answer_within,
            headers={"user-agent": f"gloo/{__version__}", "accept": "application/json"},
            trust_env=False,
        )

    def _trust(self, wanted: Wanted) -> ssl.SSLContext | bool:
        """Return what verifies who is asked; False for nothing."""
        if wanted.plugin.asks_unverified(wanted.spec, wanted.options):
            return False
        return wanted.plugin.asks_trusting(wanted.options, wanted.secrets) or self.verified()


async def known_now(asking: Asking, wanted: Wanted, before: Known | None) -> Known:
    """Return what is known of *wanted* after asking it once; *before* is what was known until then."""
    known = before if before is not None and before.question == wanted.question else None
    try:
        discovered = await asking.ask(wanted)
    except (ConfigError, DiscoveryError) as error:
        return failed(wanted, known, error, now=asking.clock())
    return answered(wanted, known, discovered, now=asking.clock())


def _unreachable(error: httpx.HTTPError) -> str:
    """Return what kept a call from its answer; only the texts about connections are sure to hold nothing secret."""
    try:
        host = error.request.url.netloc.decode()
    except RuntimeError:
        host = "the upstream"
    if isinstance(error, httpx.TimeoutException):
        return f"{host} did not answer in time"
    reason = str(error) if isinstance(error, httpx.ConnectError) else type(error).__name__
    return f"{host} can't be asked: {reason}"


def _callable(wanted: Wanted, discovered: Discovered) -> Discovered:
    """Return *discovered* with what no route could call left out, as if it were written that way."""
    functions, left_out = [], list(discovered.left_out)
    for function in discovered.functions:
        fault = _fault(wanted, function)
        if fault:
            left_out.append(f"{function.name}: {fault}")
        else:
            functions.append(function)
    return replace(discovered, functions=tuple(functions), left_out=tuple(left_out))


def _fault(wanted: Wanted, function: Function) -> str:
    """Return what is wrong with *function*; empty for nothing."""
    _, problems = decode_struct(to_builtins(function), Function)
    fields, more = decode_struct(dict(function.spec), wanted.plugin.function_model)
    if problems or fields is None:
        return (*problems, *more)[0].problem
    try:
        wanted.plugin.check_function(f"{wanted.upstream.name}/{function.name}", fields)
    except (ConfigError, TemplateError) as error:
        return error.problem
    return ""
