"""Routes to Envoy's routes; a bad one keeps its place and answers 500 with a reference."""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any, ClassVar

import msgspec

from gloo.envoy.jwt import Demand
from gloo.envoy.route import Action, DirectResponse, Forward, HeaderChange, PathMatch, Route, RouteMatch, Target
from gloo.envoy.route_message import route_bytes
from gloo.errors import ConfigError, MissingReference
from gloo.model.base import Value
from gloo.model.path import join_path
from gloo.model.route import BrokenRoute, Destination, RequestMatcher, WeightedDestination
from gloo.model.route import Route as ModelRoute
from gloo.model.salvage import literal_head
from gloo.model.status import Problem
from gloo.model.strict import nearest
from gloo.plugins.base import FunctionCall
from gloo.plugins.jwt import JwtExtension
from gloo.plugins.registry import Plugins, extension_of
from gloo.translator.events import matches_of
from gloo.translator.matchers import methods_of, path_match
from gloo.translator.refusals import Refusals
from gloo.translator.reports import problem_of, reference_of
from gloo.translator.route_extensions import RouteExtensions, read_extensions
from gloo.translator.tokens import Tokens, demand_of_route, guarded
from gloo.translator.upstreams import AcceptedUpstream, TranslatedUpstream


class PlacedRoute(Value, frozen=True):
    """One route of Envoy's table."""

    _unshown: ClassVar = ("body",)

    match: RouteMatch
    body: bytes
    route: Route | None = None


class TranslatedRoute(Value, frozen=True):
    """One route as Envoy gets it, or nothing where not even its place is known, and what is wrong with it.

    What is in `before` belongs to it, and stands before it in the table.
    """

    _unshown: ClassVar = ("body",)

    match: RouteMatch | None
    body: bytes
    clusters: frozenset[str] = frozenset()
    problems: tuple[Problem, ...] = ()
    before: tuple[PlacedRoute, ...] = ()
    route: Route | None = None
    demand: Demand | None = None

    @property
    def sealed(self) -> bool:
        """Whether it goes to a sealed target."""
        return self.route is not None and isinstance(self.route.action, Forward) and self.route.action.sealed

    @property
    def placed(self) -> tuple[PlacedRoute, ...]:
        """All its routes in Envoy's table, in their order."""
        return (*self.before, PlacedRoute(self.match, self.body, self.route)) if self.match is not None else ()


class RouteScope(Value, frozen=True):
    """What the routes of one virtual service see."""

    ref: str
    name: str
    upstreams: Mapping[str, TranslatedUpstream]
    upstream_names: tuple[str, ...]
    plugins: Plugins
    refusals: Refusals
    tokens: Tokens | None = None


class _Faults(Exception):  # carries findings from a step to its route; never leaves this file
    def __init__(self, *problems: Problem) -> None:
        self.problems = problems


def translate_route(route: ModelRoute, index: int, scope: RouteScope) -> TranslatedRoute:
    """Translate one route; what is wrong is in `problems`, and then its requests are answered 500."""
    at, name = f"routes[{index}]", f"{scope.name}/{index}"
    try:
        if isinstance(route, BrokenRoute):
            raise _Faults(*route.problems)
        translated, earlier, demand = _translate(route, name, scope)
        body = route_bytes(translated)
        before = tuple(PlacedRoute(each.match, route_bytes(each), each) for each in earlier)
        for each in (*(placed.body for placed in before), body):
            scope.refusals.check_bytes(each)
    except _Faults as faults:
        return _error_route(route, at, name, scope, faults.problems)
    except ConfigError as error:
        return _error_route(route, at, name, scope, (problem_of(error, at),))
    clusters = translated.action.clusters if isinstance(translated.action, Forward) else frozenset[str]()
    problems = _warnings(route, at, scope)
    return TranslatedRoute(translated.match, body, clusters, problems, before=before, route=translated, demand=demand)


def _translate(route: ModelRoute, name: str, scope: RouteScope) -> tuple[Route, tuple[Route, ...], Demand | None]:
    """Return the route, those before it (what extensions want there, other forms of an event), and what it demands."""
    *others, match = matches_of(route)
    extensions = read_extensions(route.extensions, scope.plugins)
    for at, upstream in extensions.upstreams():
        _known_upstream(upstream, at, scope)
    said = extensions.said(JwtExtension)
    demand = demand_of_route(said.jwt if said is not None else None, scope.tokens)
    applied = extensions.apply(Route(name, match, _action(route, extensions, scope)))
    translated = guarded(applied, demand, scope.tokens)
    _check_sealed(translated.action)
    for at, upstream in extensions.upstreams():
        _check_whole(_known_upstream(upstream, at, scope), at)
    earlier = (guarded(each, demand, scope.tokens) for each in extensions.before(applied))
    return translated, (*earlier, *(replace(translated, match=other) for other in others)), demand


def _action(route: ModelRoute, extensions: RouteExtensions, scope: RouteScope) -> Action:
    """Return what an extension answers, or else where the requests go: one of them is needed, both are too much."""
    answer = extensions.answer()
    if answer is None:
        if not route.destinations:
            raise ConfigError("", "", "must have single_destination or multiple_destinations")
        targets = tuple(_target(destination, field, route, scope) for field, destination in _destinations(route))
        return Forward(targets, prefix_rewrite=route.prefix_rewrite)
    field, action = answer
    if route.destinations:
        raise ConfigError("", field, "answers the requests, and so they have no destination", "leave one of them out")
    if route.prefix_rewrite is not None:
        raise ConfigError("", "prefix_rewrite", f"{field} answers the requests, and so no path is rewritten")
    return action


def _check_sealed(action: Action) -> None:
    """Raise ConfigError where a route would change, or send to others too, what is signed for its destination."""
    if not isinstance(action, Forward) or not action.sealed:
        return
    changes = {
        "prefix_rewrite": action.prefix_rewrite,
        "extensions.regex_rewrite": action.regex_rewrite,
        "extensions.mirror": action.mirror,
    }
    for at, change in changes.items():
        if change is not None:
            hint = "leave it out; the function sees the path that the client asked for"
            raise ConfigError("", at, "calls of the function are signed and can't be changed or copied", hint)


def _destinations(route: ModelRoute) -> tuple[tuple[str, Destination], ...]:
    if route.single_destination is not None:
        return (("single_destination", route.single_destination),)
    weighted = route.multiple_destinations or ()
    return tuple((f"multiple_destinations[{index}]", each) for index, each in enumerate(weighted))


def _target(destination: Destination, field: str, route: ModelRoute, scope: RouteScope) -> Target:
    upstream = _upstream(destination, field, scope)
    weight = destination.weight if isinstance(destination, WeightedDestination) else 1
    target = upstream.target(weight)
    if destination.function is None:
        _check_whole(upstream, field, "write function: {upstream_name: ..., function_name: ...}")
    if destination.function is None:
        return target
    function_name = destination.function.function_name
    function = upstream.functions.get(function_name)
    field = join_path(field, "function.function_name")
    if function is None and function_name in upstream.bad_functions:
        raise ConfigError("", field, f"function {upstream.name}/{function_name} has errors", "see the upstream")
    if function is None:
        raise MissingReference(
            "",
            field,
            f"upstream {upstream.name!r} has no function {function_name!r}",
            _missing(function_name, upstream),
        )
    return function.plugin.call(_call(route, upstream, function_name, target))


def _call(route: ModelRoute, upstream: AcceptedUpstream, name: str, target: Target) -> FunctionCall[Any, Any]:
    """Return the call of the function *name* of *upstream* by *route*."""
    function = upstream.functions[name]
    extension, faults = extension_of(function.plugin, route.extensions)
    _raise_first(faults)
    path = route.request_matcher.path_prefix or route.request_matcher.path_exact if route.request_matcher else ""
    return FunctionCall(
        f"{upstream.name}/{name}",
        function.fields,
        extension if extension is not None else function.plugin.extension_model(),
        target,
        path or "",
        upstream.spec,
        upstream.credentials,
        function.annotations,
    )


def _warnings(route: ModelRoute, at: str, scope: RouteScope) -> tuple[Problem, ...]:
    """Return what should be known of a route that works: what its plugins say of the calls that it makes."""
    found: dict[Problem, None] = {}
    for place, destination in _destinations(route):
        if destination.function is None or not route.extensions:
            continue
        upstream, name = _upstream(destination, place, scope), destination.function.function_name
        call = _call(route, upstream, name, upstream.target(1))
        warnings = (problem_of(each, at) for each in upstream.functions[name].plugin.call_warnings(call))
        found |= dict.fromkeys(msgspec.structs.replace(each, warning=True) for each in warnings)
    return tuple(found)


def _upstream(destination: Destination, field: str, scope: RouteScope) -> AcceptedUpstream:
    field = join_path(field, "function.upstream_name" if destination.function else "upstream.name")
    return _known_upstream(destination.upstream_name, field, scope)


def _check_whole(upstream: AcceptedUpstream, field: str, hint: str = "") -> None:
    """Raise ConfigError for an upstream that can't take just any request: where none of its functions is named."""
    if upstream.plugin.functions_only:
        raise ConfigError("", field, f"upstream {upstream.name!r} is reached by its functions alone", hint)


def _known_upstream(name: str, field: str, scope: RouteScope) -> AcceptedUpstream:
    known = scope.upstreams.get(name)
    if known is None:
        raise MissingReference("", field, f"there is no upstream {name!r}", _near(name, list(scope.upstream_names)))
    if known.accepted is None and all(problem.pending for problem in known.problems if not problem.warning):
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


def _raise_first(problems: tuple[Problem, ...]) -> None:
    if problems:
        raise ConfigError("", problems[0].field, problems[0].problem, problems[0].hint)


def _error_route(
    route: ModelRoute, at: str, name: str, scope: RouteScope, problems: tuple[Problem, ...]
) -> TranslatedRoute:
    """Return the route that answers for a bad one: a client sees the reference, `gloo get` what it means."""
    reference = reference_of(scope.ref, problems[0])
    *others, match = _places_of(route)
    if match is None:
        lost = "its requests go to later routes, since its path can't be read"
        first = _with(problems[0], hint="; ".join(part for part in (problems[0].hint, lost) if part))
        return TranslatedRoute(None, b"", problems=(first, *problems[1:]))
    named = tuple(_with(problem, reference=reference) for problem in problems)
    answer = Route(name, match, error_response(reference), response_headers=(HeaderChange("x-gloo-error", reference),))
    earlier = tuple(replace(answer, match=other) for other in others if other)
    before = tuple(PlacedRoute(each.match, route_bytes(each), each) for each in earlier)
    return TranslatedRoute(match, route_bytes(answer), problems=named, before=before, route=answer)


def _with(problem: Problem, *, hint: str | None = None, reference: str = "") -> Problem:
    return Problem(
        field=problem.field,
        problem=problem.problem,
        pending=problem.pending,
        warning=problem.warning,
        hint=problem.hint if hint is None else hint,
        reference=reference,
        file=problem.file,
        line=problem.line,
    )


def error_response(reference: str) -> DirectResponse:
    """Return the answer of a route that can't work: it says so, and under what name the reason is kept."""
    error = {"status": 500, "message": "this route is misconfigured", "reason": "route_error", "reference": reference}
    return DirectResponse(500, json.dumps({"error": error}), "application/json")


def _places_of(route: ModelRoute) -> tuple[RouteMatch | None, ...]:
    """Return the matches that a bad route keeps: its own, or what can be read of them, or None."""
    if not isinstance(route, BrokenRoute) or route.event_matcher is not None:
        with suppress(ConfigError):  # it is reported already
            return matches_of(route)
    return (_readable_match(route.request_matcher) if route.request_matcher is not None else None,)


def _readable_match(matcher: RequestMatcher) -> RouteMatch | None:
    """Keep path and verbs; a regex that is none keeps the text it starts with, if that is more than ``/``."""
    try:
        methods = methods_of(matcher)
    except ConfigError:
        methods = ()
    try:
        return RouteMatch(path_match(matcher), methods)
    except ConfigError:
        head = literal_head(matcher.path_regex or "")
        return RouteMatch(PathMatch("prefix", head), methods) if len(head) > 1 and head[0] == "/" else None
