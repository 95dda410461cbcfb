"""Routes to Envoy's routes; a bad one keeps its place and answers 500 with a reference."""

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import ClassVar

from gloo.envoy.jwt import Demand
from gloo.envoy.later import asking, call_name, calling
from gloo.envoy.plain_route import plain_route
from gloo.envoy.route import Action, DirectResponse, Forward, HeaderChange, Later, PathMatch, Route, RouteMatch
from gloo.envoy.route_message import route_bytes
from gloo.errors import ConfigError
from gloo.model.base import Value, replace
from gloo.model.path import join_path
from gloo.model.route import BrokenRoute, RequestMatcher
from gloo.model.route import Route as ModelRoute
from gloo.model.salvage import literal_head
from gloo.model.status import Problem
from gloo.plugins.jwt import JwtExtension
from gloo.translator.bugs import Bug, bug_in
from gloo.translator.call_rules import rule_warnings, with_rules
from gloo.translator.destinations import Resolved, RouteScope, check_whole, known_upstream, resolve
from gloo.translator.events import matches_of
from gloo.translator.matchers import methods_of, path_match
from gloo.translator.meetings import meetings
from gloo.translator.refusals import Refusals
from gloo.translator.reports import problems_of, reference_of
from gloo.translator.route_checks import (
    check_answer,
    check_copied,
    check_later,
    check_prefix_rewrite,
    check_sealed,
    no_destination,
)
from gloo.translator.route_extensions import RouteExtensions, read_extensions
from gloo.translator.route_warnings import route_warnings, unread
from gloo.translator.tokens import demand_of_route, guarded


class PlacedRoute(Value, frozen=True):
    """One route of Envoy's table."""

    _unshown: ClassVar = ("body",)

    match: RouteMatch
    body: bytes
    route: Route | None = None


class TranslatedRoute(Value, frozen=True):
    """One route as Envoy gets it, or nothing where not even its place is known, and what is wrong with it.

    What is in `before` belongs to it, and stands before it in the table. What is in `later` are its other halves, by
    name, in the table of calls that no client waits for.
    """

    _unshown: ClassVar = ("body", "later")

    match: RouteMatch | None
    body: bytes
    clusters: frozenset[str] = frozenset()
    problems: tuple[Problem, ...] = ()
    before: tuple[PlacedRoute, ...] = ()
    route: Route | None = None
    demand: Demand | None = None
    later: tuple[tuple[str, bytes], ...] = ()
    bugs: tuple[Bug, ...] = ()

    @property
    def placed(self) -> tuple[PlacedRoute, ...]:
        """All its routes in Envoy's table, in their order."""
        return (*self.before, PlacedRoute(self.match, self.body, self.route)) if self.match is not None else ()


class _Faults(Exception):  # carries findings from a step to its route; never leaves this file
    def __init__(self, *problems: Problem) -> None:
        self.problems = problems


def translate_route(route: ModelRoute, index: int, scope: RouteScope) -> TranslatedRoute:
    """Translate one route; what is wrong is in `problems`, and then its requests are answered 500."""
    at, name = f"routes[{index}]", f"{scope.name}/{index}"
    try:
        if isinstance(route, BrokenRoute):
            raise _Faults(*route.problems)
        found = _translate(route, name, scope)
        later = tuple(_later_half(found.route)) if found.route.later else ()
        body = _body(found.route, later)
        before = tuple([PlacedRoute(each.match, _body(each, later), each) for each in found.before])
        if (plain := plain_route(found.route)) is not None:
            before += (PlacedRoute(plain.match, route_bytes(plain)),)
        if scope.refusals.speaks:
            scope.refusals.check_routes((*(placed.body for placed in before), body, *(half for _, half in later)))
    except _Faults as faults:
        return _faulty(route, at, name, scope, faults.problems)
    except ConfigError as error:
        return _faulty(route, at, name, scope, problems_of(error, at))
    except Exception as error:  # noqa: BLE001 - a bug about one route must not stop the others
        bug, problem = bug_in(scope.ref, error, at=at)
        return replace(_error_route(route, at, name, scope, (problem,)), bugs=(bug,))
    clusters = found.route.action.clusters if isinstance(found.route.action, Forward) else frozenset[str]()
    problems = tuple([_with(warning, field=join_path(at, warning.field)) for warning in found.warnings])
    return TranslatedRoute(found.route.match, body, clusters, problems, before, found.route, found.demand, later)


def _faulty(route: ModelRoute, at: str, name: str, scope: RouteScope, found: tuple[Problem, ...]) -> TranslatedRoute:
    """Return the route that answers 500 for what was *found*, which clients are told of; what else is wrong follows."""
    from gloo.translator.route_faults import route_faults  # noqa: PLC0415 - rare, and start-up counts

    others, bugs = route_faults(route, scope)
    below = (_with(problem, field=join_path(at, problem.field)) for problem in others)
    return replace(_error_route(route, at, name, scope, tuple(dict.fromkeys((*found, *below)))), bugs=bugs)


def _body(route: Route, later: Sequence[tuple[str, bytes]]) -> bytes:
    """Return *route* as it stands in the table where clients ask; *later* is its other half, if it has one."""
    for call, _ in later if route.later == "gateway" else ():
        route = asking(route, call)
    return route_bytes(route)


def _later_half(route: Route) -> Iterator[tuple[str, bytes]]:
    """Yield the call of *route* by its name, if the gateway sees to it."""
    if route.later == "gateway":
        half = route_bytes(calling(route))
        yield call_name(route, half), half


class _Found(Value, frozen=True):
    """A route, those before it (what extensions want there, other forms of an event), its demand, and warnings."""

    route: Route
    before: tuple[Route, ...]
    demand: Demand | None
    warnings: tuple[Problem, ...]


def _translate(route: ModelRoute, name: str, scope: RouteScope) -> _Found:
    *others, match = matches_of(route)
    if not route.extensions and scope.tokens is None:
        return _without_extensions(route, name, scope, (match, *others))
    extensions = read_extensions(route.extensions, scope.plugins)
    for at, upstream in extensions.upstreams():
        known_upstream(upstream, at, scope)
    said = extensions.said(JwtExtension)
    demand = demand_of_route(said.jwt if said is not None else None, scope.tokens)
    resolved = resolve(route, scope, later=extensions.later)
    plain = Route(name, match, _action(route, extensions, resolved))
    applied = _with_later(extensions.apply(plain), extensions, resolved)
    translated = guarded(applied, demand, scope.tokens)
    check_sealed(translated.action)
    check_copied(translated.action)
    check_later(translated)
    for at, upstream in extensions.upstreams():
        check_whole(known_upstream(upstream, at, scope), at)
    earlier = (guarded(each, demand, scope.tokens) for each in extensions.before(applied))
    before = (*earlier, *(replace(translated, match=other) for other in others))
    rules = [each.rules for each in resolved]
    of_calls = (warning for each in resolved for warning in each.warnings)
    of_rules = rule_warnings(route, plain.action, translated.action, rules)
    of_route = route_warnings(route, match, translated.action, scope.balancer)
    claimed = scope.tokens.claimed if scope.tokens is not None else ()
    met = meetings(route, translated, claimed)
    idle = unread(route, scope.plugins, [each.reads for each in resolved])
    warnings = dict.fromkeys((*of_calls, *of_rules, *extensions.warnings(applied), *of_route, *met, *idle))
    return _Found(translated, before, demand, tuple(warnings))


def _without_extensions(route: ModelRoute, name: str, scope: RouteScope, matches: tuple[RouteMatch, ...]) -> _Found:
    """Return where the requests go of a route that says no more; most say no more, and so they pay for no more."""
    resolved = resolve(route, scope, later=False)
    action = _forward(route, resolved)
    check_sealed(action)
    found = Route(name, matches[0], action)
    rules = [each.rules for each in resolved]
    of_rules = rule_warnings(route, action, action, rules) if len(rules) > 1 else ()
    warnings = (*of_rules, *route_warnings(route, matches[0], action, scope.balancer), *meetings(route, found))
    return _Found(found, tuple([replace(found, match=other) for other in matches[1:]]), None, warnings)


def _with_later(route: Route, extensions: RouteExtensions, resolved: Sequence[Resolved]) -> Route:
    """Return *route* with who sees to it that clients don't wait, if they don't."""
    if not extensions.later:
        return route
    later: Later = "function" if all(each.by_itself for each in resolved) else "gateway"
    return replace(route, later=later)


def _action(route: ModelRoute, extensions: RouteExtensions, resolved: Sequence[Resolved]) -> Action:
    """Return what an extension answers, or else where the requests go: one of them is needed, both are too much."""
    answer = extensions.answer()
    if answer is None:
        return _forward(route, resolved)
    field, action = answer
    check_answer(route, field, has_destinations=bool(route.destinations))
    return action


def _forward(route: ModelRoute, resolved: Sequence[Resolved]) -> Forward:
    if not resolved:
        no_destination()
    check_prefix_rewrite(route.prefix_rewrite)
    forward = Forward(tuple([each.target for each in resolved]), prefix_rewrite=route.prefix_rewrite)
    return with_rules(forward, [each.rules for each in resolved])


def _error_route(
    route: ModelRoute, at: str, name: str, scope: RouteScope, problems: tuple[Problem, ...]
) -> TranslatedRoute:
    """Return the route that answers for a bad one: a client sees the reference, `gloo get` what it means.

    Where not even that can stand in the table, the route is left out, and its problem says so.
    """
    reference = reference_of(scope.ref, problems[0])
    places = tuple(place for place in _places_of(route) if place is not None)
    answers = [answer for place in places if (answer := _answer(name, place, reference, scope.refusals)) is not None]
    if not answers:
        cause = "Envoy takes no route with its matcher" if places else "its matcher can't be read"
        lost = f"its requests go to later routes, since {cause}"
        first = _with(problems[0], hint="; ".join(part for part in (problems[0].hint, lost) if part))
        return TranslatedRoute(None, b"", problems=(first, *problems[1:]))
    named = tuple(_with(problem, reference=reference) for problem in problems)
    *before, last = answers
    return TranslatedRoute(last.match, last.body, problems=named, before=tuple(before), route=last.route)


def _answer(name: str, match: RouteMatch, reference: str, refusals: Refusals) -> PlacedRoute | None:
    """Return what answers 500 in a place of a bad route; None where its matcher itself is the fault."""
    answer = Route(name, match, error_response(reference), response_headers=(HeaderChange("x-gloo-error", reference),))
    try:
        body = route_bytes(answer)
    except Exception:  # noqa: BLE001 - what the route itself came to as well, and that is told
        return None
    return None if refusals.refuses_route(body) else PlacedRoute(match, body, answer)


def _with(problem: Problem, *, field: str = "", hint: str | None = None, reference: str = "") -> Problem:
    told = problem.hint if hint is None else hint
    return replace(problem, field=field or problem.field, hint=told, reference=reference)


def error_response(reference: str) -> DirectResponse:
    """Return the answer of a route that can't work: it says so, and under what name the reason is kept."""
    error = {"status": 500, "message": "this route is misconfigured", "reason": "route_error", "reference": reference}
    return DirectResponse(500, json.dumps({"error": error}), "application/json")


def _places_of(route: ModelRoute) -> tuple[RouteMatch | None, ...]:
    """Return the matches that a bad route keeps: its own, or what can be read of them, or None."""
    if not isinstance(route, BrokenRoute) or route.event_matcher is not None:
        with suppress(Exception):  # it is reported already, be it a bug
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
