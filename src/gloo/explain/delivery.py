"""The destination of a route in the user's words: which function is called, with which values, on which hosts."""

from collections.abc import Mapping

from gloo.envoy.endpoint import HOST_NAMESPACE
from gloo.envoy.readable import readable
from gloo.explain.lua_run import FunctionRuntime
from gloo.explain.needs import needed_names
from gloo.explain.parameters import Extracted, Sight, body_fields, bound_by, extracted
from gloo.explain.request import Request
from gloo.explain.tables import Tables
from gloo.functions import FunctionTemplate, Parameter
from gloo.functions.names import FREE
from gloo.functions.parameters import named
from gloo.model.base import Json, Value
from gloo.model.route import Route
from gloo.plugins.registry import extension_of
from gloo.plugins.rest import RestExtension, RestFunction, parameters_of, template_of
from gloo.translator.upstream_functions import AcceptedFunction
from gloo.translator.upstreams import TranslatedUpstream


class Called(Value, frozen=True):
    """A function that a route calls, and the values that it takes out of the request.

    Args:
        wraps: the body that it makes is a JSON object of headers and body.
    """

    name: str
    values: tuple[Extracted, ...]
    wraps: bool = False


class Endpoint(Value, frozen=True):
    """One host of an upstream; *name* is the host name that it is asked by, if it has one."""

    address: str
    port: int
    name: str
    tls: bool
    marks: Mapping[str, str] = {}


def called_function(
    route: Route, position: int, request: Request, tables: Tables, runtime: FunctionRuntime
) -> Called | None:
    """Return what the destination of *route* at *position* calls; None for an upstream as a whole."""
    if (found := function_at(route, position, tables)) is None:
        return None
    name, known = found
    template = template_of_function(name, known)
    if template is None:
        return Called(name, ())
    parameters = (*template.extractors, *parameters_of_route(route, known))
    sight = Sight(request, template.parse_body, runtime)
    values = extracted(parameters, sight)
    fields = body_fields(names_from_body(template, parameters), sight)
    return Called(name, (*values, *fields), template.mode.whole in ("wrap", "wrap_request"))


def function_at(route: Route, position: int, tables: Tables) -> tuple[str, AcceptedFunction] | None:
    """Return the function that the destination of *route* at *position* calls, with its name; None for none."""
    if position >= len(route.destinations) or (function := route.destinations[position].function) is None:
        return None
    accepted = tables.upstreams[function.upstream_name].accepted
    assert accepted is not None  # the route is known to work
    return f"{function.upstream_name}/{function.function_name}", accepted.functions[function.function_name]


def template_of_function(name: str, function: AcceptedFunction) -> FunctionTemplate | None:
    """Return the templates of a function; None for one that has none."""
    if not isinstance(function.fields, RestFunction):
        return None
    return template_of(name, function.fields, function.annotations)


def parameters_of_route(route: Route, function: AcceptedFunction) -> tuple[Parameter, ...]:
    """Return where *route* says that the values of *function* are."""
    extension, _ = extension_of(function.plugin, route.extensions)
    return tuple(parameters_of(extension)) if isinstance(extension, RestExtension) else ()


def names_from_body(template: FunctionTemplate, parameters: tuple[Parameter, ...]) -> tuple[str, ...]:
    """Return the names that no parameter binds: they are fields of the JSON body."""
    sources = (*template.extractors, *map(named, parameters))
    bound = {name for each in sources for name in bound_by(each)}
    free = set(FREE) if sources else set()
    return tuple(
        name
        for name in needed_names(template)
        if name not in free and not any(name == known or name.startswith(f"{known}.") for known in bound)
    )


def endpoints(upstream: TranslatedUpstream) -> tuple[Endpoint, ...]:
    """Return the hosts of *upstream* as far as its cluster has them."""
    if upstream.accepted is None:
        return ()
    cluster = readable(upstream.accepted.cluster)
    tls = "transport_socket" in cluster
    return tuple(
        Endpoint(address["address"], int(address["port_value"]), endpoint.get("hostname", ""), tls, _marks(each))
        for locality in cluster.get("load_assignment", {}).get("endpoints", ())
        for each in locality.get("lb_endpoints", ())
        if (endpoint := each.get("endpoint", {}))
        and (address := endpoint.get("address", {}).get("socket_address")) is not None
    )


def _marks(member: Json) -> Mapping[str, str]:
    marks: Mapping[str, str] = member.get("metadata", {}).get("filter_metadata", {}).get(HOST_NAMESPACE, {})
    return marks


def endpoint_names(upstream: TranslatedUpstream) -> tuple[str, ...]:
    """Return the names of the hosts of *upstream*: what `Host` becomes where a route asks for that."""
    return tuple(each.name for each in endpoints(upstream) if each.name)
