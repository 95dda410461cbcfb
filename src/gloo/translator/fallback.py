"""What an Envoy gets whose node id names no known role: a page that says so."""

from collections.abc import Iterable

from gloo.envoy.listener import Listener
from gloo.envoy.route_message import route_configuration
from gloo.envoy.snapshot import EnvoySnapshot
from gloo.translator.gateway import Gateway
from gloo.translator.listeners import HTTP

_TABLE = "gloo-unknown-role"


def fallback_snapshot(gateway: Gateway, roles: Iterable[str]) -> EnvoySnapshot:
    """Return a listener on the HTTP port that answers 500 to everything and names *roles*, those that exist."""
    from gloo.envoy.fixed_host import error_host  # noqa: PLC0415 - as everything here, of use to the misconfigured only

    known = ", ".join(sorted(roles))
    message = (
        "this Envoy has no known role: its node id must be ROLE~NAME, such as ingress~1, "
        f"where ROLE is one that a virtual service names (now: {known})"
    )
    host = error_host("unknown-role", ("*",), status=500, reason="unknown_role", message=message)
    # It has the name of the listener that a role brings: Envoy takes an update of it, but no second one on its port.
    listener = Listener(HTTP, gateway.bind, gateway.http_port, _TABLE)
    return EnvoySnapshot.of(listener.resource(), route_configuration(_TABLE, (host,), frozenset()))
