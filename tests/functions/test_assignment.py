"""Names that are set on all ways to where they are read need nothing of the request's body."""

import pytest

from gloo.functions import FunctionTemplate, compile_function
from gloo.functions.assignment import certainly_set
from gloo.functions.source import Source
from gloo.functions.template import parse


@pytest.mark.parametrize(
    ("template", "certain"),
    [
        ("{% set a = 1 %}{{ a }}", "a"),
        ("{{ a }}{% set a = 1 %}{{ a }}", "a"),  # the first is no name of a set yet
        ("{% set a = a %}{{ a }}", "a"),
        ("{% if b %}{% set a = 1 %}{% else %}{% set a = 2 %}{% endif %}{{ a }}", "a"),
        ("{% if b %}{% set a = 1 %}{% elif c %}{% set a = 2 %}{% else %}{% set a = 3 %}{% endif %}{{ a }}", "a"),
        ("{% if b %}{% set a = 1 %}{{ a }}{% endif %}", "a"),
        ("{% if b %}{% set a = 1 %}{% else %}{{ a }}{% endif %}", "a"),
        ("{% for x in xs %}{% set a = x %}{{ a }}{% endfor %}", "a"),
        ("{% set a = 1 %}{% for x in xs %}{% set a = a + x %}{% endfor %}{{ a }}", "a"),
        ("{% set a = 1 %}{% if b %}{% set a = 2 %}{% endif %}{{ a }}", "a"),
        ("{% if b %}{% set a = 1 %}{% endif %}{{ a }}", ""),
        ("{% if b %}{% set a = 1 %}{% endif %}{{ exists('a.b') }}", ""),
        ("{% if b %}{% set a = 1 %}{% endif %}{% set c = [1, a.b] %}", "c"),
        ("{% if b %}{% set a = 1 %}{% elif c %}{% set a = 2 %}{% endif %}{% if a %}{% endif %}", ""),
        ("{% for x in xs %}{% set a = x %}{% endfor %}{{ a }}", ""),
        ("{% for x in xs %}{% set a = x %}{% else %}{% set a = 0 %}{% endfor %}{{ a }}", ""),
        ("{% for x in xs %}{% if a %}{% endif %}{% set a = x %}{% endfor %}", "a"),
        ("{% for x in xs %}{% set a = x %}{% endfor %}{% for a in ys %}{{ a }}{% endfor %}", "a"),
        ("{% for x in xs %}{% set a = x %}{% endfor %}{% for a in ys %}{% endfor %}{{ a }}", ""),
    ],
)
def test_what_is_set_on_all_ways_is_certain(template: str, certain: str) -> None:
    assert certainly_set(parse(Source.of_line("body", template))) == frozenset(certain)


@pytest.mark.parametrize(("otherwise", "reads"), [("{% else %}{% set a = 2 %}", False), ("", True)])
def test_a_name_that_is_set_in_all_branches_does_not_make_a_function_read_the_body(otherwise: str, reads: bool) -> None:
    path = f"/{{% if header('x') %}}{{% set a = 1 %}}{otherwise}{{% endif %}}{{{{ a }}}}"
    assert compile_function(FunctionTemplate("pets/get", path=path)).reads_body is reads
