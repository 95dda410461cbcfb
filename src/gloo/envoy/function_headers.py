"""The headers of a function that Envoy sets: by the route itself where that comes to the same, else by a filter.

The filter stands behind the one that runs the function's program. Of the two, the route's own header fields cost less
(docs/decisions/0002-lowering.md).
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from envoy.config.common.mutation_rules.v3 import mutation_rules_pb2
from envoy.config.core.v3 import base_pb2
from envoy.extensions.filters.http.header_mutation.v3 import header_mutation_pb2

from gloo.envoy.endpoint import HOST_NAMESPACE
from gloo.envoy.message import Message, TypedConfig, typed
from gloo.envoy.route import Forward, HeaderChange, Route, Target
from gloo.envoy.stage import HttpFilter, Stage
from gloo.model.base import replace

_MARK = re.compile(rf"%UPSTREAM_METADATA\({re.escape(HOST_NAMESPACE)}:(.*)\)%")
FUNCTION_HEADERS = "gloo.function_headers"
"""Its name, which sorts behind that of the Lua filter: filters of a stage stand by name."""


def function_headers_filter() -> HttpFilter:
    """Return the filter."""
    return HttpFilter(FUNCTION_HEADERS, Stage.TRANSFORMATION, typed(header_mutation_pb2.HeaderMutation()))


def function_headers(changes: Sequence[HeaderChange], marks: Sequence[str] = ()) -> TypedConfig:
    """Return the route's part: *changes* all set a header, or remove it if their value comes out empty.

    Args:
        marks: which marks of the host that answered go into headers of the answer, ``x-gloo-host-1`` and so on. The
            Lua filter, which sees the answer after this one, takes them out again.
    """
    config = header_mutation_pb2.HeaderMutationPerRoute()
    config.mutations.request_mutations.extend(mutation for change in changes for mutation in _mutations(change))
    for index, mark in enumerate(marks, 1):
        change = HeaderChange(f"x-gloo-host-{index}", f"%UPSTREAM_METADATA({HOST_NAMESPACE}:{mark})%", format=True)
        config.mutations.response_mutations.extend(_mutations(change))
    return typed(config)


def _mutations(change: HeaderChange) -> Iterator[Message]:
    if change.format or not change.value:
        yield mutation_rules_pb2.HeaderMutation(remove=change.name)
    if change.value:
        value = change.value if change.format else change.value.replace("%", "%%")
        overwrite = base_pb2.HeaderValueOption.OVERWRITE_IF_EXISTS_OR_ADD
        option = base_pb2.HeaderValueOption(
            header=base_pb2.HeaderValue(key=change.name, value=value), append_action=overwrite
        )
        yield mutation_rules_pb2.HeaderMutation(append=option)


def read_function_headers(config: TypedConfig) -> tuple[HeaderChange, ...]:
    """Return the changes in a route's part of the filter, their values as formats."""
    message = header_mutation_pb2.HeaderMutationPerRoute.FromString(config.value)
    found: dict[str, str] = {}
    for mutation in message.mutations.request_mutations:
        if mutation.WhichOneof("action") == "append":
            found[mutation.append.header.key] = mutation.append.header.value
        else:
            found[mutation.remove] = ""
    return tuple(HeaderChange(name, value, format=True) for name, value in found.items())


def read_host_marks(config: TypedConfig) -> Mapping[str, str]:
    """Return the headers of the answer that get a mark of the host, by a route's part of the filter."""
    message = header_mutation_pb2.HeaderMutationPerRoute.FromString(config.value)
    headers = (mutation.append.header for mutation in message.mutations.response_mutations)
    formats = ((header.key, _MARK.fullmatch(header.value)) for header in headers)
    return {key: found[1] for key, found in formats if found is not None}


def by_the_route(route: Route) -> tuple[Route, Sequence[Message]]:
    """Return *route* without what it says to the filter, and that, if its own fields do the same for every request.

    They do where nothing else changes the headers of the request, and nothing reads them between the filter and the
    router, which applies the fields when it has chosen the host.
    """
    action = route.action
    if not isinstance(action, Forward) or len(action.targets) > 1 or not action.targets[0].filters:
        return route, ()
    target = action.targets[0]
    config = dict(target.filters).get(FUNCTION_HEADERS)
    if config is None or _others_matter(route, action, target):
        return route, ()
    mutations = header_mutation_pb2.HeaderMutationPerRoute.FromString(config.value).mutations
    if mutations.response_mutations or any(map(_is_read_earlier, mutations.request_mutations)):
        return route, ()
    others = tuple(pair for pair in target.filters if pair[0] != FUNCTION_HEADERS)
    bare = replace(route, action=replace(action, targets=(replace(target, filters=others),)))
    return bare, mutations.request_mutations


def _others_matter(route: Route, action: Forward, target: Target) -> bool:
    """Tell whether something else changes headers of the request, or reads them before the router changes them."""
    changed = route.request_headers or route.request_headers_removed or target.request_headers
    return bool(changed or action.hash_policies or action.mirror or route.later)


def _is_read_earlier(mutation: Message) -> bool:
    """Tell whether the router itself obeys the header, which it reads before it changes any."""
    name: str = mutation.append.header.key or mutation.remove
    return name.startswith("x-envoy-") or name == "grpc-timeout"


def set_by_the_route(message: Message, mutations: Sequence[Message]) -> None:
    """Write *mutations*, as `by_the_route` returns them, into an `envoy.config.route.v3.Route`."""
    for mutation in mutations:
        if mutation.WhichOneof("action") == "append":
            message.request_headers_to_add.append(mutation.append)
        else:
            message.request_headers_to_remove.append(mutation.remove)
