"""Jinja2's lexer and parser, taught where they are.

Jinja's tokens and nodes know their line only. Our lexer puts the *offset* of each token in the place of its line
number: the parser copies it into every node and every error, and so each of them has an exact place.

What Inja, the language of the templates of 2018, has of its own is put right here: ``else if`` becomes ``elif``, ``^``
is a power, and a dash without blanks around it joins names (``x-user-id`` is one name; write ``a - b`` to subtract).
Where names are *pointers*, `gloo.functions.pointers` takes them apart.
"""

import re
from collections.abc import Iterator
from functools import cache

from jinja2 import Environment, TemplateSyntaxError, nodes
from jinja2.lexer import (
    TOKEN_BLOCK_BEGIN,
    TOKEN_NAME,
    TOKEN_OPERATOR,
    TOKEN_POW,
    TOKEN_STRING,
    TOKEN_SUB,
    Lexer,
    Token,
    TokenStream,
    _Rule,
)

from gloo.functions.pointers import POINTER, POINTER_RULE, expanded
from gloo.functions.syntax import Slip, TemplateParser, check_number, checked, unescaped


class OffsetLexer(Lexer):
    """Yields tokens whose ``lineno`` is their offset in the source."""

    def __init__(self, environment: Environment, *, pointers: bool) -> None:
        super().__init__(environment)
        self._pointers = pointers
        for rules in self.rules.values():
            if any(rule.tokens == TOKEN_OPERATOR for rule in rules):
                rules.append(_Rule(re.compile(r"\^"), TOKEN_POW, None))
                if pointers:
                    rules.insert(0, _Rule(POINTER_RULE, POINTER, None))

    def tokeniter(
        self, source: str, name: str | None, filename: str | None = None, state: str | None = None
    ) -> Iterator[tuple[int, str, str]]:
        offset = 0
        try:
            for _, kind, text in super().tokeniter(source, name, filename, state):
                offset = source.find(text, offset)  # only blanks that were stripped lie between two tokens
                check_number(offset, kind, text)
                yield offset, kind, unescaped(text) if kind == TOKEN_STRING else text
                offset += len(text)
        except Slip:
            raise
        except TemplateSyntaxError as error:
            problem = (error.message or "syntax error").partition(" at ")[0]
            raise TemplateSyntaxError(problem, min(offset, len(source))) from error

    def tokenize(
        self, source: str, name: str | None = None, filename: str | None = None, state: str | None = None
    ) -> TokenStream:
        tokens = _dashed_names(self.wrap(self.tokeniter(source, name, filename, state), name, filename))
        told = checked(_else_if(expanded(tokens) if self._pointers else tokens), source)
        return TokenStream(told, name, filename)


class OffsetEnvironment(Environment):
    """A Jinja environment that only parses: ``##`` starts a line statement, line ends are kept."""

    def __init__(self, *, pointers: bool) -> None:
        super().__init__(line_statement_prefix="##", keep_trailing_newline=True, autoescape=False)
        self._offset_lexer = OffsetLexer(self, pointers=pointers)

    @property
    def lexer(self) -> Lexer:
        return self._offset_lexer


@cache
def _environment(*, pointers: bool) -> OffsetEnvironment:
    return OffsetEnvironment(pointers=pointers)


def parse(text: str, *, pointers: bool = False) -> nodes.Template:
    """Parse *text*, whose line ends are ``\\n``.

    The ``lineno`` of every node, and of the `TemplateSyntaxError` that this raises, is an offset.
    """
    return TemplateParser(_environment(pointers=pointers), text).parse()


def _dashed_names(tokens: Iterator[Token]) -> Iterator[Token]:
    """Join ``name``, ``-`` and ``name`` that touch one another."""
    held: list[Token] = []
    for token in tokens:
        if held and _touches(held[-1], token) and token.type == (TOKEN_SUB if len(held) == 1 else TOKEN_NAME):
            held.append(token)
            if len(held) == 3:
                held = [Token(held[0].lineno, TOKEN_NAME, "-".join((held[0].value, token.value)))]
            continue
        yield from held
        held = [token] if token.type == TOKEN_NAME else []
        if not held:
            yield token
    yield from held


def _touches(left: Token, right: Token) -> bool:
    width = 1 if left.type == TOKEN_SUB else len(left.value)
    return left.lineno + width == right.lineno


def _else_if(tokens: Iterator[Token]) -> Iterator[Token]:
    """Turn ``{% else if`` into ``{% elif``."""
    before = held = None
    for token in tokens:
        if held is not None:
            joined = token.test("name:if")
            yield Token(held.lineno, TOKEN_NAME, "elif") if joined else held
            held = None
            if joined:
                continue
        if before == TOKEN_BLOCK_BEGIN and token.test("name:else"):
            held = token
        else:
            yield token
        before = token.type
    if held is not None:
        yield held
