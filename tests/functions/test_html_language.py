"""HTML: a value stands in text and attributes, and never in a script or a style."""

import pytest

from gloo.errors import TemplateError
from gloo.functions import FunctionTemplate, Program, compile_function


def compiled(body: str) -> Program:
    return compile_function(FunctionTemplate("a/b", headers=(("content-type", "text/html; charset=utf-8"),), body=body))


@pytest.mark.parametrize(
    "body",
    [
        "<p q='{{ x }}'>{{ x }}</p>",
        "<script src='{{ x }}'>if (a < b) { c('</p>') }</SCRIPT ><p>{{ x }}</p>",
        "<script src='a>b'>x</script>{{ x }}",
        "<scripted>{{ x }}</scripted>",
        "<p title='<script>'>{{ x }}</p>",
        "<!-- <script> --><p>{{ x }}</p>",
        "<style>a > b {}</style><script></script>{{ x }}",
        "{% if x %}<script>1</script>{% endif %}{{ x }}",
        "<script{% if y %} async{% endif %} src='{{ x }}'></script>{{ x }}",
        "<s{% if y %} class='{{ x }}'{% endif %}>{{ x }}</s>",
        "<p title='on' data-onclick = '{{ x }}' styles=\"{{ x }}\" href='{{ x }}'>{{ x }}</p>",
        "<p onclick='go()' title='{{ x }}'>onclick='{{ x }}'</p>",
        "<p {% for a in x %}o{% endfor %}='1' title='{{ x }}'>",
        "<p{% for a in x %} {% if y %}on{% endif %}{% endfor %} title='{{ x }}'>",
        "<{% if y %}h1{% else %}script{% endif %} a='{{ x }}'></{% if y %}h1{% else %}script{% endif %}>",
    ],
)
def test_a_value_stands_in_text_and_attributes(body: str) -> None:
    assert "gloo.xml_" in compiled(body).source


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ("<script>var x = {{ x }};</script>", "column 20: .*can't stand in a script"),
        ("<p><SCRIPT type='a'>'{{ x }}'</SCRIPT></p>", "can't stand in a script"),
        ("<style>a { color: {{ x }} }</style>", "can't stand in a style"),
        ("<script>{% if y %}1{% endif %}{{ x }}</script>", "can't stand in a script"),
        ("<script{% if y %} async{% endif %}>{{ x }}</script>", "can't stand in a script"),
        ("<{% if y %}style{% else %}script{% endif %}>{{ x }}", "can't stand in a (style|script)"),
        ("<s{% if y %}tyle{% else %}cript{% endif %}{# now #}>{{ x }}", "can't stand in a (style|script)"),
        ("<p onclick=\"go('{{ x }}')\">", "column 20: .*can't stand in the attribute onclick"),
        ("<p title='{{ x }}' OnLoad = '{{ x }}'>", "column 33: .*can't stand in the attribute onload"),
        ("<p/style='color: {{ x }}'>", "can't stand in the attribute style"),
        ("<iframe srcdoc='{{ x }}'>", "can't stand in the attribute srcdoc"),
        ("<p {% if y %}on{% endif %}click='{{ x }}'>", "can't stand in the attribute onclick"),
        ("<p onclick{% if y %} {% endif %}={# a #}'{% if y %}go({% endif %}{{ x }})'>", "in the attribute onclick"),
        ("<p onclick='{{ x }}' title='{{ x }}'>", "column 16: "),
        ("<script>1", "ends inside a script"),
        ("<p {{ x }}>", "can't stand in a tag"),
        ("<p <b>", "column 4: .*'<' can't stand in a tag"),
    ],
)
def test_a_value_that_no_escaping_keeps_in_its_place_is_refused(body: str, problem: str) -> None:
    with pytest.raises(TemplateError, match=problem):
        compiled(body)
