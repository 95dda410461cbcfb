"""Parameters that no message can match are refused with their place; what can be matched is not."""

import pytest

from gloo.errors import TemplateError
from gloo.functions import FunctionTemplate, Parameter, ResponseTemplate, compile_function
from gloo.functions.extractors import Extractor
from gloo.functions.matchable import check_matchable
from gloo.functions.parameters import Origin


@pytest.mark.parametrize(
    ("source", "pattern", "column"),
    [
        ("path", "{token}", 1),
        ("path", "users/{id}", 1),
        ("path", "/a b/{id}", 3),
        ("path", "/{id}/é", 7),
        ("path", "/{id}#x", 6),
        ("path", '/"{id}', 2),
        ("path", "/%7E{id}", 2),
        ("path", "/./{id}", 1),
        ("path", "/../{id}", 1),
        ("path", "/{id}/..", 6),
        ("path", "/{id}/.?a={a}", 6),
        ("path", "/{id}?a b={a}", 8),
        ("authority", "{tenant} .org", 9),
        ("authority", "{tenant}/x", 9),
        ("header", "a\n{x}", 2),
        ("header", " Bearer {x}", 1),
        ("header", "{x}; ", 5),
        ("cookie", "{a};{b}", 4),
    ],
)
def test_a_pattern_that_never_matches_is_refused_where_it_is_wrong(source: Origin, pattern: str, column: int) -> None:
    with pytest.raises(TemplateError) as error:
        check_matchable([Parameter(source, "x" if source in ("header", "cookie") else "", pattern)])
    assert (error.value.line, error.value.column) == (1 + pattern.count("\n", 0, column - 1), column)


@pytest.mark.parametrize(
    ("source", "pattern"),
    [
        ("path", "/{id}"),
        ("path", "/.{id}"),
        ("path", "/{id}/..{rest}"),
        ("path", "/%2F%zz/{id}?a=%41/../{a}"),
        ("path", "/a//b/{id}!$&'()*+,;=:@~"),
        ("path", "*"),
        ("authority", "{tenant}.Example.org:{port}"),
        ("header", "Bearer {x}, é\t{y}"),
        ("cookie", "a={x} {y}"),
        ("query", " {x}\n;&=é "),
        ("body", "\n{x} "),
    ],
)
def test_a_pattern_that_may_match_is_taken(source: Origin, pattern: str) -> None:
    check_matchable([Parameter(source, "" if source in ("path", "authority") else "x", pattern)])


@pytest.mark.parametrize("name", ["bad name", "x:y", ":status", ":protocol", "é"])
def test_a_header_that_no_request_has_is_refused(name: str) -> None:
    with pytest.raises(TemplateError, match="no request has a header"):
        compile_function(FunctionTemplate("a/b"), [Parameter("header", name)])
    extractor = Parameter("header", name, extractor=Extractor("v", "x"))
    with pytest.raises(TemplateError, match=r"extractors\.v"):
        compile_function(FunctionTemplate("a/b", extractors=(extractor,)))


def test_a_header_that_no_answer_has_is_refused() -> None:
    check_matchable([Parameter("header", ":status")], "response")
    response = ResponseTemplate(parameters=(Parameter("header", ":path"),), body="x")
    with pytest.raises(TemplateError, match="no response has a header"):
        compile_function(FunctionTemplate("a/b", responses=(response,)))


@pytest.mark.parametrize("regex", ["[0-9]+", "(a|b*)c", "^$", "x?y", "", "[^/]+"])
def test_a_regex_for_a_part_of_the_path_is_refused(regex: str) -> None:
    for place in (("path", ""), ("header", ":path")):
        with pytest.raises(TemplateError, match="must match the whole path"):
            check_matchable([Parameter(*place, extractor=Extractor("v", regex))])
    check_matchable([Parameter("header", "x", extractor=Extractor("v", regex))])
    check_matchable([Parameter("path", extractor=Extractor("v", regex, mode="replace_all", replacement_text="-"))])


@pytest.mark.parametrize("regex", ["/x", ".*([0-9]+)", "x*/", "(?:a|/)x", "^/", "[^a-z]+", "(?i)/A", "[[:punct:]]x"])
def test_a_regex_for_the_whole_path_is_taken(regex: str) -> None:
    check_matchable([Parameter("path", extractor=Extractor("v", regex))])


@pytest.mark.parametrize("name", ["a;b", "a=b", " a", "a\t"])
def test_a_cookie_that_no_request_has_is_refused(name: str) -> None:
    with pytest.raises(TemplateError, match="no cookie"):
        check_matchable([Parameter("cookie", name)])


def test_an_empty_part_of_the_name_of_a_field_is_refused() -> None:
    with pytest.raises(TemplateError, match="is not a name"):
        check_matchable([Parameter("body", "a..b", "{x}")])


@pytest.mark.parametrize("name", [":path", ":method", ":authority", ":scheme", "X-Pet_1", "host"])
def test_a_header_that_requests_have_is_taken(name: str) -> None:
    check_matchable([Parameter("header", name)])
