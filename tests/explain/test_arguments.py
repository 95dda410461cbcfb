"""What functions have a use for."""

import pytest

from gloo.errors import ConfigError
from gloo.explain.arguments import Wants, check_arguments, reads_whole_body
from gloo.functions import FunctionTemplate
from gloo.functions.body_modes import BodyMode


@pytest.mark.parametrize("name", ["user", "user.name", "user.name.first", "tags"])
def test_an_argument_may_be_a_field_of_what_is_wanted_or_hold_it(name: str) -> None:
    check_arguments(Wants(frozenset(["user.name", "tags"]), (), anything=False), [(name, 1)])


@pytest.mark.parametrize(
    ("names", "hint"), [([], "it takes none"), (["users"], "did you mean 'users'"), (["id"], "valid: id")]
)
def test_any_other_is_told_with_the_nearest_name(names: list[str], hint: str) -> None:
    with pytest.raises(ConfigError, match=f"no use for 'user'.*{hint}"):
        check_arguments(Wants(frozenset(names), (), anything=False), [("user", 1)])
    check_arguments(Wants(frozenset(names), (), anything=True), [("user", 1)])


def test_a_function_that_names_the_body_or_all_fields_reads_all_of_it() -> None:
    for text in ("{{ body() }}", "{{ length(context()) }}", "{% if x %}{{ body() }}{% endif %}"):
        assert reads_whole_body(FunctionTemplate("f", headers=(("x-a", text),)))
    assert reads_whole_body(FunctionTemplate("f", mode=BodyMode("wrap")))
    assert not reads_whole_body(FunctionTemplate("f", body="{{ a }}", path="/{{ upper(b) }}"))
