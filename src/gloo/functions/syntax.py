"""What is wrong with the text of a template, in the words of our language and not in those of Jinja, which reads it."""

import re
from collections.abc import Iterator
from difflib import get_close_matches
from typing import NoReturn

from jinja2 import TemplateSyntaxError
from jinja2.lexer import TOKEN_BLOCK_BEGIN, TOKEN_FLOAT, TOKEN_INTEGER, Token
from jinja2.parser import Parser

from gloo.functions.foreign import instead_of_sign, instead_of_tag

MAX_BRACKETS = 30
"""Brackets in one another, which Jinja's parser reads by recursion."""

MAX_DIGITS = 400
"""Characters of a number."""

_TAGS = ("if", "elif", "else", "endif", "for", "endfor", "set", "endset")
_INNER = {"elif": "if", "else": "if or for", "endif": "if", "endfor": "for"}
_KNOWN = "there are if, for, set and raw"
_FOREIGN = ("include", "import", "from", "macro", "block", "extends", "call", "filter", "with", "autoescape", "do")
"""Tags that Jinja has."""
_WORDS = {
    "'end of print statement'": "'}}'",
    "'end of statement block'": "'%}'",
    "'end of template'": "the end of the template",
    "'template data / text'": "text",
    "'name'": "a name",
    "'integer'": "a number",
    "'float'": "a number",
}
_RAW = {
    "raw": ("'raw' stands alone in its tag", "{% raw %} ... {% endraw %}"),
    "endraw": ("'endraw' can't stand here", "it belongs to {% raw %}"),
}
_SAID = {
    "unexpected the end of the template": "the template ends inside of a tag",
    "tag name expected": "the name of a tag is due",
    "expected name or number": "a name or a number is due",
}
_EXPECTED = re.compile(r"expected token (.+), got (.+)")
_UNEXPECTED = re.compile(r"unexpected (?:char )?('.+?'|\".+\")(?:, expected '(.+)')?")
_NOTHING = re.compile(r"[Ee]xpected an expression, got (.+)")
_ENDED = re.compile(r"unexpected end of template, expected (.+)")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPED = "\n\\'\"abfnrtvxuUN01234567"
_QUOTES = ("'\"'", '"\'"')


class Slip(TemplateSyntaxError):
    """A fault at an offset, with a hint."""

    def __init__(self, at: int, problem: str, hint: str = "") -> None:
        super().__init__(problem, at)
        self.hint = hint


class TemplateParser(Parser):
    """Jinja's parser, which says of a tag that does not fit what is due."""

    def _fail_ut_eof(self, name: str | None, end_token_stack: list[tuple[str, ...]], lineno: int | None) -> NoReturn:
        at = self.stream.current.lineno if lineno is None else lineno
        opened = self._tag_stack[-1] if self._tag_stack else ""
        if name is None:
            hint = f"close it with {{% end{opened} %}}" if opened in ("if", "for") else ""
            raise Slip(at, f"the template ends inside of '{opened}'" if opened else "the template ends here", hint)
        if opened in ("if", "for"):
            raise Slip(at, f"'{name}' can't stand here", f"the innermost open tag is '{opened}'")
        raise Slip(at, f"'{name}' can't stand here", f"it belongs to {_INNER.get(name, 'another tag')}")


def checked(tokens: Iterator[Token], source: str) -> Iterator[Token]:
    """Pass *tokens*; raise `Slip` at a tag that the language does not know, and at brackets nested too deep."""
    opened, before = 0, ""
    for token in tokens:
        if before == TOKEN_BLOCK_BEGIN and token.type == "name" and token.value not in _TAGS:
            raise _unknown_tag(token, source)
        if token.type in ("lparen", "lbracket", "lbrace"):
            opened += 1
            if opened > MAX_BRACKETS:
                raise Slip(token.lineno, f"brackets are nested deeper than {MAX_BRACKETS}", "use {% set %} for a part")
        elif token.type in ("rparen", "rbracket", "rbrace"):
            opened -= 1
        before = token.type
        yield token


def _unknown_tag(token: Token, source: str) -> Slip:
    instead = instead_of_tag(token.value)
    if token.value in _FOREIGN:
        return Slip(token.lineno, f"'{token.value}' is not part of the language", instead or _KNOWN)
    if source[: token.lineno].rstrip(" \t").endswith("##"):
        hint = f"## at the start of a line begins a statement, {_KNOWN}; for the text itself write {{{{ '##' }}}}"
        return Slip(token.lineno, f"unknown tag '{token.value}'", hint)
    if instead:
        return Slip(token.lineno, f"unknown tag '{token.value}'", instead)
    if token.value in _RAW:  # the lexer takes a whole block for text
        return Slip(token.lineno, *_RAW[token.value])
    near = get_close_matches(token.value, (*_TAGS, "raw"), n=1)
    return Slip(token.lineno, f"unknown tag '{token.value}'", f"did you mean '{near[0]}'?" if near else _KNOWN)


def unescaped(text: str) -> str:
    """Return the text in quotes *text* with a second backslash where one begins no escape: ``"\\d"`` keeps it."""
    return _ESCAPE.sub(lambda found: found[0] if found[1] in _ESCAPED else "\\" + found[0], text)


def check_number(at: int, kind: str, text: str) -> None:
    """Raise `Slip` for a number that is too long to be read."""
    if kind in (TOKEN_INTEGER, TOKEN_FLOAT) and len(text) > MAX_DIGITS:
        raise Slip(at, f"the number has {len(text)} characters", f"at most {MAX_DIGITS}")


def said(message: str, source: str, at: int) -> tuple[str, str]:
    """Return what a *message* of Jinja's says of the offset *at* of *source*, and a hint."""
    problem, hint = _said(message)
    return problem, hint or instead_of_sign(source, at)


def _said(message: str) -> tuple[str, str]:
    text = message.rstrip(".")
    for theirs, ours in _WORDS.items():
        text = text.replace(theirs, ours)
    if found := _UNEXPECTED.fullmatch(text):
        if found[1] in _QUOTES:
            return "the quote is not closed", ""
        return f"{found[1]} can't stand here", f"'{found[2]}' is due" if found[2] else ""
    if found := _ENDED.fullmatch(text):
        return f"the template ends where {found[1]} is due", ""
    if found := _NOTHING.fullmatch(text):
        return f"an expression is due, not {found[1]}", ""
    if found := _EXPECTED.fullmatch(text):
        return f"{found[1]} is due, not {found[2]}", ""
    text = text[:1].lower() + text[1:]
    return _SAID.get(text, text), ""
