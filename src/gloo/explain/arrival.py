"""What Envoy makes of the headers of a request before it looks for a route: what matchers and functions see of them.

Source: Envoy's pages on HTTP header manipulation and sanitizing, and what Envoy 1.40 was seen to do. All clients are
strangers to it: it takes the address of the connection for the client's, and counts none as internal.
"""

import re
from collections.abc import Mapping
from ipaddress import IPv6Address

from gloo.explain.head import with_length, words_of
from gloo.explain.placeholders import CLIENT_ADDRESS, REQUEST_ID
from gloo.explain.request import Headers, Request, joined_lines
from gloo.model.base import replace

_OF_STRANGERS = frozenset(
    f"x-envoy-{name}"
    for name in (
        *("retry-on", "retry-grpc-on", "max-retries", "retriable-status-codes", "retriable-header-names"),
        *("upstream-rq-timeout-ms", "upstream-rq-per-try-timeout-ms", "upstream-rq-timeout-alt-response"),
        *(
            "expected-rq-timeout-ms",
            "upstream-stream-duration-ms",
            "hedge-on-per-try-timeout",
            "upstream-alt-stat-name",
        ),
        *("force-trace", "ip-tags", "original-url", "original-path", "original-host", "decorator-operation"),
        *("downstream-service-cluster", "downstream-service-node", "internal"),
    )
)
"""What would direct Envoy, or tell of it: no stranger may say such things."""

_OF_THE_CONNECTION = frozenset({"keep-alive", "proxy-connection", "transfer-encoding"})
_UPGRADING = frozenset({"connection", "upgrade"})
_KEPT_THOUGH_NAMED = frozenset({"te", "connection", "upgrade", "http2-settings"})

_PATH_SIGNS = r"[^\x00-\x20\x7f-\U0010ffff\"#<>\\^`{|}\[\]]*"
_RELATIVE = re.compile(rf"(?![^/]*:){_PATH_SIGNS}")
_ABSOLUTE = re.compile(
    r"[A-Za-z][A-Za-z0-9+.-]*://@?(?:[A-Za-z0-9.-]+|\[(?P<v6>[0-9A-Fa-f:.]+)\])(?::(?P<port>[0-9]+))?(?:[/?][!\"$-~]*#?)?"
)
_LAST_PORT = 65535


def arrived(request: Request) -> Request:
    """Return *request*, as a client sends it, with the headers that Envoy leaves, joins, changes and adds.

    What only a live proxy knows is a placeholder, see `gloo.explain.placeholders`.
    """
    headers = joined_lines(with_length(request))
    upgrade = upgrade_of(headers)
    named = frozenset(word.lower() for word in words_of(headers, "connection")) - _KEPT_THOUGH_NAMED
    gone = _OF_STRANGERS | _OF_THE_CONNECTION | named | {"x-forwarded-client-cert"}
    if upgrade is None or upgrade == "h2c":
        gone |= _UPGRADING
    if upgrade == "h2c":
        gone |= {"http2-settings"}
    kept = tuple(pair for pair in _with_te(headers) if pair[0] not in gone and not _is_dropped(*pair))
    return replace(request, headers=_with_own(kept, request.scheme))


def upgrade_of(headers: Headers) -> str | None:
    """Return the protocol that a client asks to switch to, in lower case; None where it asks for none."""
    asked = next((value.lower() for name, value in headers if name == "upgrade"), None)
    return asked if "upgrade" in (word.lower() for word in words_of(headers, "connection")) else None


def _with_te(headers: Headers) -> Headers:
    """Return *headers* with a ``te`` that says no more than whether trailers are taken; in any case if it is named."""
    words = words_of(headers, "te")
    if "te" in (word.lower() for word in words_of(headers, "connection")):
        words = tuple(word.lower() for word in words)
    made = "trailers" if "trailers" in words else ""
    pairs = ((name, made if name == "te" and value else value, value) for name, value in headers)
    return tuple((name, value) for name, value, before in pairs if value or not before)


def _is_dropped(name: str, value: str) -> bool:
    if name == "expect":
        return value.lower() == "100-continue"  # Envoy answers it
    return name == "referer" and not _is_referer(value)


def _is_referer(value: str) -> bool:
    """Tell whether Envoy passes on *value*: an address without user and fragment, or the end of one."""
    found = _ABSOLUTE.fullmatch(value)
    if found is not None:
        port = (found["port"] or "0").lstrip("0")
        return len(port) < 6 and int(port or 0) <= _LAST_PORT and (found["v6"] is None or _is_v6(found["v6"]))
    return _RELATIVE.fullmatch(value) is not None


def _is_v6(text: str) -> bool:
    try:
        IPv6Address(text)
    except ValueError:
        return False
    return True


def _with_own(headers: Headers, scheme: str) -> Headers:
    """Return *headers* with those that Envoy sets, each at the place of the client's, if there is one."""
    told = next((value for name, value in headers if name == "x-forwarded-for"), "")
    own: Mapping[str, str] = {
        "x-forwarded-for": ",".join(filter(None, (told, CLIENT_ADDRESS))),
        "x-forwarded-proto": scheme,
        "x-envoy-external-address": CLIENT_ADDRESS,
        "x-request-id": REQUEST_ID,
    }
    first = {name: place for place, (name, _) in reversed(list(enumerate(headers))) if name in own}
    kept = tuple(
        (name, own.get(name, value)) for place, (name, value) in enumerate(headers) if first.get(name, place) == place
    )
    return (*kept, *(pair for pair in own.items() if pair[0] not in first))
