"""What else is wrong with a route that is faulty already: all of its parts are checked, each by itself.

A part that depends on a faulty one is not told: it may be right once that is. Only faulty routes come here.
"""

from collections.abc import Iterator
from functools import partial

from gloo.envoy.route import Answer, Forward, PathMatch, Route, RouteMatch, Target
from gloo.model.base import replace
from gloo.model.route import BrokenRoute, Destination, EventMatcher, RequestMatcher, RestOfRoute
from gloo.model.route import Route as ModelRoute
from gloo.model.status import Problem
from gloo.plugins.jwt import JwtExtension
from gloo.translator.bugs import Bug, bug_in
from gloo.translator.destinations import (
    RouteScope,
    check_named,
    check_whole,
    destinations_of,
    known_upstream,
    resolve_one,
)
from gloo.translator.events import event_matches
from gloo.translator.matchers import request_match
from gloo.translator.reports import collected
from gloo.translator.route_checks import check_answer, check_copied, check_prefix_rewrite, check_sealed, no_destination
from gloo.translator.route_extensions import RouteExtensions, read_extensions, rest_of_extensions
from gloo.translator.tokens import demand_of_route


def route_faults(route: ModelRoute, scope: RouteScope) -> tuple[tuple[Problem, ...], tuple[Bug, ...]]:
    """Return all that is wrong with the parts of *route*, the fields below it, each once, and what bug ended that."""
    if isinstance(route, BrokenRoute):
        if route.rest is None:
            return (), ()
        route = route.rest
    found: list[Problem] = []
    bugs: tuple[Bug, ...] = ()
    try:
        found.extend(_matcher_faults(route))
        found.extend(_others(route, scope))
    except Exception as error:  # noqa: BLE001 - what was found by then is told, and the bug
        bug, problem = bug_in(scope.ref, error)
        found, bugs = [*found, problem], (bug,)
    return tuple(dict.fromkeys(found)), bugs


def _matcher_faults(route: ModelRoute) -> Iterator[Problem]:
    if route.request_matcher is not None:
        yield from collected(*(partial(request_match, part) for part in _parts(route.request_matcher)))
    if route.event_matcher is not None:
        yield from collected(*(partial(event_matches, part) for part in _event_parts(route.event_matcher)))


def _parts(matcher: RequestMatcher) -> Iterator[RequestMatcher]:
    """Yield each condition of *matcher* alone."""
    yield replace(matcher, verbs=(), headers={}, query_params={}, cookies={})
    yield RequestMatcher(verbs=matcher.verbs)
    yield from (RequestMatcher(headers={name: value}) for name, value in matcher.headers.items())
    yield from (RequestMatcher(cookies={name: value}) for name, value in matcher.cookies.items())
    yield from (RequestMatcher(query_params={name: value}) for name, value in matcher.query_params.items())


def _event_parts(matcher: EventMatcher) -> Iterator[EventMatcher]:
    yield replace(matcher, source=None, subject=None)
    yield EventMatcher(event_type=matcher.event_type, source=matcher.source)
    yield EventMatcher(event_type=matcher.event_type, subject=matcher.subject)


def _others(route: ModelRoute, scope: RouteScope) -> Iterator[Problem]:
    unread = tuple(collected(partial(read_extensions, route.extensions, scope.plugins)))
    yield from unread
    extensions = rest_of_extensions(route.extensions, scope.plugins)
    yield from collected(*(partial(_check_mentioned, at, name, scope) for at, name in extensions.upstreams()))
    sure = not unread and (not isinstance(route, RestOfRoute) or route.sure)
    if sure:
        said = extensions.said(JwtExtension)
        yield from collected(partial(demand_of_route, said.jwt if said is not None else None, scope.tokens))
    yield from collected(partial(check_prefix_rewrite, route.prefix_rewrite))
    targets: list[Target] = []

    def resolve(field: str, destination: Destination) -> None:
        if sure:
            targets.append(resolve_one(destination, field, route, scope, later=extensions.later).target)
        else:  # a call may need what can't be read
            check_named(destination, field, scope)

    yield from collected(*(partial(resolve, *each) for each in _placed(route)))
    yield from _applied(route, tuple(targets), extensions, whole=sure and not isinstance(route, RestOfRoute))


def _placed(route: ModelRoute) -> tuple[tuple[str, Destination], ...]:
    return route.placed if isinstance(route, RestOfRoute) else destinations_of(route)


def _check_mentioned(at: str, name: str, scope: RouteScope) -> None:
    check_whole(known_upstream(name, at, scope), at)


def _applied(
    route: ModelRoute, targets: tuple[Target, ...], extensions: RouteExtensions, *, whole: bool
) -> Iterator[Problem]:
    """Put each of *extensions* on a route that stands for *route*; *whole*: nothing of it is left out."""
    answers: list[Answer] = []

    def answer() -> None:
        if (found := extensions.answer()) is not None:
            answers.append(found[1])
            check_answer(route, found[0], has_destinations=bool(_placed(route)))

    unsure = tuple(collected(answer))
    yield from unsure
    if whole and not (unsure or answers or _placed(route)):
        yield from collected(no_destination)
    alone = whole and answers and not _placed(route)
    applied = Route("", _ANY, answers[0] if alone else Forward(targets, prefix_rewrite=route.prefix_rewrite))

    def apply(each: RouteExtensions) -> None:
        nonlocal applied
        applied = each.apply(applied)

    yield from collected(*(partial(apply, each) for each in extensions.each()))
    yield from collected(lambda: check_sealed(applied.action), lambda: check_copied(applied.action))


_ANY = RouteMatch(PathMatch("prefix", "/"))
