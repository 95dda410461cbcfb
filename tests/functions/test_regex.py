"""Regular expressions in the runtime: what RE2 says, in bounded time."""

import random

import pytest
import re2
from tests.functions.gateway import Gateway, Outcome, Request, call

from gloo.errors import TemplateError
from gloo.functions import FunctionTemplate, Parameter, compile_function
from gloo.functions.extractors import Extractor
from gloo.functions.regex import compile_pattern
from gloo.functions.source import Source

PIECES = ["a", "b", "c", r"\d", "[ab]", "[^a]", ".", r"\w", "x?", "é", "[[:alpha:]]", r"\.", "(?:)"]
REPEATS = ["*", "+", "?", "*?", "+?", "??", "{1,2}", "{2}", "{0,}", "{1,}?"]


def any_regex(chance: random.Random, depth: int = 0) -> str:
    kind = chance.random()
    if depth > 3 or kind < 0.35:
        return chance.choice(PIECES)
    inner = any_regex(chance, depth + 1)
    if kind < 0.55:
        return inner + any_regex(chance, depth + 1)
    if kind < 0.7:
        return f"({inner})"
    if kind < 0.8:
        return f"(?:{inner}|{any_regex(chance, depth + 1)})"
    return f"(?:{inner}){chance.choice(REPEATS)}" if kind < 0.97 else chance.choice("^$")


def extracted(gateway: Gateway, regex: str, text: str, group: int = 0) -> Outcome:
    parameter = Parameter("header", "x", extractor=Extractor("v", regex, group))
    function = FunctionTemplate("a/b", body="<{{ default(v, '-') }}", headers=(("content-type", "a/b"),))
    return gateway.send(compile_function(function, [parameter]), Request(headers={"x": text}))


@pytest.mark.parametrize("seed", range(4))
def test_groups_hold_what_re2_says(gateway: Gateway, seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(100):
        regex = any_regex(chance)
        compiled = re2.compile(regex)
        for _ in range(3):
            text = "".join(chance.choice("aabbc1x.é") for _ in range(chance.randint(0, 8)))
            group = chance.randint(0, compiled.groups)
            found = compiled.fullmatch(text)
            expected = found.group(group) if found else None
            sent = "".join(chr(byte) for byte in text.encode())
            body = extracted(gateway, regex, sent, group).request.body
            assert body == b"<" + ("-" if expected is None else expected).encode(), (regex, text, group)


@pytest.mark.parametrize("regex", ["(a*)*b", "(a|aa)+b", "(?:a?){30}a{30}", "(.*)(.*)(.*)(.*)x", "(a|b|ab)*c"])
def test_no_text_makes_a_regex_slow(gateway: Gateway, regex: str) -> None:
    outcome = extracted(gateway, regex, "a" * 2000)
    assert outcome.log is None
    assert outcome.code in (None, "too_long")


@pytest.mark.parametrize(
    ("regex", "problem"),
    [
        ("(", "is no RE2 regular expression"),
        (r"(a)\1", "is no RE2 regular expression"),
        ("(?=a)", "is no RE2 regular expression"),
        (r"\bword", r"column 1: .* is not supported here"),
        (r"a\pL", "column 2: .* is not supported here"),
        ("[é]", "column 2: .* is not supported here"),
        ("a(?i)b", "column 2: .* is not supported here"),
        ("(?i)aé", "column 6: 'é' in either case is not supported here"),
        (r"(?i)\xe9", "column 5: 'é' in either case is not supported here"),
        ("(?:[^a]{100}){9}", "steps"),
    ],
)
def test_what_is_no_regex_or_not_supported_is_told(regex: str, problem: str) -> None:
    with pytest.raises(TemplateError, match=problem):
        compile_pattern(Source("x", regex))


def test_letters_of_either_case_match_with_the_flag(gateway: Gateway) -> None:
    assert extracted(gateway, "(?i)bearer ([a-f]+)", "BEARER aBc", 1).request.body == b"<aBc"
    assert extracted(gateway, "bearer", "Bearer").request.body == b"<-"


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("regex_match(s, '[0-9]+')", "true"),
        ("regex_match(s, '^[0-9]+$')", "false"),
        ("regex_replace(s, '[0-9]', '#')", "a#b##"),
        ("regex_replace(s, '([a-z])([0-9]+)', '$2$1$$')", "1a$22b$"),
        ("regex_replace('', 'a', 'b')", ""),
        ("s | regex_replace('x', 'y')", "a1b22"),
    ],
)
def test_functions_take_regexes(gateway: Gateway, expression: str, result: str) -> None:
    outcome = call(gateway, Request(body=b'{"s": "a1b22"}'), body=f"r: {{{{ {expression} }}}}")
    assert outcome.request.body == f"r: {result}".encode()


@pytest.mark.parametrize(
    ("expression", "problem"),
    [
        ("regex_match(s, s)", "column 22: regex_match.. takes this argument in quotes"),
        ("regex_match(s, 'a(')", "column 23: .* is no RE2"),
        ("regex_replace(s, 'a*', 'b')", "matches an empty text"),
        ("regex_replace(s, 'a', '$1')", "'\\$1' names no group"),
    ],
)
def test_a_regex_is_checked_when_it_is_loaded(expression: str, problem: str) -> None:
    with pytest.raises(TemplateError, match=problem):
        compile_function(FunctionTemplate("a/b", body=f"a: {{{{ {expression} }}}}"))


def test_a_regex_is_made_once() -> None:
    body = "a: {{ regex_match(s, 'a+') }}{{ regex_match(t, 'a+') }}"
    assert compile_function(FunctionTemplate("a/b", body=body)).source.count("gloo.regex(") == 1
