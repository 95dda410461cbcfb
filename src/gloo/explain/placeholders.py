"""Stand-ins for values that only a live proxy knows, written as commands of Envoy's formats."""

import re
from urllib.parse import quote

REQUEST_ID = "%REQ(x-request-id)%"
CLIENT_ADDRESS = "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%"
CALL_ID = "%UNIQUE_ID%"

_COMMAND = re.compile(r"%(?:CEL|ACCESS_LOG_TYPE|(?![0-9A-F]{2})[A-Z][A-Z0-9_]*)(?:\([^()]*\))?(?::\d+)?%")
"""A command of Envoy's formats, and no escapes of a URL: ``%C3%A9``."""

_ESCAPED = {quote(each, safe=""): each for each in (REQUEST_ID, CLIENT_ADDRESS, CALL_ID)}


def is_told(text: str) -> bool:
    """Tell whether *text* is known as a whole."""
    return _COMMAND.search(text) is None


def fits(told: str, got: str) -> bool:
    """Tell whether *got* is *told*, in which a command stands for any text."""
    return told == got or re.fullmatch(".*".join(map(re.escape, _COMMAND.split(told))), got, re.DOTALL) is not None


def unescaped(target: str) -> str:
    """Return *target* with the stand-ins as they are written: a function has escaped them for a URL."""
    for escaped, plain in _ESCAPED.items():
        target = target.replace(escaped, plain)
    return target
