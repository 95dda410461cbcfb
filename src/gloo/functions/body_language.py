"""Tell what language a body template is written in, and place its expressions accordingly."""

import re
from typing import Any

from gloo.errors import TemplateError
from gloo.functions.context import Language, Plain, placed
from gloo.functions.form_language import Form
from gloo.functions.html_language import Html
from gloo.functions.json_language import Json, JsonLines
from gloo.functions.source import Source
from gloo.functions.tree import (
    Arithmetic,
    Block,
    Call,
    Choice,
    Comparison,
    Concatenation,
    Expression,
    For,
    If,
    Literal,
    Logic,
    Not,
    Output,
    Text,
    raw_marks,
    statements,
)
from gloo.functions.xml_language import Xml
from gloo.functions.xml_tags import XmlTags, vague
from gloo.model.base import Value, replace

_GUESSED: tuple[tuple[tuple[str, ...], Language[Any], str], ...] = (
    (("{", "[", '"'), Json(), "application/json"),
    (("<",), Xml(), "application/xml"),
)
"""What a text starts with, its language, and its media type."""

_TYPES: tuple[tuple[re.Pattern[str], Language[Any]], ...] = (
    (re.compile(r"[^/]+/(?:x-)?json|.+\+json|application/(?:x-amz-json-[0-9.]+|json-rpc|jsonrequest)"), Json()),
    (re.compile(r"[^/]+/(?:x-)?(?:ndjson|jsonl|jsonlines|json-lines)"), JsonLines()),
    (re.compile(r"application/x-www-form-urlencoded"), Form()),
    (re.compile(r"text/html"), Html()),
    (re.compile(r"[^/]+/xml|.+\+xml"), Xml()),
)
"""Media types and their languages; any other is plain text."""

_CHECKS = {Json.name: "gloo.check_json", JsonLines.name: "gloo.check_json_lines"}
"""The functions of the runtime that look at a body of which some requests may make no JSON."""

_HARMLESS = frozenset(("base64_encode", "base64url_encode", "int", "length", "sha256", "url_encode", "uuid"))
"""Functions whose texts hold nothing that ends a string or a tag."""

_HARMLESS_IN_FORMS = _HARMLESS - {"base64_encode"}
"""Those whose texts hold nothing that ends a field, and no plus, which is a blank there."""

_FORM_START = re.compile(r"[\w.\[\]-]+=")
_FORM_FIELD = re.compile(r"&[\w.\[\]-]+=")
"""What the literal texts of a form hold: a first field and another one."""


class PlacedBody(Value, frozen=True):
    """A body with its expressions placed.

    Args:
        media_type: of its language, when the template did not set one; empty for plain text.
        doubt: for JSON, the offset where some requests may break it; None if none can.
        check: the function of the runtime that checks a body that is in doubt.
        warning: what should be known of its language.
    """

    block: Block
    media_type: str = ""
    doubt: int | None = None
    check: str = ""
    warning: TemplateError | None = None


def place_body(block: Block, content_type: str | None, source: Source) -> PlacedBody:
    """Place the expressions of a body.

    Its language is that of its *content_type*. If the template sets none (None) or one that is known at run time only
    (""), a text that starts with a brace, a bracket or a quote is JSON, one that starts with ``<`` is XML. So a JSON
    body with a slip in it is an error and never a plain text without escaping; a plain text that starts so must set its
    content type. If it does, and there are values in it, that is a warning; so is a form that sets none.
    """
    guess = _guess(block)
    if content_type:
        language = _language_of(content_type)
        found = _placed(block, language, source)
        if guess is None or not isinstance(language, Plain):
            return found
        return replace(found, warning=_unlike(content_type, *guess, block=block, source=source))
    if guess is None:
        found = _placed(block, Plain(), source)
        warning = _unknown(block, source) if content_type is not None else _unmarked_form(block, source)
        return replace(found, warning=warning)
    return _guessed(block, *guess, source=source, computed=content_type is not None)


def _guess(block: Block) -> tuple[Language[Any], str] | None:
    """Return the language that a text starts like, whichever branch a request takes, with its media type."""
    first = next((text for s in statements(block) if isinstance(s, Text) and (text := s.text.strip())), "")
    for text in (first, *_starts(block).texts):
        for starts, language, media_type in _GUESSED:
            if text.startswith(starts):
                return language, media_type
    return None


class _Starts(Value, frozen=True):
    """The literal texts that a block may start with; *empty* if it may come out as nothing, so that more may follow."""

    texts: tuple[str, ...]
    empty: bool


def _starts(block: Block) -> _Starts:
    texts: list[str] = []
    for statement in block:
        match statement:
            case Text(text) if text.strip():
                return _Starts((*texts, text.lstrip()), empty=False)
            case Output():
                return _Starts(tuple(texts), empty=False)
            case If(branches, otherwise):
                found = [_starts(inner) for inner in (*(branch.block for branch in branches), otherwise)]
            case For(block=inner, otherwise=otherwise):
                found = [_starts(inner), _starts(otherwise)]
            case _:
                continue
        texts += (text for each in found for text in each.texts)
        if not any(each.empty for each in found):
            return _Starts(tuple(texts), empty=False)
    return _Starts(tuple(texts), empty=True)


def _guessed(block: Block, language: Language[Any], media_type: str, *, source: Source, computed: bool) -> PlacedBody:
    try:
        return replace(_placed(block, language, source), media_type="" if computed else media_type)
    except TemplateError as error:
        hint = f"for another language than {language.name} set the header content-type"
        if computed:
            hint = f"for another language than {language.name} let content-type be the same for all requests"
        raise error.changed(hint=error.hint or hint) from error


def _unlike(
    content_type: str, language: Language[Any], media_type: str, *, block: Block, source: Source
) -> TemplateError | None:
    """Return a warning of a text that starts like *language* and is not of it, at the first value that is at risk."""
    harmless = _HARMLESS | ({"json"} if isinstance(language, Json) else set())
    problem = f"this body starts like {language.name}, but as {content_type} its values are not escaped for it"
    return _at_risk(block, harmless, source, problem, f"for {language.name} set content-type: {media_type}")


def _unknown(block: Block, source: Source) -> TemplateError | None:
    """Return a warning of a text whose media type is made at run time, at its first value that is not escaped."""
    problem = "the media type is made for each request, and values are not escaped for one that is not known"
    return _at_risk(block, _HARMLESS, source, problem, "let all before the semicolon of content-type be text")


def _unmarked_form(block: Block, source: Source) -> TemplateError | None:
    """Return a warning of a text that looks like a form without saying so, at its first value that is at risk."""
    texts = [statement.text for statement in statements(block) if isinstance(statement, Text)]
    if not (texts and _FORM_START.match(texts[0].lstrip()) and any(map(_FORM_FIELD.search, texts))):
        return None
    problem = "this body looks like a form, but says not that it is one, so its values are not escaped for it"
    return _at_risk(block, _HARMLESS_IN_FORMS, source, problem, "set content-type: application/x-www-form-urlencoded")


def _at_risk(block: Block, harmless: frozenset[str], source: Source, problem: str, hint: str) -> TemplateError | None:
    """Return the *problem* at the first value that is not made by *harmless* functions; None if all are."""
    for statement in statements(block):
        if isinstance(statement, Output) and not _is_harmless(statement.expression, harmless):
            return source.error(statement.at, problem, hint)
    return None


def _is_harmless(expression: Expression, functions: frozenset[str]) -> bool:
    """Tell whether *expression* is the configuration's own, a number, or all made by *functions*."""
    match expression:
        case Literal() | Not() | Logic() | Comparison() | Arithmetic():
            return True
        case Choice(_, then, otherwise):
            return _is_harmless(then, functions) and _is_harmless(otherwise, functions)
        case Call("default", parts) | Concatenation(parts):
            return all(_is_harmless(part, functions) for part in parts)
    return isinstance(expression, Call) and expression.function in functions


def _placed(block: Block, language: Language[Any], source: Source) -> PlacedBody:
    check = _CHECKS.get(language.name, "")
    found = placed(block, language, source, checked=bool(check))
    warning = _unclosed(block, source) if isinstance(language, Xml) else None
    return PlacedBody(found.block, doubt=found.doubt if check else None, check=check, warning=warning)


def _unclosed(block: Block, source: Source) -> TemplateError | None:
    """Return a warning of XML whose elements are not closed whatever branches a request takes."""
    if next(raw_marks(block), None) is not None:  # such a value may open and close elements
        return None
    try:
        placed(block, XmlTags(), source, checked=True, vague=vague)
    except TemplateError as error:
        return error
    return None


def _language_of(content_type: str) -> Language[Any]:
    media_type = content_type.partition(";")[0].strip().lower()
    return next((language for pattern, language in _TYPES if pattern.fullmatch(media_type)), Plain())
