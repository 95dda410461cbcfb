"""Names as JSON pointers (RFC 6901): ``a/b/0`` is ``a.b[0]``, and in a step ``~1`` is a slash, ``~0`` a tilde.

A slash with a blank at either side divides. A pointer may begin with a slash where a value is due: ``/a/b``.
"""

import re
from collections.abc import Iterable, Iterator

from jinja2.lexer import TOKEN_DIV, TOKEN_DOT, TOKEN_INTEGER, TOKEN_NAME, TOKEN_STRING, Token

POINTER = "pointer"
"""The type of a token whose text is a pointer of several steps."""

_NAME = r"[^\W\d](?:\w|~[01]|-(?=[^\W\d]))*"
_STEP = r"(?:\w|~[01]|-(?=[^\W\d]))+"
POINTER_RULE = re.compile(rf"{_NAME}(?:/{_STEP})+|(?=[\w-]+~[01]){_NAME}")
_INDEX = re.compile("0|[1-9][0-9]{0,14}")
_PLAIN = re.compile(r"[^\W\d][\w-]*")
_ENDS = (TOKEN_NAME, TOKEN_INTEGER, TOKEN_STRING, POINTER, "float", "rparen", "rbracket", "rbrace")
_OPERATORS = ("if", "else", "elif", "in", "and", "or", "not", "is", "set", "for")


def steps(pointer: str) -> tuple[str | int, ...]:
    """Return the steps of *pointer*; a number that is written as one is an index."""
    return tuple(_step(text) for text in pointer.removeprefix("/").split("/"))


def _step(text: str) -> str | int:
    return int(text) if _INDEX.fullmatch(text) else text.replace("~1", "/").replace("~0", "~")


def expanded(tokens: Iterable[Token]) -> Iterator[Token]:
    """Make names, dots and brackets of pointers, and leave out the slash that one begins with."""
    slash: Token | None = None
    before = Token(0, "", "")
    for token in tokens:
        if slash is not None:
            begins = slash.lineno + 1 == token.lineno and token.type in (TOKEN_NAME, POINTER)
            if not begins:
                yield slash
            slash = None
        if token.type == TOKEN_DIV and not _is_operand(before):
            slash = before = token
            continue
        before = token
        if token.type == POINTER:
            yield from _tokens(token)
        else:
            yield token
    if slash is not None:
        yield slash


def _is_operand(token: Token) -> bool:
    return token.type in _ENDS and not (token.type == TOKEN_NAME and token.value in _OPERATORS)


def _tokens(pointer: Token) -> Iterator[Token]:
    at = pointer.lineno
    for number, text in enumerate(pointer.value.split("/")):
        step = _step(text)
        if isinstance(step, str) and _PLAIN.fullmatch(step):
            if number:
                yield Token(at - 1, TOKEN_DOT, ".")
            yield Token(at, TOKEN_NAME, step)
        elif number:
            kind = TOKEN_INTEGER if isinstance(step, int) else TOKEN_STRING
            yield Token(at, "lbracket", "[")
            yield Token(at, kind, step)  # type: ignore[arg-type]  # Jinja's own tokens of numbers hold numbers
            yield Token(at, "rbracket", "]")
        else:
            yield Token(at, TOKEN_NAME, step)  # type: ignore[arg-type]  # no name of Jinja's, but one of ours
        at += len(text) + 1
