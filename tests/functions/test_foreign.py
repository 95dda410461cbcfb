"""Who knows another template language is told what to write here."""

import re

import pytest

from gloo.errors import TemplateError
from gloo.functions import foreign
from gloo.functions.catalogue import FUNCTIONS
from gloo.functions.source import Source
from gloo.functions.template import parse


def refused(text: str) -> TemplateError:
    with pytest.raises(TemplateError) as caught:
        parse(Source.of("body", text))
    return caught.value


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("{{ x | tojson }}", "write json(x)"),
        ("{{ x | json_encode }}", "write json(x)"),
        ("{{ x | d('a') }}", 'write default(x, "none")'),
        ("{{ xs | count }}", "write length(x)"),
        ("{{ x | string }}", 'write x ~ "" where text is needed'),
        ("{{ xs | list }}", "leave it out: a list is one already"),
        ("{{ concat(a, b) }}", 'write a ~ "-" ~ b'),
        ("{{ base64(x) }}", "write base64_encode(x)"),
        ("{{ uper(x) }}", "did you mean upper()?"),
        ("{{ base64url_encod(x) }}", "did you mean base64url_encode()?"),
        ("{{ lipsum() }}", "see the list of functions in docs/functions.md"),
    ],
)
def test_an_unknown_function_is_told_what_to_write(text: str, hint: str) -> None:
    assert refused(text).hint == hint


def test_a_query_parameter_is_told_to_be_one_of_the_route() -> None:
    assert "{from: query, name: page}" in refused("{{ query('page') }}").hint


def test_an_unknown_function_comes_before_its_named_arguments() -> None:
    error = refused("{{ xs | map(attribute='name') }}")
    assert error.problem == "unknown function 'map'"
    assert error.hint.startswith("write a loop: {% for x in xs %}")


def test_named_arguments_are_told_how_the_function_is_called() -> None:
    assert refused("{{ xs | sort(reverse=true) }}").hint == "sort(xs)"


def test_the_third_argument_of_default_is_told_what_to_write() -> None:
    assert refused("{{ x | default('a', true) }}").hint.startswith('write x if x else "none"')


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("{% for k, v in d.items() %}{% endfor %}", "write {% for key, value in object %}"),
        ("{{ x.upper() }}", "write upper(x)"),
        ("{{ x.strip() }}", "write trim(x)"),
        ("{{ ','.join(xs) }}", 'write join(xs, ", ")'),
        ("{{ x.startswith('a') }}", 'write regex_match(x, "^a")'),
        ("{{ d.get('a') }}", 'write default(x, "none")'),
        ("{{ x[0]() }}", "call a function: upper(name)"),
    ],
)
def test_a_method_is_told_what_to_write(text: str, hint: str) -> None:
    error = refused(text)
    assert (error.problem, error.hint) == ("values have no methods", hint)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("{% if x is mapping %}{% endif %}", "write isObject(x)"),
        ("{% if x is true %}{% endif %}", "write x == true"),
        ("{% if x is strin %}{% endif %}", "did you mean 'string'?"),
    ],
)
def test_an_unknown_test_is_told_what_to_write(text: str, hint: str) -> None:
    assert refused(text).hint == hint


def test_a_comparison_by_is_is_told_of_the_sign() -> None:
    hint = refused("{{ a is b }}").hint
    assert hint.startswith("known: boolean, defined,")
    assert hint.endswith("== compares two values")


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("{% if a %}{% elseif b %}{% endif %}", "did you mean 'elif'?"),
        ("{% unless a %}", "write {% if not x %}"),
        ("{% macro f() %}", "no part of a template can be called; {% set x = ... %} names a value"),
        ("{% for x in xs %}{% break %}{% endfor %}", "a loop goes through all of its list: put {% if %} around what"),
        ("{% debug %}", "there are if, for, set and raw"),
    ],
)
def test_a_tag_of_another_language_is_told_what_to_write(text: str, hint: str) -> None:
    assert refused(text).hint.startswith(hint)


@pytest.mark.parametrize(
    ("text", "column", "hint"),
    [
        ("{% if a && b %}", 9, "write 'and'"),
        ("{{ a || 'b' }}", 7, "write 'or', or default(a, b) for another value"),
        ("{% if !a %}", 7, "write 'not'"),
        ("{% if a = b %}", 9, "write == to compare"),
        ("{% if a === b %}", 11, "write == to compare"),
        ("{% if a !== b %}", 11, "write !="),
        ("{% if a eq b %}", 9, "write == != < <= > >="),
        ("{{ a <> b }}", 7, "write !="),
        ("{{ a ? 'b' : 'c' }}", 6, "write a if condition else b"),
        ("{{ a ?? 'b' }}", 6, "write default(a, b)"),
        ('{{ f"{x}" }}', 5, 'write a ~ "-" ~ b'),
        ("{{ .x }}", 4, "a name stands by itself: {{ user.name }}"),
        ("{{#if x}}", 3, "a statement is written {% if x %} ... {% endif %}"),
        ("{{ if x }}", 7, "a statement is written {% if x %} ... {% endif %}"),
        ("{{{ x }}}", 7, "write {{ x }} with two braces; x | raw leaves a value unescaped"),
        ("{{ x }", 6, "write }} to end a value"),
        ("{{ [x for x in xs] }}", 7, "write {% for x in xs %} around what is to be repeated"),
        ("{{ x y }}", 6, ""),
    ],
)
def test_a_sign_of_another_language_is_told_what_to_write(text: str, column: int, hint: str) -> None:
    error = refused(text)
    assert (error.column, error.hint) == (column, hint)


def test_nothing_between_the_braces_is_told_in_our_words() -> None:
    error = refused("{{ }}")
    assert (error.problem, error.hint) == ("an expression is due, not '}}'", "")


def test_what_is_told_to_be_written_is_there() -> None:
    told = {name for hint in foreign._INSTEAD.values() for name in re.findall(r"\b(\w+)\(", hint)}
    assert told <= FUNCTIONS.keys()
    assert not foreign._INSTEAD.keys() & FUNCTIONS.keys()
