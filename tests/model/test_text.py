"""YAML and JSON text to plain values, and back."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gloo.model.base import Json
from gloo.model.text import TextError, dump_yaml, parse_text


def parse_one(text: str) -> Json:
    (value,) = parse_text(text)
    return value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", "yes"),
        ("on", "on"),
        ("NO", "NO"),
        ("true", True),
        ("False", False),
        ("~", None),
        ("", None),
        ("null", None),
        ("0o17", 15),
        ("017", 17),
        ("0x1F", 31),
        ("1_000", "1_000"),
        ("1:30", "1:30"),
        ("2018-05-30", "2018-05-30"),
        ("1e3", 1000.0),
        ("-0.5", -0.5),
        (".", "."),
        (".inf", ".inf"),
        ("12345678901234567890", 12345678901234567890),
        ("'5'", "5"),
        ('"true"', "true"),
    ],
)
def test_scalars_follow_the_core_schema_of_yaml_1_2(text: str, value: Json) -> None:
    assert parse_one(f"a: {text}") == {"a": value}


def test_json_is_read_as_it_stands() -> None:
    value = {"a": "é", "b": [1, 2.5, None, True], "c": {}}
    assert parse_one(json.dumps(value)) == value


def test_several_documents_keep_their_places_and_an_empty_one_is_none() -> None:
    assert parse_text("a: 1\n---\n# only a comment\n---\nb: 2\n") == [{"a": 1}, None, {"b": 2}]


@pytest.mark.parametrize("text", ["a: 1\na: 2\n", "x: {b: 1,\n b: 2}", 'x: {"b": 1,\n b: 2}'])
def test_a_key_given_twice_is_an_error_with_its_line(text: str) -> None:
    with pytest.raises(TextError, match="given twice") as caught:
        parse_text(text)
    assert caught.value.line == 2


@pytest.mark.parametrize(
    "value",
    ["!mine 1", "!mine {a: 1}", "!mine [1]", "!!str 1", "!!int '5'", "!!set {a}", "!!python/object:os.system x"],
)
def test_a_tag_is_an_error_since_it_would_mean_nothing(value: str) -> None:
    with pytest.raises(TextError, match="tag") as caught:
        parse_text(f"a: 1\nb: {value}\n")
    assert caught.value.line == 2


@pytest.mark.parametrize("text", ["n: " + "9" * 5000, "n: 1e400"])
def test_a_number_beyond_reason_is_an_error_with_its_line(text: str) -> None:
    with pytest.raises(TextError, match="beyond reason") as caught:
        parse_text("a: 1\n" + text)
    assert caught.value.line == 2


def test_a_tab_as_indentation_is_named() -> None:
    with pytest.raises(TextError, match="never by tabs") as caught:
        parse_text("a:\n\t- b\n")
    assert caught.value.line == 2


def test_an_unknown_alias_is_an_error_with_its_line() -> None:
    with pytest.raises(TextError, match="alias") as caught:
        parse_text("a: 1\nb: *nobody\n")
    assert caught.value.line == 2


def test_aliases_that_explode_are_refused() -> None:
    lines = ["a: &a [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"{new}: &{new} [{', '.join([f'*{old}'] * 10)}]" for old, new in zip("abcdefgh", "bcdefghi", strict=True)]
    with pytest.raises(TextError, match="aliases grow"):
        parse_text("\n".join(lines))


def test_an_alias_that_holds_itself_is_refused() -> None:
    with pytest.raises(TextError, match="alias"):
        parse_text("a: &a [*a]")


def test_nesting_beyond_reason_is_refused() -> None:
    with pytest.raises(TextError, match="nested deeper than 200 levels"):
        parse_text("[" * 2000 + "]" * 2000)


def test_a_merge_key_brings_what_the_mapping_does_not_have() -> None:
    text = "base: &base {a: 1, b: 2}\nfirst:\n  <<: *base\n  b: 3\nlast:\n  b: 4\n  <<: *base\n"
    assert parse_one(text) == {"base": {"a": 1, "b": 2}, "first": {"a": 1, "b": 3}, "last": {"a": 1, "b": 4}}


def test_of_several_merged_mappings_the_first_one_wins() -> None:
    assert parse_one("x: &x {a: 1}\ny: &y {a: 2, b: 2}\nz:\n  <<: [*x, *y]\n")["z"] == {"a": 1, "b": 2}


def test_a_key_twice_beside_a_merge_key_is_still_an_error() -> None:
    with pytest.raises(TextError, match="given twice"):
        parse_text("x: &x {a: 1}\ny:\n  <<: *x\n  a: 1\n  a: 2\n")


def test_a_merge_key_takes_mappings_only() -> None:
    with pytest.raises(TextError, match="takes a mapping"):
        parse_text("<<: 1")


def test_a_key_that_is_no_text_is_an_error() -> None:
    with pytest.raises(TextError, match="key must be text"):
        parse_text("? [a, b]\n: c")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: 1\nx-id: {{ id }}", 2),
        ('body: {"a": {{ x }}}', 1),
        ("{path: pets/{{ id }}}", 1),
        ("a: 1\npath: {% if x %}/a{% endif %}", 2),
        ("path: {{ id }}/a", 1),
    ],
)
def test_a_template_without_quotes_is_told_of_them(text: str, line: int) -> None:
    with pytest.raises(TextError) as caught:
        parse_text(text)
    assert (caught.value.line, caught.value.hint) == (line, "a template is written in quotes: '{{ id }}'")


TEXTS = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=20)
SPECIAL = st.sampled_from(["yes", "no", "~", "1e3", "0o17", "0x1F", "1:30", "<<", "=", "- a", "a: b", " x", "#", "1_0"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS | SPECIAL,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS | SPECIAL, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(TEXTS | SPECIAL, VALUES, max_size=4))
def test_what_is_written_reads_back_as_the_same(value: dict[str, Json]) -> None:
    assert parse_one(dump_yaml(value)) == value


def test_text_over_several_lines_is_written_as_a_block() -> None:
    assert dump_yaml({"body": "a\nb\n"}) == "body: |\n  a\n  b\n"
