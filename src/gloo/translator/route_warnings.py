"""What is no error in a route, but has no effect or not the expected one."""

from collections.abc import Callable, Collection, Iterator, Sequence

from gloo.envoy.methods import METHODS
from gloo.envoy.route import Action, Forward, Redirect, RouteMatch
from gloo.model.path import format_path
from gloo.model.route import RequestMatcher, Route
from gloo.model.status import Problem
from gloo.model.strict import nearest, snake_case
from gloo.plugins.registry import Plugins
from gloo.translator.written_paths import unsent_path, unsent_query

_HASHING = ("ring_hash", "maglev")


def route_warnings(
    route: Route, match: RouteMatch, action: Action, balancer: Callable[[str], str]
) -> Iterator[Problem]:
    """Yield what a user of *route* should know; *balancer* tells how an upstream chooses its hosts."""
    if route.request_matcher is not None:
        if route.request_matcher.verbs:
            yield from _of_verbs(route.request_matcher.verbs)
        yield from _of_match(route.request_matcher, match)
    elif any(snake_case(key) == "max_request_bytes" for key in route.extensions):
        problem = "does not hold for events in structured mode, which are read before their route is known"
        yield warning("extensions.max_request_bytes", problem, "of those, 1 MiB is taken; see docs/events.md")
    if isinstance(action, Forward):
        if action.prefix_rewrite == "":
            yield warning("prefix_rewrite", "an empty text rewrites nothing", "leave it out, or write /")
        yield from _of_hashes(action, balancer)
    if isinstance(action, Redirect) and action.prefix is not None and match.path.kind == "regex":
        problem = "takes the place of the whole path, for path_regex matches no prefix"
        yield warning("extensions.redirect.prefix", problem, "say redirect.path, or match by path_prefix")


def unread(route: Route, plugins: Plugins, read: Sequence[Collection[str]]) -> Iterator[Problem]:
    """Yield those extensions of *route* that are a function's, where it goes to none that reads them.

    Args:
        read: the keys that each of its destinations reads.
    """
    for key in route.extensions:
        name = key if key in plugins.extension_keys else snake_case(key)
        others = [index for index, keys in enumerate(read) if name not in keys]
        if plugins.extension_keys.get(name, plugins) is not None or (read and not others):
            continue
        field = format_path(("extensions", key))
        if len(others) == len(read):
            yield warning(field, "has no effect: the route goes to no function that reads it", "name a function")
        elif name == "response_template":  # parameters may well be for one of the functions alone
            problem = f"has no effect on answers of multiple_destinations[{others[0]}]: no function there reads it"
            yield warning(field, problem, "name a REST function there, or give each destination a route")


def _of_match(matcher: RequestMatcher, match: RouteMatch) -> Iterator[Problem]:
    """Yield what no request has when Envoy compares it."""
    if matcher.path_regex is not None and (never := unsent_path(matcher.path_regex)):
        yield warning("request_matcher.path_regex", never, "write it for a path without its query")
    for each in match.query:
        if never := unsent_query(each):
            field = f"request_matcher.{format_path(('query_params', each.name))}"
            yield warning(field, never, "write it as it comes, e.g. a%20b")
    for each in match.cookies:
        if each.kind != "regex" and ";" in each.value:
            field = f"request_matcher.{format_path(('cookies', each.name))}"
            yield warning(field, f"{each.value!r} is never sent: a semicolon ends a cookie", "leave it out")


def _of_verbs(verbs: tuple[str, ...]) -> Iterator[Problem]:
    for index, verb in enumerate(verbs):
        if verb.upper() not in METHODS:
            hint = "leave verbs out to take all methods" if verb == "*" else nearest(verb.upper(), sorted(METHODS))
            problem = f"over HTTP/1.1 Envoy answers requests with the method {verb!r} by itself, with 400"
            yield warning(f"request_matcher.verbs[{index}]", problem, hint)


def _of_hashes(action: Forward, balancer: Callable[[str], str]) -> Iterator[Problem]:
    ways = {target.cluster: balancer(target.cluster) for target in action.targets}
    if action.hash_policies and not any(way in _HASHING for way in ways.values()):
        others = ", ".join(f"{name} by {way}" for name, way in ways.items())
        hint = "write load_balancer: {type: ring_hash} on the upstream, or leave it out"
        yield warning("extensions.hash_policy", f"has no effect: no destination balances by a hash ({others})", hint)


def unhashed(actions: Sequence[tuple[str, Action]], balancer: Callable[[str], str]) -> Iterator[Problem]:
    """Yield the places of routes to upstreams that balance by a hash where no route at all says what to hash."""
    forwards = [(at, action) for at, action in actions if isinstance(action, Forward)]
    told = {target.cluster for _, action in forwards if action.hash_policies for target in action.targets}
    for at, action in forwards:
        for target in action.targets:
            if target.cluster not in told and (way := balancer(target.cluster)) in _HASHING:
                told.add(target.cluster)
                problem = f"{target.cluster} balances by {way}, and without a hash policy it chooses hosts at random"
                yield warning(at, problem, "write extensions.hash_policy")


def warning(field: str, problem: str, hint: str) -> Problem:
    """Return a warning about *field* of a route."""
    return Problem(field=field, problem=problem, hint=hint, warning=True)
