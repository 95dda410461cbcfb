"""The fast way reads nothing otherwise than the careful one does."""

import json
import os

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from gloo.model.plain_yaml import plain_values
from gloo.model.text import TextError, parse_carefully, parse_text

MANY = int(os.environ.get("YAML_TEXTS", "1500"))
SCALARS = """1 0 -0 010 +1 0o17 0x1F 1_000 1e3 1E+3 .5 5. -.5 1.0 1.10 .inf -.INF .nan 1:30 2001-01-01 10.0.0.1 80
123456789012345678 1234567890123456789012 9223372036854775807 9223372036854775808 1e400 0b1 00 ~ null Null NULL nULL
yes on Off True TRUE tRue false FALSE + - -- 1-2 1e 0x a-b a:b a#b 'q''r' "x\\ny\\u00e9" 'a' "1" '1' "" '' /a/{id} *.foo
"*" *x &x !x !!str ?a @a `a %a a%b [] {} [1,2] [a,b] [[a],{b:1}] {a:1} {"a":1} {a:b,c:d} http://x:80/y?z=1&w=2 é 😀 =
<< . .. ... --- | > |- >+ |2 x*y .*""".split()  # noqa: SIM905 - a list of them would not be read
FRAGMENTS = [
    *SCALARS,
    *("\n", "\n  ", "\n    ", "\n- ", "\n  - ", ": ", ":", " ", "a: ", "b: ", "- ", ", ", " #c", "\n\n", "#c\n"),
    *("[", "]", "{", "}", '"', "'", "\t", "\r\n", "\\", "\x85", "\u2028", "\ufeff", "\x07", "\x7f"),
]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def _agree(text: str) -> bool:
    """Assert that the fast way, if it takes *text*, reads what the careful one reads; say whether it took it."""
    value = plain_values(text)
    if value is not None:
        assert [json.dumps(value)] == [json.dumps(each) for each in parse_carefully(text)]
    return value is not None


@pytest.mark.parametrize("scalar", SCALARS)
@pytest.mark.parametrize(
    "form",
    [
        *("k: {}", "- {}", "k: [{}, b]", "k: [a, {}, b]", "k: {{a: {}}}", "{}: v", "k: {{{}: v}}", "k: {} # c"),
        *("k: {{{}}}", "k: {{{}, b}}", "k: {{a, {}}}", "k: {{a: 1, {}, b: 2}}", "{{{}}}", "k: [{{ {} }}]"),
    ],
)
def test_every_scalar_is_the_same_in_every_place(form: str, scalar: str) -> None:
    _agree(form.format(scalar) + "\n")


@settings(max_examples=MANY, deadline=None)
@given(st.lists(st.sampled_from(FRAGMENTS), max_size=14))
def test_any_mixture_is_read_alike(fragments: list[str]) -> None:
    _agree("".join(fragments))


@settings(max_examples=MANY // 5, deadline=None)
@given(VALUES, st.sampled_from([None, True, False]), st.booleans())
def test_whatever_a_dumper_writes_is_read_alike(value: object, flow: bool | None, unicode: bool) -> None:
    _agree(yaml.safe_dump(value, default_flow_style=flow, allow_unicode=unicode))


def test_a_usual_configuration_goes_the_fast_way() -> None:
    text = """
    # a shop
    name: shop
    domains: ["*", shop.example.org]
    routes:
    - request_matcher: {path_regex: "/users/[0-9]+", verbs: [GET]}
      single_destination: {upstream: {name: users}}
      extensions: {timeout: 0.5s, weight: 1.25}
      note: |
        two
        lines
    """
    assert _agree(text)


def test_an_error_is_told_as_the_careful_way_tells_it() -> None:
    with pytest.raises(TextError, match="the key 'a' is given twice") as caught:
        parse_text("a: 1\nb: 2\na: 3\n")
    assert caught.value.line == 3
