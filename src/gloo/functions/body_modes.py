"""Bodies that are made without a template of their own: values put into the JSON that came, or all of it wrapped."""

from collections.abc import Iterable, Iterator
from typing import Literal

from gloo.errors import TemplateError
from gloo.functions import lua
from gloo.functions.context import placed
from gloo.functions.json_language import OptionalJson
from gloo.functions.message import MessageWriter, Part, typed
from gloo.functions.source import Source
from gloo.functions.template import parse
from gloo.model.base import Value

Whole = Literal["", "merge_parameters", "wrap", "wrap_request"]


class BodyMode(Value, frozen=True):
    """How a new body comes about.

    Args:
        whole: ``merge_parameters``: the JSON of the request with the parameters among its fields; ``wrap``: an object
            of headers and body; ``wrap_request``: the same with method, path and query.
        keys: fields to set in the JSON of the request, each a template of a JSON value; one that comes out empty leaves
            its field as it is.
    """

    whole: Whole = ""
    keys: tuple[tuple[str, str], ...] = ()


TEMPLATE = BodyMode()
"""The body is that of a template, or is left as it is."""


def write_mode(mode: BodyMode, writer: MessageWriter, headers: Iterable[tuple[str, str]]) -> Iterator[Part]:
    """Write the body that *mode* makes, as JSON unless *headers* set a content type; raise `TemplateError` if it can't.

    There are JSON types that must be named, such as that of a merge patch.
    """
    of_type = "" if any(name.lower() == "content-type" for name, _ in headers) else typed("application/json")
    if mode.whole in ("wrap", "wrap_request"):
        writer.names.reads_text = True
        source = Source.of("header_body_transform", "")
        sites = [writer.sites.number(name, source, 0) for name in ("headers", "body")]
        wrapped = lua.call("gloo.wrapped", "headers", "text", lua.boolean(mode.whole == "wrap_request"), *sites)
        yield Part((f"local body = {wrapped}",), of_type)
    elif mode.whole or mode.keys:
        if not writer.names.body_fields:
            raise TemplateError("parse_body", "the body must be read to be merged", "json or form")
        yield Part((*_merged(mode, writer),), of_type)


def _merged(mode: BodyMode, writer: MessageWriter) -> Iterator[str]:
    source = Source.of("merge_extractors_to_body" if mode.whole else "merge_json_keys", "")
    site = writer.sites.number("body", source, 0)
    yield "gloo.check_mergeable(fields, text)"
    yield f"local merged = {_base(mode, writer)}"
    if mode.keys:
        yield "merged = gloo.copied(merged)"
    for index, (key, text) in enumerate(mode.keys, 1):
        yield from _key(f"k{index}", key, text, writer)
    yield f"local body = gloo.json_value(merged, {site})"


def _base(mode: BodyMode, writer: MessageWriter) -> str:
    if mode.whole:
        return writer.names.everything(typed=True)
    writer.names.reads_body = True
    return "fields"


def _key(variable: str, key: str, text: str, writer: MessageWriter) -> Iterator[str]:
    source = Source.of(f"merge_json_keys.{key}", text, pointers=writer.names.known.pointers)
    found = placed(parse(source), OptionalJson(), source, checked=True)
    yield from writer.rendered(variable, found.block, source)
    if found.doubt is not None:
        yield f'if {variable} ~= "" then {writer.checked(variable, source, found.doubt)} end'
    yield lua.call("gloo.put_json", "merged", lua.quoted(key), variable)
