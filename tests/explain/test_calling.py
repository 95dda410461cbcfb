"""Calls with values given by hand."""

import json

import pytest
from tests.explain.shop import shop

from gloo.errors import ConfigError, MissingReference
from gloo.explain.calling import argument, find_function, nested, rendered
from gloo.explain.lua_run import Answer
from gloo.explain.request import Request


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a=1", 1),
        ("a=x", "x"),
        ("a=", ""),
        ('a="1"', "1"),
        ('a=["x"]', ["x"]),
        ("a=b=c", "b=c"),
        ("a=null", None),
        ("a=NaN", "NaN"),
    ],
)
def test_a_value_is_json_or_else_text(text: str, value: object) -> None:
    assert argument(text) == ("a", value)


def test_an_argument_without_a_value_is_refused() -> None:
    with pytest.raises(ConfigError, match="gives no value"):
        argument("a")


def test_dots_nest() -> None:
    assert nested([("a.b", 1), ("a.c", 2), ("d", 3)]) == {"a": {"b": 1, "c": 2}, "d": 3}
    with pytest.raises(ConfigError, match="no object"):
        nested([("a", 1), ("a.b", 2)])


def test_a_call_is_rendered_by_the_functions_own_program() -> None:
    get = rendered(find_function("pets/get", shop()), [("id", "a b")], (), "h")
    assert get == Request("GET", "h", "/pets/a%20b")
    add = rendered(find_function("pets/add", shop()), [("name", 'x"')], (("x-a", "1"),), "h")
    assert isinstance(add, Request)
    assert (add.method, add.path, add.headers) == (
        "POST",
        "/pets",
        (("x-a", "1"), ("content-type", "application/json")),
    )
    assert json.loads(add.body or b"") == {"name": 'x"', "tags": []}


def test_a_missing_value_is_named() -> None:
    result = rendered(find_function("pets/add", shop()), [], (), "h")
    assert isinstance(result, Answer)
    assert b"'name' is missing" in result.body


@pytest.mark.parametrize("name", ["pets/gett", "pets/broken", "pets", "nope/get"])
def test_a_function_that_is_not_there_is_told_with_the_nearest(name: str) -> None:
    with pytest.raises(MissingReference, match="no function"):
        find_function(name, shop())
