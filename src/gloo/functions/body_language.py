"""Tell what language a body template is written in, and place its expressions accordingly."""

from typing import Any

from gloo.errors import TemplateError
from gloo.functions.context import Language, Plain, placed
from gloo.functions.form_language import Form
from gloo.functions.json_language import Json
from gloo.functions.source import Source
from gloo.functions.tree import Block, Text, statements
from gloo.functions.xml_language import Xml
from gloo.model.base import Value

_GUESSED: tuple[tuple[tuple[str, ...], Language[Any], str], ...] = (
    (("{", "[", '"'), Json(), "application/json"),
    (("<",), Xml(), "application/xml"),
)
"""What a text starts with, its language, and its media type."""


class PlacedBody(Value, frozen=True):
    """A body with its expressions placed.

    Args:
        media_type: of its language, when the template did not set one; empty for plain text.
        doubt: for JSON, the offset where some requests may break it; None if none can.
    """

    block: Block
    media_type: str = ""
    doubt: int | None = None


def place_body(block: Block, content_type: str | None, source: Source) -> PlacedBody:
    """Place the expressions of a body.

    Its language is that of its *content_type*. If the template sets none (None) or one that is known at run time only
    (""), a text that starts with a brace, a bracket or a quote is JSON, one that starts with ``<`` is XML. So a JSON
    body with a slip in it is an error and never a plain text without escaping; a plain text that starts so must set its
    content type.
    """
    if content_type:
        return _placed(block, _language_of(content_type), source)
    start = next((text for s in statements(block) if isinstance(s, Text) and (text := s.text.strip())), "")
    for starts, language, media_type in _GUESSED:
        if start.startswith(starts):
            return _guessed(
                block,
                language,
                source,
                may_be_plain=start.startswith('"'),
                media_type=media_type if content_type is None else "",
            )
    return _placed(block, Plain(), source)


def _guessed(
    block: Block, language: Language[Any], source: Source, *, may_be_plain: bool, media_type: str
) -> PlacedBody:
    try:
        return _placed(block, language, source, media_type)
    except TemplateError as error:
        if may_be_plain:
            return _placed(block, Plain(), source)
        hint = f"for another language than {language.name} set the header content-type"
        raise TemplateError(error.field, error.problem, hint, line=error.line, column=error.column) from error


def _placed(block: Block, language: Language[Any], source: Source, media_type: str = "") -> PlacedBody:
    found = placed(block, language, source)
    return PlacedBody(found.block, media_type, found.doubt if isinstance(language, Json) else None)


def _language_of(content_type: str) -> Language[Any]:
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type == "application/json" or media_type.endswith("+json"):
        return Json()
    if media_type == "application/x-www-form-urlencoded":
        return Form()
    if media_type in ("application/xml", "text/xml", "text/html") or media_type.endswith("+xml"):
        return Xml()
    return Plain()
