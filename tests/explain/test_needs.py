"""The names that templates use."""

from gloo.explain.delivery import names_from_body
from gloo.explain.needs import needed_names
from gloo.functions import FunctionTemplate, Parameter
from gloo.functions.body_modes import BodyMode
from gloo.functions.extractors import Extractor


def test_names_that_a_template_sets_itself_are_no_needs() -> None:
    body = "{% set a = b %}{% for x in xs %}{{ x.y }}{{ a }}{{ loop.index }}{% endfor %}{% if c %}{{ d.e }}{% endif %}"
    template = FunctionTemplate("f", "/{{ d.e }}", (("x-a", '{{ header("x-b") }}{{ c }}'),), body)
    assert needed_names(template) == {
        "d.e": ("path", "body"),
        "c": ("headers.x-a", "body"),
        "b": ("body",),
        "xs": ("body",),
    }


def test_fields_that_are_merged_into_a_body_have_needs_too() -> None:
    template = FunctionTemplate("f", mode=BodyMode(keys=(("total", "{{ price * count }}"),)))
    assert needed_names(template) == {"price": ("merge_json_keys.total",), "count": ("merge_json_keys.total",)}


def test_what_an_extractor_takes_is_no_field_of_the_body() -> None:
    extractor = Parameter("header", "accept", extractor=Extractor("version", "v([0-9]+)", 1))
    template = FunctionTemplate("f", "/v{{ version }}/{{ id }}", extractors=(extractor,))
    assert names_from_body(template, ()) == ("id",)


def test_the_values_of_a_form_are_needs() -> None:
    assert needed_names(FunctionTemplate("f", body='{{ values("tag") }}', parse_body="form")) == {"tag": ("body",)}
