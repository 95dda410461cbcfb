"""Jinja2's lexer and parser, taught where they are.

Jinja's tokens and nodes know their line only. Our lexer puts the *offset* of each token in the place of its line
number: the parser copies it into every node and every error, and so each of them has an exact place.

Two things of Inja, the language of the templates of 2018, are put right between lexer and parser:
``else if`` becomes ``elif``, and a dash without blanks around it joins names (``x-user-id`` is one name; write
``a - b`` to subtract).
"""

from collections.abc import Iterator
from functools import cache

from jinja2 import Environment, TemplateSyntaxError, nodes
from jinja2.lexer import TOKEN_BLOCK_BEGIN, TOKEN_NAME, TOKEN_SUB, Lexer, Token, TokenStream
from jinja2.parser import Parser


class OffsetLexer(Lexer):
    """Yields tokens whose ``lineno`` is their offset in the source."""

    def tokeniter(
        self, source: str, name: str | None, filename: str | None = None, state: str | None = None
    ) -> Iterator[tuple[int, str, str]]:
        offset = 0
        try:
            for _, kind, text in super().tokeniter(source, name, filename, state):
                offset = source.find(text, offset)  # only blanks that were stripped lie between two tokens
                yield offset, kind, text
                offset += len(text)
        except TemplateSyntaxError as error:
            problem = (error.message or "syntax error").partition(" at ")[0]
            raise TemplateSyntaxError(problem, min(offset, len(source))) from error

    def tokenize(
        self, source: str, name: str | None = None, filename: str | None = None, state: str | None = None
    ) -> TokenStream:
        tokens = self.wrap(self.tokeniter(source, name, filename, state), name, filename)
        return TokenStream(_else_if(_dashed_names(tokens)), name, filename)


class OffsetEnvironment(Environment):
    """A Jinja environment that only parses: ``##`` starts a line statement, line ends are kept."""

    def __init__(self) -> None:
        super().__init__(line_statement_prefix="##", keep_trailing_newline=True, autoescape=False)
        self._offset_lexer = OffsetLexer(self)

    @property
    def lexer(self) -> Lexer:
        return self._offset_lexer


@cache
def _environment() -> OffsetEnvironment:
    return OffsetEnvironment()


def parse(text: str) -> nodes.Template:
    """Parse *text*, whose line ends are ``\\n``.

    The ``lineno`` of every node, and of the `TemplateSyntaxError` that this raises, is an offset.
    """
    return Parser(_environment(), text).parse()


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
