"""Refuse parameters that no message can match, whatever a client sends: a function would fail for all of them."""

import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote, unquote

from gloo.functions.names import Message
from gloo.functions.parameters import VARIABLE, Parameter, check_name, parse_pattern
from gloo.functions.regex import may_start
from gloo.functions.regex_tree import read_regex
from gloo.functions.source import Source
from gloo.model.base import Value
from gloo.model.http_name import is_token

_PSEUDO = {"request": (":authority", ":method", ":path", ":scheme"), "response": (":status",)}
_PATHS = (("path", ""), ("header", ":path"))
_NO_COOKIE_NAME = re.compile(r"[\x00-\x1f\x7f;=]|^[ ]|[ ]$")
_NO_HEADER_TEXT = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_NO_COOKIE_TEXT = re.compile(r"[\x00-\x08\x0a-\x1f\x7f;]")
_NO_TARGET_TEXT = re.compile(r"[^!-~]|#")
_NO_PATH_TEXT = re.compile(r'[^!-~]|["#<>\\^`|]')
_NO_AUTHORITY_TEXT = re.compile(r"[^!-~]|[/?#]")
_UNRESERVED = re.compile(r"%(?:2[DdEe]|3[0-9]|[46][1-9A-Fa-f]|[57][0-9Aa]|5[Ff]|7[Ee])")
_DOTS = re.compile(r"/\.\.?(?=[/?]|$)")


class _Piece(Value, frozen=True):
    """Literal text of a pattern, the offset where it stands, and whether it starts and ends the pattern."""

    text: str
    at: int
    first: bool
    last: bool


def check_matchable(parameters: Iterable[Parameter], message: Message = "request") -> None:
    """Raise `TemplateError` for the first of *parameters* that can't have a value in any *message*."""
    for parameter in parameters:
        _check_name(parameter, message)
        _check_regex(parameter)
        if parameter.extractor is None and parse_pattern(parameter) is not None:
            source = Source.of(parameter.field, parameter.pattern)
            for piece in _pieces(source.text):
                _check_piece(parameter, piece, source)


def _check_name(parameter: Parameter, message: Message) -> None:
    name, field = parameter.key, f"parameters.{parameter.source}"
    source = Source.of(field if parameter.extractor is None else parameter.field, name)
    match parameter.source:
        case "header" if name and name.lower() not in _PSEUDO[message] and not is_token(name):
            raise source.error(0, f"no {message} has a header {name!r}", "names consist of letters, digits and dashes")
        case "cookie" if _NO_COOKIE_NAME.search(name):
            raise source.error(0, f"no cookie can be called {name!r}")
        case "body" if name and parameter.extractor is None:
            check_name(source, name, at=0)


def _check_regex(parameter: Parameter) -> None:
    """Refuse a regex for a part of the path: it must match the whole."""
    extractor = parameter.extractor
    if extractor is None or extractor.mode != "extract" or (parameter.source, parameter.key) not in _PATHS:
        return
    source = Source.of(f"{extractor.field}.regex", extractor.regex)
    if not may_start(read_regex(source)[0], ord("/")):
        problem = "it must match the whole path, which starts with '/', so this never matches"
        raise source.error(0, problem, f"e.g. /.*({source.text}) with subgroup: 1")


def _pieces(pattern: str) -> Iterator[_Piece]:
    at = 0
    for found in VARIABLE.finditer(pattern):
        yield _Piece(pattern[at : found.start()], at, first=at == 0, last=False)
        at = found.end()
    yield _Piece(pattern[at:], at, first=False, last=True)


def _check_piece(parameter: Parameter, piece: _Piece, source: Source) -> None:
    match parameter.source:
        case "path":
            _check_path(piece, source)
        case "authority":
            _check_text(piece.text, piece.at, _NO_AUTHORITY_TEXT, source)
        case "header":
            _check_text(piece.text, piece.at, _NO_HEADER_TEXT, source)
            _check_blanks(piece, source)
        case "cookie":
            _check_text(piece.text, piece.at, _NO_COOKIE_TEXT, source)


def _check_text(text: str, at: int, never: re.Pattern[str], source: Source) -> None:
    found = never.search(text)
    if found is not None:
        raise source.error(at + found.start(), f"{found.group()!r} can't stand there, so this never matches")


def _check_blanks(piece: _Piece, source: Source) -> None:
    """Refuse blanks where Envoy strips them: around a header's value."""
    if piece.first and piece.text[:1] in (" ", "\t"):
        raise source.error(0, "a header's value starts with no blank, so this never matches")
    if piece.last and piece.text[-1:] in (" ", "\t"):
        raise source.error(len(source.text) - 1, "a header's value ends with no blank, so this never matches")


def _check_path(piece: _Piece, source: Source) -> None:
    """Refuse what Envoy's paths have not: dot segments, and escapes of what needs none."""
    if piece.first and not piece.text.startswith("/"):
        raise source.error(0, "a path starts with '/', so this never matches", f"/{source.text}")
    in_query = "?" in source.text[: piece.at]
    path, mark, query = ("", "", piece.text) if in_query else piece.text.partition("?")
    _check_escapes(path, piece.at, _NO_PATH_TEXT, source)
    _check_escapes(query, piece.at + len(path + mark), _NO_TARGET_TEXT, source)
    escape = _UNRESERVED.search(path)
    if escape is not None:
        problem = f"the gateway decodes {escape.group()!r} in a path, so this never matches"
        raise source.error(piece.at + escape.start(), problem, f"write {unquote(escape.group())}")
    dots = _DOTS.search(path)
    if dots is not None and (mark or piece.last or dots.end() < len(path)):
        problem = f"{dots.group()!r} is resolved before a path is matched, so this never matches"
        raise source.error(piece.at + dots.start(), problem)


def _check_escapes(text: str, at: int, never: re.Pattern[str], source: Source) -> None:
    found = never.search(text)
    if found is not None:
        problem = f"a path has no {found.group()!r} in it, so this never matches"
        raise source.error(at + found.start(), problem, f"clients send {quote(found.group())}")
