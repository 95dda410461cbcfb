"""Virtual hosts that need no upstream: to HTTPS, to nowhere, and the page of a misconfigured Envoy."""

import json

from envoy.config.core.v3 import base_pb2
from envoy.config.route.v3 import route_components_pb2
from envoy.type.matcher.v3 import string_pb2

from gloo.envoy.message import Message, serialize


def https_host(name: str, domains: tuple[str, ...], *, http_port: int, https_port: int) -> bytes:
    """Serialise a virtual host that answers 301 to the same address by https.

    A client that names our HTTP port is sent to our HTTPS port. One that names no port came by port 80, which somebody
    maps to ours, so it is sent to where https is by default.
    """
    routes = [_redirect(https_port, f":{http_port}"), _redirect(None, "")]
    return serialize(route_components_pb2.VirtualHost(name=name, domains=domains, routes=routes))


def _redirect(port: int | None, host_suffix: str) -> Message:
    route = route_components_pb2.Route(match=route_components_pb2.RouteMatch(prefix="/"))
    route.redirect.https_redirect = True
    if port is not None:
        route.redirect.port_redirect = port
        suffix = string_pb2.StringMatcher(suffix=host_suffix)
        route.match.headers.append(route_components_pb2.HeaderMatcher(name=":authority", string_match=suffix))
    return route


def error_host(name: str, domains: tuple[str, ...], *, status: int, reason: str, message: str) -> bytes:
    """Serialise a virtual host that answers every request with one JSON error."""
    route = route_components_pb2.Route(match=route_components_pb2.RouteMatch(prefix="/"))
    route.direct_response.status = status
    error = {"status": status, "message": message, "reason": reason}
    route.direct_response.body.inline_string = json.dumps({"error": error})
    route.response_headers_to_add.append(_header("content-type", "application/json"))
    return serialize(route_components_pb2.VirtualHost(name=name, domains=domains, routes=[route]))


def http3_offer(port: int) -> bytes:
    """Serialise the field that adds to a virtual host's answers where HTTP/3 is to be had (RFC 7838).

    Fields of serialised messages may be joined, so it is appended to a serialised virtual host.
    """
    offer = _header("alt-svc", f'h3=":{port}"; ma=86400')
    return serialize(route_components_pb2.VirtualHost(response_headers_to_add=[offer]))


def _header(name: str, value: str) -> Message:
    return base_pb2.HeaderValueOption(
        header=base_pb2.HeaderValue(key=name, value=value),
        append_action=base_pb2.HeaderValueOption.OVERWRITE_IF_EXISTS_OR_ADD,
    )
