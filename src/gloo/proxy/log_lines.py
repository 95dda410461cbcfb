"""Read Envoy's log and say it again in ours, each line with its level and component."""

import asyncio
import logging
import re
from collections.abc import AsyncIterator
from typing import NamedTuple

import structlog

from gloo.envoy.refusal_text import log_text

LOG_FORMAT = "%l %n %v"  # level, component, message
_LONGEST = 64 * 1024
_LEVELS = {
    "trace": logging.DEBUG,
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
    "critical": logging.CRITICAL,
}
_ROUTINE = ("caught ENVOY_SIGTERM",)  # a warning to Envoy, but this is how we stop it
_CLOSED = "gRPC config stream to "  # ... closed: what Envoy warns of when it is us whom it leaves

_KEY = re.compile(r'((?:secret_access_key|session_token)\\*"\s*:\s*\\*")[^"\\]+')
"""What Envoy writes of AWS keys when somebody sets its log to debug: it prints the configuration of filters."""


class LogLine(NamedTuple):
    """One entry of Envoy's log; *level* is one of `logging`'s numbers."""

    level: int
    component: str
    message: str


def parse(line: str) -> LogLine:
    """Parse a line written in `LOG_FORMAT`; any other line is an error without a component.

    Only a faulty start or a crash writes past the format, so such a line is worth seeing.
    """
    line = log_text(_KEY.sub(r"\1...", line))
    level, _, rest = line.partition(" ")
    component, space, message = rest.partition(" ")
    if level in _LEVELS and space:
        return LogLine(logging.INFO if message in _ROUTINE else _LEVELS[level], component, message)
    return LogLine(logging.ERROR, "", line)


async def relay(stream: asyncio.StreamReader) -> tuple[str, ...]:
    """Write each entry to our log until *stream* ends; return the last few errors, to explain an early end."""
    log = structlog.get_logger("gloo.envoy")
    errors: list[str] = []
    ends = False
    async for line in lines(stream):
        entry = parse(line)
        ends = ends or entry.message in _ROUTINE
        if ends and _CLOSED in entry.message:
            entry = entry._replace(level=logging.DEBUG)
        log.log(entry.level, entry.message, component=entry.component or "stderr")
        if entry.level >= logging.ERROR:
            errors = [*errors[-2:], entry.message]
    return tuple(errors)


async def lines(stream: asyncio.StreamReader) -> AsyncIterator[str]:
    """Split *stream* into lines without their ends; what is longer than 64 KiB comes without its middle."""
    rest = b""
    while chunk := await stream.read(_LONGEST):
        *lines, rest = (rest + chunk).split(b"\n")
        if len(rest) > _LONGEST:
            rest = rest[: _LONGEST // 2] + rest[-_LONGEST // 2 :]
        for line in lines:
            if line:
                yield line.decode(errors="replace")
    if rest:
        yield rest.decode(errors="replace")
