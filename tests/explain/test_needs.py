"""The names that templates use."""

from gloo.explain.needs import needed_names
from gloo.functions import FunctionTemplate


def test_names_that_a_template_sets_itself_are_no_needs() -> None:
    body = "{% set a = b %}{% for x in xs %}{{ x.y }}{{ a }}{{ loop.index }}{% endfor %}{% if c %}{{ d.e }}{% endif %}"
    template = FunctionTemplate("f", "/{{ d.e }}", (("x-a", '{{ header("x-b") }}{{ c }}'),), body)
    assert needed_names(template) == {
        "d.e": ("path", "body"),
        "c": ("headers.x-a", "body"),
        "b": ("body",),
        "xs": ("body",),
    }
