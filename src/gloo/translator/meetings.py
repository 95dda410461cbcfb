"""What is no error in a route, but has another effect than it seems where two features meet."""

import re
from collections.abc import Collection, Iterator

from gloo.envoy.function_headers import FUNCTION_HEADERS, read_function_headers
from gloo.envoy.route import Forward, HeaderChange, Route, Target
from gloo.envoy.route_policy import HashPolicy
from gloo.model.path import format_path
from gloo.model.route import Route as ModelRoute
from gloo.model.status import Problem
from gloo.translator.route_warnings import warning


def meetings(written: ModelRoute, route: Route, claimed: Collection[str] = ()) -> Iterator[Problem]:
    """Yield what a user should know of *written*, which became *route*.

    Args:
        claimed: headers that the virtual service takes from tokens, in lower case.
    """
    if claimed and written.request_matcher is not None:
        for name in written.request_matcher.headers:
            if name.lower() in claimed:
                problem = "the route is chosen before a token is looked at: what counts is what the client itself sends"
                yield warning(f"request_matcher.{format_path(('headers', name))}", problem, "match by something else")
    if isinstance(route.action, Forward):
        yield from _of_paths(route.action)
        if route.action.hash_policies:
            yield from _of_hashes(route, route.action)
        host = route.action.host
        if host is not None and host.kind == "header" and host.value.lower() in route.request_headers_removed:
            problem = f"has no effect: the route removes {host.value} before"
            yield warning("extensions.host_rewrite.from_header", problem, "leave it in; the upstream may see it")


def _of_paths(action: Forward) -> Iterator[Problem]:
    if any(target.made_path is not None for target in action.targets):
        for field, rewrites in (
            ("prefix_rewrite", bool(action.prefix_rewrite)),
            ("extensions.regex_rewrite", action.regex_rewrite is not None),
        ):
            if rewrites:
                problem = "a function makes the path, so that this rewrites its path and not the client's"
                yield warning(field, problem, "say in the function's path what the upstream is to get")


def _of_hashes(route: Route, action: Forward) -> Iterator[Problem]:
    """Yield policies that find nothing of the client's: they are asked when all else has changed the request."""
    fixed = {change.name.lower() for change in _set(route, action) if not (change.format and "%" in change.value)}
    for policy in action.hash_policies:
        if policy.kind == "header" and (problem := _lost(policy, route, fixed)):
            yield warning("extensions.hash_policy", problem, "hash what the client sends and the route leaves")
        if policy.kind == "query" and not all(_passes_on(target, policy.name) for target in action.targets):
            problem = f"the query {policy.name!r} is looked for in the path that the function makes, which has none"
            yield warning("extensions.hash_policy", problem, "hash a header or a cookie")
        if policy.kind == "cookie" and policy.ttl is not None and route.later:
            problem = f"clients are never given the cookie {policy.name!r}: they don't wait for the call"
            yield warning("extensions.hash_policy", problem, "hash something that they send by themselves")


def _set(route: Route, action: Forward) -> Iterator[HeaderChange]:
    """Yield the headers that Envoy sets for functions and for the route itself."""
    yield from (change for change in route.request_headers if change.action == "set")
    for target in action.targets:
        for name, config in target.filters:
            if name == FUNCTION_HEADERS:
                yield from read_function_headers(config)


def _passes_on(target: Target, query: str) -> bool:
    """Return whether requests to *target* may have the *query*: the function's path, if it makes one, names it."""
    made = target.made_path
    return made is None or re.search(rf"[?&}}]{re.escape(query)}=", made) is not None


def _lost(policy: HashPolicy, route: Route, fixed: Collection[str]) -> str:
    name = policy.name.lower()
    if name in fixed:
        return f"the header {policy.name!r} is the same for all requests: a function or the route sets it"
    if name in route.request_headers_removed:
        return f"the header {policy.name!r} is removed before it is looked for"
    return ""
