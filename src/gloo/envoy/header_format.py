"""Envoy's format of header values, checked: a command that Envoy does not know would cost the whole table."""

import re

from gloo.errors import ConfigError
from gloo.model.strict import nearest

_PART = re.compile(r"%%|%([A-Z0-9_]*)(\([^()%]*\))?(:\d+)?(%)?")

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
_WITH_ARGUMENT = frozenset({"REQ", "RESP", "METADATA", "DYNAMIC_METADATA", "QUERY_PARAM"})
_EITHER = frozenset({"START_TIME"})


def check_format(value: str, field: str) -> None:
    """Raise ConfigError unless *value* is text, ``%%``, and commands that Envoy knows: ``%REQ(x-name)%``."""
    for part in _PART.finditer(value):
        name, argument, _, closed = part.groups()
        if part[0] == "%%":
            continue
        if not name or not closed:
            raise ConfigError(
                "", field, f"{part[0]!r} starts no command", "%NAME% or %NAME(argument)%; %% is a percent sign"
            )
        if name not in _BARE | _WITH_ARGUMENT:
            hint = nearest(name, sorted(_BARE | _WITH_ARGUMENT)) if name else ""
            raise ConfigError("", field, f"Envoy has no command %{name}%", hint)
        if name in _WITH_ARGUMENT and not (argument or "").strip("()"):
            raise ConfigError("", field, f"%{name}% needs an argument", f"e.g. %{name}(x-name)%")
        if argument and name in _BARE - _EITHER:
            raise ConfigError("", field, f"%{name}% takes no argument")
