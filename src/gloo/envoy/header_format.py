"""Envoy's format of header values, checked: a command that Envoy does not know would cost the whole table."""

import difflib
import re

from gloo.errors import ConfigError

_PART = re.compile(r"%%|%([A-Z0-9_]*)(?:\(([^()]*)\))?(:\d+)?(%)?")
_HEADER = r":?[!#$&'*+\-.^_`|~0-9A-Za-z]+"
_HEADERS = rf"{_HEADER}(\?{_HEADER})?"

_BARE = frozenset(
    {
        "BYTES_RECEIVED",
        "BYTES_SENT",
        "CONNECTION_ID",
        "CONNECTION_TERMINATION_DETAILS",
        "DOWNSTREAM_DIRECT_REMOTE_ADDRESS",
        "DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT",
        "DOWNSTREAM_DIRECT_REMOTE_PORT",
        "DOWNSTREAM_LOCAL_ADDRESS",
        "DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT",
        "DOWNSTREAM_LOCAL_PORT",
        "DOWNSTREAM_LOCAL_SUBJECT",
        "DOWNSTREAM_LOCAL_URI_SAN",
        "DOWNSTREAM_PEER_CERT",
        "DOWNSTREAM_PEER_CERT_V_END",
        "DOWNSTREAM_PEER_CERT_V_START",
        "DOWNSTREAM_PEER_DNS_SAN",
        "DOWNSTREAM_PEER_FINGERPRINT_1",
        "DOWNSTREAM_PEER_FINGERPRINT_256",
        "DOWNSTREAM_PEER_ISSUER",
        "DOWNSTREAM_PEER_SERIAL",
        "DOWNSTREAM_PEER_SUBJECT",
        "DOWNSTREAM_PEER_URI_SAN",
        "DOWNSTREAM_REMOTE_ADDRESS",
        "DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT",
        "DOWNSTREAM_REMOTE_PORT",
        "DOWNSTREAM_TLS_CIPHER",
        "DOWNSTREAM_TLS_SESSION_ID",
        "DOWNSTREAM_TLS_VERSION",
        "DURATION",
        "HOSTNAME",
        "PROTOCOL",
        "REQUESTED_SERVER_NAME",
        "REQUEST_DURATION",
        "RESPONSE_CODE",
        "RESPONSE_CODE_DETAILS",
        "RESPONSE_DURATION",
        "RESPONSE_FLAGS",
        "ROUTE_NAME",
        "START_TIME",
        "STREAM_ID",
        "TRACE_ID",
        "UNIQUE_ID",
        "UPSTREAM_CLUSTER",
        "UPSTREAM_HOST",
        "UPSTREAM_LOCAL_ADDRESS",
        "UPSTREAM_PROTOCOL",
        "UPSTREAM_REMOTE_ADDRESS",
        "UPSTREAM_REMOTE_ADDRESS_WITHOUT_PORT",
        "UPSTREAM_REMOTE_PORT",
        "UPSTREAM_REQUEST_ATTEMPT_COUNT",
        "UPSTREAM_TLS_VERSION",
        "VIRTUAL_CLUSTER_NAME",
    }
)
_WITH_ARGUMENT = {
    "REQ": _HEADERS,
    "RESP": _HEADERS,
    "QUERY_PARAM": r"[^%:]+",
    "METADATA": r"(ROUTE|CLUSTER|UPSTREAM_HOST|LISTENER|VIRTUAL_HOST)(:[^%:]+)+",
    "DYNAMIC_METADATA": r"[^%:]+(:[^%:]+)*",
}
"""Commands that need an argument, and what it may be."""
_KNOWN = sorted({*_BARE, *_WITH_ARGUMENT})


def check_format(value: str, field: str) -> None:
    """Raise ConfigError unless *value* is text, ``%%``, and commands that we know Envoy has: ``%REQ(x-name)%``.

    Commands that would show files, secrets or variables of the machine are not among them.
    """
    for part in _PART.finditer(value):
        name, argument, length, closed = part.groups()
        if part[0] == "%%":
            continue
        if not name or not closed:
            form = "%NAME% or %NAME(argument)%; %% is a percent sign"
            raise ConfigError("", field, f"{part[0]!r} starts no command", form)
        if name not in _KNOWN:
            near = difflib.get_close_matches(name, _KNOWN, n=1, cutoff=0.6)
            raise ConfigError("", field, f"there is no command %{name}%", f"did you mean %{near[0]}%?" if near else "")
        if name in _WITH_ARGUMENT:
            if not re.fullmatch(_WITH_ARGUMENT[name], argument or ""):
                raise ConfigError("", field, f"{part[0]!r} names nothing", _EXAMPLES.get(name, f"e.g. %{name}(name)%"))
        elif length or (argument is not None and name != "START_TIME"):
            raise ConfigError("", field, f"%{name}% takes no argument and no length")


def commands_in(value: str) -> frozenset[str]:
    """Return the names of the commands in a format."""
    return frozenset(part[1] for part in _PART.finditer(value) if part[1])


_EXAMPLES = {
    "METADATA": "e.g. %METADATA(ROUTE:namespace:key)%",
    "DYNAMIC_METADATA": "e.g. %DYNAMIC_METADATA(namespace:key)%",
}
