"""Extractors: variables by regular expressions."""

import pytest
from tests.functions.gateway import Gateway, Outcome, Request

from gloo.errors import TemplateError
from gloo.functions import FunctionTemplate, Parameter, compile_function
from gloo.functions.extractors import Extractor, Mode
from gloo.functions.parameters import Origin

VALUE = r"([a-z]+)-([0-9]+)"


def sent(
    gateway: Gateway, extractor: Extractor, request: Request, *, place: Origin = "header", key: str = "x"
) -> Outcome:
    parameter = Parameter(place, key, extractor=extractor)
    function = FunctionTemplate("a/b", headers=(("x-v", "{{ v }}"),), extractors=(parameter,))
    return gateway.send(compile_function(function, [Parameter("query", "v")]), request)


@pytest.mark.parametrize(
    ("mode", "group", "text", "value"),
    [
        ("extract", 0, None, "pet-7"),
        ("extract", 2, None, "7"),
        ("single_replace", 1, "dog", "dog-7"),
        ("single_replace", 0, "dog", "dog"),
        ("replace_all", 0, "$2:$1", "7:pet"),
    ],
)
def test_a_mode_says_what_becomes_of_a_match(
    gateway: Gateway, mode: Mode, group: int, text: str | None, value: str
) -> None:
    outcome = sent(gateway, Extractor("v", VALUE, group, mode, text), Request(headers={"x": "pet-7"}))
    assert outcome.request.headers["x-v"] == value


@pytest.mark.parametrize("text", ["pet", "pet-7!"])
def test_what_does_not_match_as_a_whole_is_missing_or_stays(gateway: Gateway, text: str) -> None:
    assert sent(gateway, Extractor("v", VALUE), Request(headers={"x": text})).code == "missing_parameter"
    replaced = sent(gateway, Extractor("v", VALUE, 1, "single_replace", "-"), Request(headers={"x": text}))
    assert replaced.request.headers["x-v"] == text


def test_a_value_that_is_not_there_is_missing(gateway: Gateway) -> None:
    for mode, text in (("extract", None), ("single_replace", ""), ("replace_all", "")):
        extractor = Extractor("v", VALUE, 0, mode, text)  # type: ignore[arg-type]  # from a literal table
        assert sent(gateway, extractor, Request()).code == "missing_parameter"


@pytest.mark.parametrize(
    ("place", "key"),
    [("header", "x"), ("header", ":path"), ("query", "q"), ("cookie", "c"), ("path", ""), ("body", "")],
)
def test_every_place_can_be_looked_at(gateway: Gateway, place: Origin, key: str) -> None:
    request = Request("/pet-7?q=pet-7", headers={"x": "pet-7", "cookie": "c=pet-7"}, body=b"not json, pet-7\n")
    outcome = sent(gateway, Extractor("v", r"(?s).*?([0-9]).*", 1), request, place=place, key=key)
    assert (outcome.request.headers["x-v"], outcome.request.body) == ("7", request.body)


def test_an_extractor_comes_before_a_parameter(gateway: Gateway) -> None:
    outcome = sent(gateway, Extractor("v", "(.).*", 1), Request("/?v=2", headers={"x": "1x"}))
    assert outcome.request.headers["x-v"] == "1"


@pytest.mark.parametrize(
    ("extractor", "problem"),
    [
        (Extractor("v", "(a"), "extractors.v.regex: .* is no RE2"),
        (Extractor("v", "a", 1), "has no group 1"),
        (Extractor("v", "a", replacement_text="x"), "needs no replacement_text"),
        (Extractor("v", "a", mode="single_replace"), "needs a replacement_text"),
        (Extractor("v", "(a)", 1, "replace_all", "x"), "takes no subgroup"),
        (Extractor("v", "a", 0, "replace_all", "$1"), "names no group"),
        (Extractor("v", "a*", 0, "replace_all", "x"), "matches an empty text"),
        (Extractor("v.", "a"), "is not a name"),
    ],
)
def test_a_fault_is_told_also_where_nothing_uses_it(extractor: Extractor, problem: str) -> None:
    with pytest.raises(TemplateError, match=problem):
        compile_function(FunctionTemplate("a/b", extractors=(Parameter("header", "x", extractor=extractor),)))
