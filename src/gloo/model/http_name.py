"""Names in HTTP: tokens, and the header names that a configuration may change."""

import re

from gloo.errors import ConfigError

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+\Z")  # RFC 9110, section 5.6.2
_FORBIDDEN = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")  # RFC 9110, section 5.5: no control characters but the tab


FRAMING_HEADERS = frozenset(
    ("content-length", "transfer-encoding", "connection", "keep-alive", "proxy-connection", "te", "trailer", "upgrade")
)
"""What says where a message ends, or is between two neighbours alone (RFC 9110, 7.6.1; RFC 9112, 6): Envoy writes it.

Set or removed by a configuration, it would part what is sent from what was meant: the next request on the connection
begins in the midst of this one.
"""

_HOST = re.compile(r"([0-9A-Za-z_-]+(\.[0-9A-Za-z_-]+)*\.?|\[[0-9A-Fa-f:.]+\])(?P<port>:\d{1,5})?\Z")


def is_host(text: str, *, port: bool = True) -> bool:
    """Tell whether *text* can be the host of a request; *port*: and a port may follow."""
    found = _HOST.match(text)
    return found is not None and (port or found["port"] is None)


def is_token(text: str) -> bool:
    """Tell whether *text* can be a method or the name of a header or cookie."""
    return bool(_TOKEN.match(text))


def check_header_name(name: str, field: str) -> str:
    """Return *name* in lower case; raise ConfigError for what is none, or is not a header on its own."""
    lower = name.lower()
    if lower == "host" or lower.startswith(":"):
        hint = "see host_rewrite" if lower in {"host", ":authority"} else "a function's template can set it"
        raise ConfigError("", field, f"{name!r} can't be changed as a header", hint)
    if not is_token(name):
        raise ConfigError("", field, f"{name!r} is no header name", "letters, digits and -, without a colon")
    if lower in FRAMING_HEADERS:
        problem = f"{name!r} says how messages follow each other on a connection: Envoy sets it, nobody else can"
        hint = "see the extension upgrades" if lower == "upgrade" else "leave it out"
        raise ConfigError("", field, problem, hint)
    return lower


def check_header_value(value: str, field: str) -> None:
    """Raise ConfigError for a value that would break the lines of a request."""
    if found := _FORBIDDEN.search(value):
        raise ConfigError("", field, f"a header value can't hold the character {found[0]!r}")
