"""A request as Envoy sees it when it looks for a route."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from string import ascii_letters, digits
from urllib.parse import unquote_to_bytes, urlsplit

from gloo.errors import ConfigError
from gloo.model.base import Json
from gloo.model.http_name import is_token

Headers = tuple[tuple[str, str], ...]

_ESCAPE = re.compile(r"%[0-9A-Fa-f]{2}")
_PARAMETERS_OF_DOTS = re.compile(r"(?<=/)(\.\.?);[^/]*")
_UNRESERVED = frozenset(f"{ascii_letters}{digits}-._~")
_ESCAPED = re.compile(r"[\"<>^`{|}]")
_NEVER_SENT = re.compile(r"[^!-~]")
JOINED = frozenset(
    {
        "accept",
        "accept-encoding",
        "access-control-request-headers",
        "access-control-request-method",
        "authorization",
        "cache-control",
        "connection",
        "content-encoding",
        "content-type",
        "expect",
        "grpc-accept-encoding",
        "grpc-timeout",
        "if-match",
        "if-modified-since",
        "if-none-match",
        "if-range",
        "if-unmodified-since",
        "origin",
        "pragma",
        "referer",
        "te",
        "upgrade",
        "user-agent",
        "via",
        "x-client-trace-id",
        "x-envoy-attempt-count",
        "x-envoy-is-timeout-retry",
        "x-forwarded-for",
        "x-forwarded-host",
        "x-forwarded-port",
    }
)
"""Headers that Envoy 1.40 keeps as one value, joined by commas, however often they come: found by asking it."""

LENGTHS = ("content-length", "transfer-encoding")
"""Headers that say how long a body is: each way that a message goes has those of its own."""

_PORT = re.compile(r":[^:\]]*\Z")
_FINAL_DOT = re.compile(r"\.(?=(:[^.]*)?\Z)")
_ADDRESS = re.compile(r"[^:]*://[^/?#]*")


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request.

    Args:
        path: the request target: path and query.
        headers: names in lower case; a name may stand here twice.
        body: None when there is none.
        claims: what its token says, for templates.
    """

    method: str
    host: str
    path: str
    headers: Headers = ()
    body: bytes | None = None
    scheme: str = "http"
    claims: Mapping[str, Json] = field(default_factory=dict, compare=False, repr=False)

    def header(self, name: str) -> str | None:
        """Return all values of the header *name*, in lower case, as one; None if it is absent."""
        values = self.values(name)
        joint = "; " if name == "cookie" else ","
        return joint.join(values) if values else None

    def values(self, name: str) -> tuple[str, ...]:
        """Return the values of the header *name* as matchers see them: one by one, but for some that are joined."""
        pseudo = {":method": self.method, ":path": self.path, ":authority": self.host, ":scheme": self.scheme}
        if name == "host" or name in pseudo:
            return (pseudo.get(name, self.host),)
        found = tuple(value for key, value in self.headers if key == name)
        return (",".join(filter(None, found)),) if found and name in JOINED else found

    def first(self, name: str) -> str | None:
        """Return the first value of the header *name*, in lower case: what formats and host rewrites take."""
        return next(iter(self.values(name)), None)

    @property
    def bare_path(self) -> str:
        """The path without its query: what path matchers look at."""
        return self.path.partition("?")[0]


def request_of(
    method: str,
    url: str,
    headers: Iterable[tuple[str, str]] = (),
    body: bytes | None = None,
    *,
    refused: bool = False,
) -> Request:
    """Return the request that a client would make of these, its path normalised as Envoy does it.

    *url* may be a path alone; the header `host` says which host is asked, else *url* does; two such headers are one to
    Envoy. The method is taken as it is written: `gloo.explain.head` says which ones nobody answers.

    Args:
        refused: it may be one that Envoy answers 400 before it looks for a route: its path is as it was sent.

    Raises:
        ConfigError: no client could send it, or Envoy would not take it.
    """
    if not is_token(method):
        raise ConfigError("", "method", f"{method!r} is no HTTP method", "e.g. GET")
    scheme, host, target = _parts(url)
    named = tuple(header_of(name, value) for name, value in headers)
    hosts = [value for name, value in named if name in ("host", ":authority")]
    host = ",".join(filter(None, hosts)) if hosts else host or "localhost"
    kept = tuple((name, value) for name, value in named if name not in ("host", ":authority"))
    path = target if refused and is_refused(target) else normalised(target)
    _check_length(kept, body)
    return Request(method, _FINAL_DOT.sub("", host), path, kept, body, scheme)


def _check_length(headers: Headers, body: bytes | None) -> None:
    for name, value in headers:
        if (
            name == "content-length"
            and re.fullmatch("[0-9]+", value)
            and value.lstrip("0") != str(len(body or b"")).lstrip("0")
        ):
            raise ConfigError("", "headers", f"content-length is {value}, but the body has {len(body or b'')} bytes")


def joined_lines(headers: Headers) -> Headers:
    """Return *headers* with those that Envoy keeps as one value made one, at the place of the first; no empty ones."""
    placed: dict[str, int] = {}
    lines: list[tuple[str, str]] = []
    for name, value in headers:
        if name in placed:
            before = lines[placed[name]][1]
            lines[placed[name]] = (name, ",".join(filter(None, (before, value))))
            continue
        if name in JOINED:
            placed[name] = len(lines)
        lines.append((name, value))
    return tuple(lines)


def _parts(url: str) -> tuple[str, str, str]:
    """Return scheme, host and target of *url*."""
    if url.startswith("/"):
        return "http", "", url
    if "://" not in url:
        url = f"http://{_with_host(url)}"
    try:
        parts = urlsplit(url)
        _ = parts.port  # it is looked at when it is asked for
    except ValueError as error:
        raise ConfigError("", "url", f"{url!r} is no URL: {error}", "e.g. http://example.org:8080/path") from error
    if parts.scheme not in ("http", "https"):
        raise ConfigError("", "url", f"{parts.scheme!r} is no scheme that the gateway speaks", "http or https")
    target = _ADDRESS.sub("", url, count=1)
    if "#" in target:
        raise ConfigError("", "url", "a fragment is never sent", "leave out what begins with #")
    return parts.scheme, parts.netloc.rpartition("@")[2], target if target.startswith("/") else f"/{target}"


def _with_host(url: str) -> str:
    """Return *url*, which has no scheme, if it begins with what is surely a host; raise ConfigError otherwise."""
    host = re.split("[/?#]", url, maxsplit=1)[0]
    if not host:
        raise ConfigError("", "url", f"{url!r} is neither a path nor an address", "a path starts with /")
    if not re.search("[.:]", host) and host != "localhost":
        problem = f"{url!r} may be a path, or a host"
        raise ConfigError("", "url", problem, f"write /{url} for the path, http://{url} for the host")
    return url


def header_of(name: str, value: str) -> tuple[str, str]:
    """Return the header in the form of HTTP/2; raise ConfigError for what is none."""
    return _header_name(name), _header_value(name, value)


def _header_name(name: str) -> str:
    lower = name.lower()
    if not is_token(lower.removeprefix(":")):
        raise ConfigError("", "headers", f"{name!r} is no header name")
    return lower


def _header_value(name: str, value: str) -> str:
    if any(sign in value for sign in "\r\n\0"):
        raise ConfigError("", "headers", f"the value of {name!r} holds a line break or a zero byte")
    return value.strip(" \t")


def is_refused(target: str) -> bool:
    """Say whether Envoy answers 400 to a request for *target*, whatever the routes are."""
    path = target.partition("?")[0]
    return "#" in target or "%00" in path or _NEVER_SENT.search(target) is not None or not path.startswith("/")


def normalised(target: str) -> str:
    """Return *target* with its path as Envoy makes it before it looks for a route (`normalize_path`).

    Percent-escapes of unreserved characters are decoded, dot segments are resolved, also those with parameters behind a
    semicolon, a backslash is a slash; escaped slashes and double slashes stay. Source: RFC 3986, section 6, and what
    Envoy 1.40 was seen to do.
    """
    path, mark, query = target.partition("?")
    if is_refused(target):
        raise ConfigError("", "url", f"Envoy answers 400 to {target!r}", "escape what can't stand in a URL")
    plain = _decoded(_PARAMETERS_OF_DOTS.sub(r"\1", path)).replace("\\", "/")
    escaped = _ESCAPED.sub(lambda found: f"%{ord(found[0]):02X}", plain)
    return _without_dots(escaped) + mark + query


def _decoded(path: str) -> str:
    """Return *path* with what needs no escape decoded.

    Where that would make an escape out of a percent sign that began none, the sign is escaped: `%4%41` is `%254A`.
    """
    made, at, alone = "", 0, -3
    while at < len(path):
        escape = _ESCAPE.match(path, at)
        if escape is None:
            alone = len(made) if path[at] == "%" else alone
            made, at = made + path[at], at + 1
            continue
        sign, at = unquote_to_bytes(escape[0]).decode("latin-1"), escape.end()
        if sign not in _UNRESERVED:
            made += escape[0]
            continue
        made += sign
        if alone >= len(made) - 3 and _ESCAPE.match(made + path[at : at + 1], alone):
            made = f"{made[:alone]}%25{made[alone + 1 :]}"
    return made


def _without_dots(path: str) -> str:
    kept: list[str] = []
    segments = path.split("/")[1:]
    for segment in segments:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    if segments[-1] in (".", ".."):
        kept.append("")
    return "/" + "/".join(kept)


def without_port(host: str) -> str:
    """Return *host* in lower case without its port: what domains are compared with."""
    return _PORT.sub("", host.lower())
