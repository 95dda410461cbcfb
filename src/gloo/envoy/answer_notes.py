"""What a request leaves for the program that sees its answer, where Envoy itself makes the request.

It is the text that the program's script would leave (``functions/runtime/entry.lua``), in the same place. It is
written behind all filters that may refuse a request: their answers are none of the function's.
"""

from collections.abc import Sequence

from envoy.config.core.v3 import base_pb2, substitution_format_string_pb2
from envoy.extensions.filters.http.set_filter_state.v3 import set_filter_state_pb2

from gloo.envoy.message import TypedConfig, typed
from gloo.envoy.stage import HttpFilter, Stage

ANSWER_NOTES = "gloo.answer_notes"
"""Its name, which sorts before that of the filter for a function's headers: what is kept is the client's."""

_KEY, _FACTORY = "gloo.function", "envoy.string"


def answer_notes_filter() -> HttpFilter:
    """Return the filter."""
    return HttpFilter(ANSWER_NOTES, Stage.TRANSFORMATION, typed(set_filter_state_pb2.Config()))


def answer_notes(program: str, kept: Sequence[str]) -> TypedConfig:
    """Return the route's part.

    Args:
        program: its id.
        kept: formats of the headers of the request that it asks for.
    """
    text = base_pb2.DataSource(inline_string="\n".join((program, "%REQ(:method)%", *kept)))
    config = set_filter_state_pb2.Config()
    value = config.on_request_headers.add(object_key=_KEY, factory_key=_FACTORY)
    written = substitution_format_string_pb2.SubstitutionFormatString(text_format_source=text, omit_empty_values=True)
    value.format_string.CopyFrom(written)
    return typed(config)
