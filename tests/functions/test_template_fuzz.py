"""Templates that nobody would write: each is refused with its place, or becomes a program that LuaJIT loads.

``TEMPLATE_SECONDS`` sets how long templates are made up of those in the tests; ``TEMPLATE_SEED`` makes the same ones
again.
"""

import ast
import os
import random
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path

import lupa.luajit21 as lupa

from gloo.errors import TemplateError
from gloo.functions import FunctionTemplate, Parameter, Program, ResponseTemplate, compile_function
from gloo.functions.body_modes import BodyMode
from gloo.functions.catalogue import FUNCTIONS
from gloo.functions.extractors import Extractor
from gloo.functions.known import Known
from gloo.functions.lowering import lower
from gloo.functions.names import BodyFormat
from gloo.functions.plain_request import plain_request

SECONDS = float(os.environ.get("TEMPLATE_SECONDS", "2"))
SEED = int(os.environ.get("TEMPLATE_SEED", "0")) or random.SystemRandom().randrange(1, 2**32)
_LONGEST = 2.0  # seconds for one function
_PIECES = (
    *(
        "{{",
        "}}",
        "{%",
        "%}",
        "{#",
        "#}",
        "##",
        "{% raw %}",
        "{% endraw %}",
        "-%}",
        "{%-",
        "|",
        "~",
        "(",
        ")",
        "[",
        "]",
    ),
    *(
        "{",
        "}",
        '"',
        "'",
        "\\",
        "\\x",
        "\\u12",
        "\\b",
        "$1",
        ",",
        ".",
        ":",
        ";",
        "=",
        "==",
        "<",
        ">=",
        "!",
        "^",
        "/",
        "//",
    ),
    *("%", "**", "-", "+", "\n", "\r\n", "\r", "\0", "\x7f", "\u2028", "é", "\U0001f600", "\ud800", "\udfff", "\ufeff"),
    *(
        " if ",
        " else ",
        " in ",
        " not ",
        " and ",
        " or ",
        " is ",
        " defined ",
        " none ",
        " null ",
        " true ",
        "loop.index",
    ),
    *(
        "{% if a %}",
        "{% else %}",
        "{% elif b %}",
        "{% endif %}",
        "{% for x in xs %}",
        "{% for k, v in o %}",
        "{% endfor %}",
    ),
    *(
        "{% set s = 1 %}",
        "{% autoescape true %}",
        "{% endautoescape %}",
        "{% filter upper %}",
        "{% block a %}",
        "{% do a %}",
    ),
    *("{% set s %}", "{% macro m() %}", "{% include 'a' %}", "{% import 'a' as b %}", "{% with %}", "{% call m() %}"),
    *(
        "1",
        "0",
        "1e999",
        "9" * 500,
        "0x10",
        "0b1",
        "1_0",
        "1.5",
        "01",
        "a/b/0",
        "/a/b",
        "a~1b",
        "a-b",
        "user.name",
        "v",
    ),
    *("(?i)", "[^a]", "a{2,5}", "(a|b)*", "[[:alpha:]]", "\\\\d+", "\\p{L}", "x{1000}", "^$"),
    *(f"{{{{ {each.usage} }}}}" for each in FUNCTIONS.values()),
)


@cache
def _seeds() -> tuple[str, ...]:
    """The templates of the tests of the functions, and other texts that stand there."""
    trees = (ast.parse(path.read_text()) for path in sorted(Path(__file__).parent.glob("test_*.py")))
    texts = {node.value for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    return tuple(
        sorted(text for text in texts if isinstance(text, str) and 2 < len(text) < 300 and "Jinja" not in text)
    )


class Author:
    """Writes functions."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def text(self) -> str:
        text = self.random.choice(_seeds())
        for _ in range(self.random.choice((0, 1, 1, 2, 5))):
            text = self._mutated(text)
        return text

    def _mutated(self, text: str) -> str:
        at = self.random.randrange(len(text) + 1)
        end = min(len(text), at + self.random.choice((0, 0, 1, 2, 8)))
        lot = self.random.random()
        if lot < 0.6:
            return text[:at] + self.random.choice(_PIECES) + text[end:]
        if lot < 0.7:
            return text[:at] + self.random.choice(_seeds()) + text[end:]
        if lot < 0.8:
            return text[:at] + text[at:end] * self.random.choice((2, 30, 300, 2000)) + text[end:]
        if lot < 0.9:
            return text[:at] + self.random.choice(_PIECES) * self.random.choice((2, 40, 400)) + text[end:]
        return text[:at] + text[end:]

    def maybe(self, make: Callable[[], str]) -> str | None:
        return make() if self.random.random() < 0.4 else None

    def parameters(self) -> tuple[Parameter, ...]:
        sources = ("path", "query", "header", "cookie", "authority", "body")
        return tuple(
            Parameter(self.random.choice(sources), self.random.choice(("", "a", "x-a", "a.b")), self._pattern())  # type: ignore[arg-type]
            for _ in range(self.random.choice((0, 0, 1, 3)))
        )

    def _pattern(self) -> str:
        usual = self.random.choice(("/{a}/{b}", "{a}", "", "/x?a={v}", "{a.b}-{c}"))
        return usual if self.random.random() < 0.8 else self._mutated(usual)

    def extractor(self) -> Parameter:
        regex = self.random.choice(("([a-z]+)-(.*)", "a|b", "x*")) if self.random.random() < 0.5 else self.text()
        mode = self.random.choice(("extract", "single_replace", "replace_all"))
        new = self.maybe(self.text)
        return Parameter("body", extractor=Extractor("e", regex, self.random.randrange(3), mode, new))  # type: ignore[arg-type]

    def headers(self) -> tuple[tuple[str, str], ...]:
        names = ("x-a", ":method", "content-type", "host", "x-b", "X-A", "bad name", ":path", "accept")
        return tuple((self.random.choice(names), self.text()) for _ in range(self.random.choice((0, 0, 1, 2))))

    def function(self) -> FunctionTemplate:
        response = ResponseTemplate(status=self.maybe(self.text), headers=self.headers(), body=self.maybe(self.text))
        keys = tuple((self.text(), self.text()) for _ in range(self.random.choice((0, 0, 0, 2))))
        forms: tuple[BodyFormat, ...] = ("json", "json", "form", "multipart", "none")
        return FunctionTemplate(
            "a/b",
            path=self.maybe(lambda: "/" + self.text()),
            headers=self.headers(),
            body=None if keys else self.maybe(self.text),
            mode=BodyMode(keys=keys),
            parse_body=self.random.choice(forms),
            responses=(response,) if self.random.random() < 0.3 else (),
            extractors=(self.extractor(),) if self.random.random() < 0.2 else (),
            known=Known({"region": "eu"}, {"terms": "x"}, pointers=self.random.random() < 0.3),
        )


def _compiled(template: FunctionTemplate, parameters: tuple[Parameter, ...], *, any_route: bool) -> Program | None:
    """Compile a function as its upstream or a route does."""
    try:
        program = compile_function(template, parameters, any_route=any_route)
    except TemplateError as error:
        for each in (error, *error.others):
            assert each.problem and each.line > 0 and 0 < each.column <= len(each.text) + 1, repr(each)
            assert "Jinja" not in each.problem
        return None
    if not any_route:
        lower(template, parameters)
        plain_request(template, parameters)
    return program


def test_no_template_makes_anything_but_a_program_or_an_error_with_its_place() -> None:
    author, end = Author(SEED), time.monotonic() + SECONDS
    load = lupa.LuaRuntime(encoding=None).eval(b"function(s) return select(2, loadstring(s)) end")
    taken = count = 0
    while time.monotonic() < end:
        count += 1
        template, parameters, any_route = author.function(), author.parameters(), author.random.random() < 0.3
        what = f"function {count} of TEMPLATE_SEED={SEED}: {template!r} {parameters!r}"[:3000]
        began = time.thread_time()
        try:
            program = _compiled(template, parameters, any_route=any_route)
        except Exception as error:
            raise AssertionError(what) from error
        assert time.thread_time() - began < _LONGEST, what
        if program is not None:
            taken += 1
            fault = load(program.source.encode("ascii"))
            assert fault is None, f"{fault}: {what}"
    assert taken > count / 20
