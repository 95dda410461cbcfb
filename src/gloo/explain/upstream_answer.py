"""An answer of an upstream, as a test or a command line says it."""

from collections.abc import Iterable

from gloo.errors import ConfigError
from gloo.explain.lua_run import Answer
from gloo.explain.request import header_of

BODILESS = (204, 304)
"""Statuses of answers that have no body (RFC 9110, 15.3.5 and 15.4.5)."""

_OF_THE_CONNECTION = ("content-length", "transfer-encoding", "connection", "keep-alive")


def answer_of(status: int, headers: Iterable[tuple[str, str]] = (), body: bytes | None = None) -> Answer:
    """Return the answer that an upstream would make of these; its length is that of *body*.

    Raises:
        ConfigError: no upstream could send it.
    """
    if not 200 <= status <= 599:
        raise ConfigError("", "status", f"{status} is no status of an answer", "200 to 599")
    if status in BODILESS and body:
        raise ConfigError("", "body", f"an answer with status {status} has none")
    named = (header_of(name, value) for name, value in headers)
    return Answer(status, tuple(pair for pair in named if pair[0] not in _OF_THE_CONNECTION), body or b"")
