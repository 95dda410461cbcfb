"""The filter that sets the headers of a function natively, behind the one that runs its program."""

from collections.abc import Iterator, Sequence

from envoy.config.common.mutation_rules.v3 import mutation_rules_pb2
from envoy.config.core.v3 import base_pb2
from envoy.extensions.filters.http.header_mutation.v3 import header_mutation_pb2

from gloo.envoy.endpoint import HOST_NAMESPACE
from gloo.envoy.message import Message, TypedConfig, typed
from gloo.envoy.route import HeaderChange
from gloo.envoy.stage import HttpFilter, Stage

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
