"""Statements: branches, loops, `set`, and the bounds that keep them short."""

import json
from typing import Any

import pytest
from tests.functions.gateway import Gateway, Outcome, Request, call

from gloo.errors import TemplateError
from gloo.functions import FunctionTemplate, Parameter, compile_function


def run(gateway: Gateway, template: str, **fields: Any) -> Outcome:
    return call(gateway, Request(body=json.dumps(fields).encode()), body=template)


def text(gateway: Gateway, template: str, **fields: Any) -> str:
    outcome = run(gateway, template, **fields)
    assert outcome.status is None, outcome.answer
    return (outcome.request.body or b"").decode()


@pytest.mark.parametrize(
    ("value", "result"),
    [(1, "one"), (2, "two"), (0, "none"), (None, "none"), ("", "none"), ([], "none"), ({}, "none"), ("x", "many"),
     (3, "many")],
)  # fmt: skip
def test_branches(gateway: Gateway, value: Any, result: str) -> None:
    template = "{% if not a %}none{% elif a == 1 %}one{% else if a == 2 %}two{% else %}many{% endif %}"
    assert text(gateway, template, a=value) == result


def test_a_missing_name_is_false(gateway: Gateway) -> None:
    assert text(gateway, "{% if a %}1{% endif %}{% if not a.b %}2{% endif %}") == "2"


def test_loops_over_lists_know_where_they_are(gateway: Gateway) -> None:
    template = (
        "{% for x in xs %}{{ loop.index }}{{ loop.index1 }}{{ x }}{% if not loop.is_last %},{% endif %}{% endfor %}"
    )
    assert text(gateway, template, xs=["a", "b"]) == "01a,12b"
    assert text(gateway, "{% for x in xs %}{{ x }}{% else %}none{% endfor %}", xs=[]) == "none"


def test_loops_over_objects_keep_the_order(gateway: Gateway) -> None:
    assert text(gateway, "{% for k, v in o %}{{ k }}={{ v }};{% endfor %}", o={"b": 1, "a": [2]}) == "b=1;a=[2];"


def test_loops_nest(gateway: Gateway) -> None:
    template = (
        "{% for r in rows %}{% for c in r.cells %}{{ c }}{{ loop.is_last }} {% endfor %}{{ loop.index }};{% endfor %}"
    )
    assert text(gateway, template, rows=[{"cells": [1, 2]}, {"cells": []}]) == "1false 2true 0;1;"


def test_what_can_not_be_looped_over_is_refused(gateway: Gateway) -> None:
    for template in ("{% for x in a %}{% endfor %}", "{% for k, v in xs %}{% endfor %}"):
        outcome = run(gateway, template, a="text", xs=[1])
        assert (outcome.code, outcome.log) == ("bad_value", None)
    assert run(gateway, "{% for x in a %}{% endfor %}").code == "missing_parameter"


def test_set_holds_from_there_on(gateway: Gateway) -> None:
    assert text(gateway, "{{ a }}{% set a = a + 1 %}{{ a }}{% set a = a * 10 %}{{ a }}", a=1) == "1220"
    template = "{% set n = 0 %}{% for x in xs %}{% set n = n + x %}{% endfor %}{{ n }}"
    assert text(gateway, template, xs=[1, 2, 3]) == "6"
    assert text(gateway, "{% if b %}{% set a = 2 %}{% endif %}{{ a }}", a=1) == "1"


def test_a_loop_name_hides_a_field_and_ends_with_the_loop(gateway: Gateway) -> None:
    assert text(gateway, "{{ x }}{% for x in xs %}{{ x.y }}{% endfor %}{{ x }}", x="o", xs=[{"y": 1}]) == "o1o"


def test_values_in_loops_are_escaped_for_their_place(gateway: Gateway) -> None:
    listed, fields = '{% for t in tags %}"{{ t }}", {% endfor %}', "{% for k, v in o %}{{ k }}: {{ v }},{% endfor %}"
    template = f'{{"tags": [{listed}""], {fields} "n": 1}}'
    tags, o = ['a"b', "c\n", 1], {'k"': {"x": [1.5]}}
    assert json.loads(text(gateway, template, tags=tags, o=o)) == {"tags": ['a"b', "c\n", "1", ""], **o, "n": 1}


def test_blanks_are_controlled(gateway: Gateway) -> None:
    assert text(gateway, "a \n{%- if b -%}\n x {%- endif %} c", b=1) == "ax c"
    assert text(gateway, "## for x in xs\n{{ x }}\n## endfor\nend", xs=[1, 2]) == "1\n2\nend"
    assert text(gateway, "x{% raw %}{{ a }}{% endraw %}{# no #}") == "x{{ a }}"


BIG = "x" * 60_000


@pytest.mark.parametrize(
    ("template", "code"),
    [
        ("{% for x in xs %}{{ s }}{% endfor %}", "too_long"),
        ("{% for x in xs %}{% for y in xs %}{% endfor %}{% endfor %}", "too_long"),
        ("{% for x in xs %}{% if x in xs %}{% endif %}{% endfor %}", "too_long"),
        ("{% for x in xs %}{% set t = upper(s) %}{% endfor %}", "too_long"),
        ("{% set t = 'ab' %}{% for x in xs %}{% set t = t ~ t %}{% endfor %}", "too_long"),
        ("{% set t = 1 %}{% for x in range(60) %}{% set t = [t, t] %}{% endfor %}{{ t }}", "too_long"),
        ("{% set t = 1 %}{% for x in xs %}{% set t = [t] %}{% endfor %}{{ t }}", "too_deep"),
        ("{% set t = 1 %}{% for x in xs %}{% set t = [t] %}{% endfor %}{% if t == [t] %}{% endif %}", "too_deep"),
        ("{{ replace(s, 'x', s) }}", "too_long"),
        ("{{ join(xs, s) }}", "too_long"),
        ("{{ sort(xs) }}", "too_long"),
        ("{% for x in range(length(xs) ** 2) %}{% endfor %}", "too_long"),
        ("{% for x in xs %}{% set t = base64_encode(s) %}{% endfor %}", "too_long"),
    ],
)
def test_no_body_makes_a_template_long(gateway: Gateway, template: str, code: str) -> None:
    outcome = run(gateway, template, s=BIG, xs=list(range(10_000)))
    assert (outcome.status, outcome.code, outcome.log) == (400, code, None)


def test_statements_are_nested_at_most_thirty_deep(gateway: Gateway) -> None:
    def nested(depth: int) -> str:
        return "{% if a %}" * depth + "x" + "{% endif %}" * depth

    assert text(gateway, nested(30), a=1) == "x"
    with pytest.raises(TemplateError, match="nested deeper than 30"):
        text(gateway, nested(31), a=1)


@pytest.mark.parametrize(
    "text", ["{% set a = header('y') %}v{{ a }}", "{% set a = 1 %}{% if a %}{% set a = 2 %}{% endif %}{{ a }}"]
)
def test_a_name_that_is_set_in_any_case_does_not_read_the_body(gateway: Gateway, text: str) -> None:
    assert not compile_function(FunctionTemplate("u/f", headers=(("x-a", text),)), ()).reads_body
    outcome = call(gateway, Request(headers={"y": "1"}, body=b"no JSON"), headers=(("x-a", text),))
    assert outcome.request.headers["x-a"] in ("v1", "2")


def test_a_name_that_is_set_in_some_cases_means_the_field_in_others(gateway: Gateway) -> None:
    text = "{% if header('y') %}{% set a = 1 %}{% endif %}{{ a }}"
    for headers, found in (({"y": "1"}, "1"), ({}, "field")):
        request = Request(headers=dict(headers), body=b'{"a": "field"}')
        assert call(gateway, request, headers=(("x-a", text),)).request.headers["x-a"] == found


@pytest.mark.parametrize("loop", ["x in id", "k, v in id", "x in method"])
def test_a_loop_over_what_is_text_for_all_requests_is_refused(loop: str) -> None:
    template = FunctionTemplate("a/b", body=f"{{% for {loop} %}}x{{% endfor %}}")
    with pytest.raises(TemplateError, match=r"line 1, column \d+: '(id|method)' is text for all requests"):
        compile_function(template, (Parameter("query", "id"),))
    assert compile_function(template).source


def test_a_loop_over_a_field_of_a_form_is_refused_with_what_is_a_list() -> None:
    template = FunctionTemplate("a/b", body="{% for x in tag %}x{% endfor %}", parse_body="form")
    with pytest.raises(TemplateError, match=r'values\("tag"\) is a list'):
        compile_function(template)


def test_a_loop_over_a_parameter_beside_a_form_is_not_told_of_the_fields_of_that() -> None:
    template = FunctionTemplate("a/b", body="{% for x in tag %}x{% endfor %}", parse_body="form")
    with pytest.raises(TemplateError, match="parameters are text"):
        compile_function(template, (Parameter("query", "tag"),))


@pytest.mark.parametrize("question", ["isArray(id)", "not isString(id)"])
def test_a_template_that_asks_what_a_value_is_may_loop_over_what_is_text_on_one_route(question: str) -> None:
    text = (
        f"{{% if {question} %}}{{% for x in id %}}x{{% endfor %}}{{{{ id[0] }}}}{{% else %}}{{{{ id }}}}{{% endif %}}"
    )
    assert compile_function(FunctionTemplate("a/b", body=text), (Parameter("query", "id"),)).source


@pytest.mark.parametrize("parameters", [[Parameter("body", "id")], [Parameter("query", "id"), Parameter("body", "id")]])
def test_a_loop_over_what_may_be_a_list_is_none_of_text(parameters: list[Parameter]) -> None:
    assert compile_function(FunctionTemplate("a/b", body="{% for x in id %}x{% endfor %}"), parameters).source


@pytest.mark.parametrize(
    "text", ["{{ id[0] }}", "{{ default(id[0], 1) }}", "{% if exists(id.0) %}{% endif %}", "{{ id[n] }}"]
)
def test_an_element_of_what_is_text_for_all_requests_is_refused(text: str) -> None:
    template = FunctionTemplate("a/b", body=text)
    with pytest.raises(TemplateError, match="'id' is text for all requests; it has no elements"):
        compile_function(template, (Parameter("query", "id"),))
    assert compile_function(template).source
