"""Destinations to targets: the upstream or function that a route names, and what is known of its calls."""

from collections.abc import Mapping
from typing import Any

import msgspec

from gloo.envoy.route import Target
from gloo.errors import ConfigError, MissingReference
from gloo.model.base import Value, replace
from gloo.model.path import join_path
from gloo.model.route import Destination, WeightedDestination
from gloo.model.route import Route as ModelRoute
from gloo.model.status import Problem
from gloo.model.strict import nearest
from gloo.plugins.base import FunctionCall, FunctionPlugin
from gloo.plugins.registry import Plugins, extension_keys, extension_of
from gloo.translator.call_rules import CallRules
from gloo.translator.refusals import Refusals
from gloo.translator.reports import error_of, problem_of
from gloo.translator.tokens import Tokens
from gloo.translator.upstream_functions import AcceptedFunction
from gloo.translator.upstreams import AcceptedUpstream, TranslatedUpstream

_NAME_ONE = "write function: {upstream_name: ..., function_name: ...}"


class RouteScope(Value, frozen=True):
    """What the routes of one virtual service see."""

    ref: str
    name: str
    upstreams: Mapping[str, TranslatedUpstream]
    upstream_names: tuple[str, ...]
    plugins: Plugins
    refusals: Refusals
    tokens: Tokens | None = None

    def balancer(self, name: str) -> str:
        """Return how the upstream *name* chooses its hosts; empty for what is none that can be used."""
        known = self.upstreams.get(name)
        return known.accepted.balancer if known is not None and known.accepted is not None else ""


class Resolved(Value, frozen=True):
    """One destination of a route.

    Args:
        by_itself: with a call that nobody waits for, its platform sees to that.
        warnings: what the function's plugin says of the route's part of the call; the fields are below the route.
        reads: the keys of the route's extensions that are the function's.
    """

    target: Target
    rules: CallRules
    by_itself: bool = False
    warnings: tuple[Problem, ...] = ()
    reads: frozenset[str] = frozenset()


def resolve(route: ModelRoute, scope: RouteScope, *, later: bool) -> tuple[Resolved, ...]:
    """Return the destinations of *route*; *later*: clients don't wait for them."""
    return tuple([resolve_one(each, field, route, scope, later=later) for field, each in destinations_of(route)])


def destinations_of(route: ModelRoute) -> tuple[tuple[str, Destination], ...]:
    """Return the destinations of *route*, each with its field."""
    if route.single_destination is not None:
        return (("single_destination", route.single_destination),)
    weighted = route.multiple_destinations or ()
    return tuple((f"multiple_destinations[{index}]", each) for index, each in enumerate(weighted))


def resolve_one(destination: Destination, field: str, route: ModelRoute, scope: RouteScope, *, later: bool) -> Resolved:
    """Return *destination*, which stands at *field* of *route*."""
    known = scope.upstreams.get(destination.upstream_name)
    if known is None or (upstream := known.accepted) is None:
        at = join_path(field, "function.upstream_name" if destination.function else "upstream.name")
        upstream = known_upstream(destination.upstream_name, at, scope)
    target = upstream.target(destination.weight if isinstance(destination, WeightedDestination) else 1)
    if destination.function is None:
        check_whole(upstream, field, _NAME_ONE)
        return Resolved(target, CallRules(upstream.name))
    name = f"{upstream.name}/{destination.function.function_name}"
    function = _function(upstream, destination.function.function_name, join_path(field, "function.function_name"))
    extension, faults = extension_of(function.plugin, route.extensions)
    if faults:
        raise error_of(faults)
    call = FunctionCall(
        name,
        function.fields,
        extension if extension is not None else function.plugin.extension_model(),
        target,
        _path_of(route),
        upstream.spec,
        upstream.credentials,
        function.annotations,
        later=later,
    )
    target = replace(function.plugin.call(call), takes_connections=function.plugin.takes_connections(function.fields))
    timeout = function.timeout if function.timeout is not None else function.plugin.usual_timeout
    return Resolved(
        target,
        CallRules(name, timeout, function.idempotent),
        by_itself=function.plugin.calls_later(function.fields, upstream.spec),
        warnings=_warnings(call, function.plugin) if route.extensions else (),
        reads=extension_keys(function.plugin) if route.extensions else frozenset(),
    )


def _warnings(call: FunctionCall[Any, Any], plugin: FunctionPlugin[Any, Any]) -> tuple[Problem, ...]:
    found = (problem_of(warning) for warning in plugin.call_warnings(call))
    return tuple(msgspec.structs.replace(problem, warning=True) for problem in found)


def _path_of(route: ModelRoute) -> str:
    matcher = route.request_matcher
    return (matcher.path_prefix or matcher.path_exact or "") if matcher is not None else ""


def _function(upstream: AcceptedUpstream, name: str, field: str) -> AcceptedFunction:
    function = upstream.functions.get(name)
    if function is None and name in upstream.pending_functions:
        raise MissingReference("", field, f"function {upstream.name}/{name} is Pending", "see the upstream")
    if function is None and name in upstream.bad_functions:
        raise ConfigError("", field, f"function {upstream.name}/{name} has errors", "see the upstream")
    if function is None:
        problem = f"upstream {upstream.name!r} has no function {name!r}"
        raise MissingReference("", field, problem, _missing(name, upstream))
    return function


def check_named(destination: Destination, field: str, scope: RouteScope) -> None:
    """Raise ConfigError unless what *destination* names can be used, however it is called."""
    of_function = destination.function is not None
    at = join_path(field, "function.upstream_name" if of_function else "upstream.name")
    upstream = known_upstream(destination.upstream_name, at, scope)
    if of_function:
        _function(upstream, destination.function_name, join_path(field, "function.function_name"))
    else:
        check_whole(upstream, field, _NAME_ONE)


def check_whole(upstream: AcceptedUpstream, field: str, hint: str = "") -> None:
    """Raise ConfigError for an upstream that can't take just any request: where none of its functions is named."""
    if upstream.plugin.functions_only:
        raise ConfigError("", field, f"upstream {upstream.name!r} is reached by its functions alone", hint)


def known_upstream(name: str, field: str, scope: RouteScope) -> AcceptedUpstream:
    """Return the upstream *name*, which stands at *field*; raise ConfigError when it can't be used."""
    known = scope.upstreams.get(name)
    if known is None:
        raise MissingReference("", field, f"there is no upstream {name!r}", _near(name, list(scope.upstream_names)))
    if known.is_pending:
        raise MissingReference("", field, f"upstream {name!r} is Pending", "see the upstream")
    if known.accepted is None:
        raise ConfigError("", field, f"upstream {name!r} has errors", "see the upstream")
    return known.accepted


def _missing(function: str, upstream: AcceptedUpstream) -> str:
    near = _near(function, list(upstream.functions))
    asked = "its functions are discovered: gloo discover asks for them" if upstream.asked else ""
    return "; ".join(part for part in (near, asked) if part)


def _near(name: str, names: list[str]) -> str:
    return nearest(name, names) if 0 < len(names) <= 1000 else ""
