"""Calls that Envoy makes without a program: the route for them stands before the one that takes all requests.

It has conditions on the path and on headers, rewrites the path by a regular expression, and sets headers. The upstream
does not learn the path that the client asked for: a filter of its cluster takes away what the router tells it.
"""

from collections.abc import Sequence

from envoy.config.common.mutation_rules.v3 import mutation_rules_pb2
from envoy.extensions.filters.http.header_mutation.v3 import header_mutation_pb2
from envoy.extensions.filters.http.header_to_metadata.v3 import header_to_metadata_pb2

from gloo.envoy.jwt import JWT_FILTER
from gloo.envoy.message import TypedConfig, typed
from gloo.envoy.route import Forward, Route
from gloo.envoy.stage import HttpFilter, Stage
from gloo.model.base import replace

PATH_VALUES = "gloo.filters.http.path_values"
"""A filter that notes parts of the path for headers; it stands before the one that sets them."""

ORIGINAL_PATH = "gloo.upstream.original_path"
"""A filter of clusters. Where a route says so, it removes the header in which the router tells the client's path."""

TOLD = "x-envoy-original-path"
"""The header that the router writes, and that filter removes: what sets it itself has no plain route."""


def path_values_filter() -> HttpFilter:
    """Return the filter that notes parts of the path."""
    return HttpFilter(PATH_VALUES, Stage.TRANSFORMATION, typed(header_to_metadata_pb2.Config()))


def path_values(pattern: str, groups: Sequence[int], namespace: str) -> TypedConfig:
    """Return the route's part: *groups* of the path, which matches *pattern*, by their numbers in *namespace*."""
    config = header_to_metadata_pb2.Config()
    for group in groups:
        rule = config.request_rules.add(header=":path").on_header_present
        rule.metadata_namespace, rule.key = namespace, str(group)
        rule.regex_value_rewrite.pattern.regex = pattern
        rule.regex_value_rewrite.substitution = f"\\{group}"
    return typed(config)


def original_path_filter() -> tuple[str, TypedConfig]:
    """Return the filter of a cluster; it does nothing by itself."""
    return ORIGINAL_PATH, typed(header_mutation_pb2.HeaderMutation())


def _without_original_path() -> tuple[str, TypedConfig]:
    config = header_mutation_pb2.HeaderMutationPerRoute()
    config.mutations.request_mutations.append(mutation_rules_pb2.HeaderMutation(remove=TOLD))
    return ORIGINAL_PATH, typed(config)


def plain_route(route: Route) -> Route | None:
    """Return the route for the requests of *route* that need no program, or None if there are none.

    There are none where the route itself needs the path that a program makes, or changes it, and where tokens are
    verified if a header must be there: that filter may take it away, or write a claim into it.
    """
    action = route.action
    if not isinstance(action, Forward) or len(action.targets) > 1 or (plain := action.targets[0].plain) is None:
        return None
    if route.later or (plain.asked and any(name == JWT_FILTER for name, _ in route.filters)):
        return None
    filters = plain.filters
    if plain.rewrite is not None or plain.made:
        if _needs_path(route, action):
            return None
        filters = (*filters, _without_original_path())
        action = replace(action, regex_rewrite=plain.rewrite, path_format=plain.made)
    target = replace(action.targets[0], filters=filters, plain=None)
    match = replace(route.match, headers=(*route.match.headers, *plain.conditions))
    return replace(route, match=match, action=replace(action, targets=(target,)))


def _needs_path(route: Route, action: Forward) -> bool:
    """Tell whether *route* reads the path that a program makes, or changes it, or what the router tells of it."""
    if action.prefix_rewrite is not None or action.regex_rewrite or action.mirror or action.hash_policies:
        return True
    changes = (*route.request_headers, *action.targets[0].request_headers)
    if any(change.format or change.name.lower() == TOLD for change in changes):
        return True
    return any(change.format and TOLD in change.value.lower() for change in route.response_headers)
