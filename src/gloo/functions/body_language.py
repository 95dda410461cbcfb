"""Tell what language a body template is written in, and place its expressions accordingly."""

from dataclasses import dataclass

from gloo.errors import TemplateError
from gloo.functions.context import Plain, place
from gloo.functions.json_language import Json
from gloo.functions.source import Source
from gloo.functions.tree import Block, Text, statements


@dataclass(frozen=True, slots=True)
class PlacedBody:
    block: Block
    is_json: bool


def place_body(block: Block, content_type: str | None, source: Source) -> PlacedBody:
    """Place the expressions of a body.

    Its language is that of its *content_type*. If the template sets none (None) or one that is known at run time only
    (""), a text that starts with a brace, a bracket or a quote is JSON. So a JSON body with a slip in it is an error
    and never a plain text without escaping; a plain text that starts so must set its content type.
    """
    if content_type:
        return PlacedBody(place(block, Json(), source), True) if _is_json(content_type) else _plain(block, source)
    start = next((text for s in statements(block) if isinstance(s, Text) and (text := s.text.strip())), "")
    if not start.startswith(("{", "[", '"')):
        return _plain(block, source)
    try:
        return PlacedBody(place(block, Json(), source), True)
    except TemplateError as error:
        if start.startswith('"'):
            return _plain(block, source)
        hint = "for another language than JSON set the header content-type"
        raise TemplateError(error.field, error.problem, hint, line=error.line, column=error.column) from error


def _plain(block: Block, source: Source) -> PlacedBody:
    return PlacedBody(place(block, Plain(), source), False)


def _is_json(content_type: str) -> bool:
    media_type = content_type.partition(";")[0].strip().lower()
    return media_type == "application/json" or media_type.endswith("+json")
