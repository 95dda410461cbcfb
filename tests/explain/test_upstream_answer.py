"""Answers of upstreams, as they are said."""

import pytest

from gloo.errors import ConfigError
from gloo.explain.lua_run import Answer
from gloo.explain.upstream_answer import answer_of


def test_names_are_in_lower_case_and_the_length_is_that_of_the_body() -> None:
    said = answer_of(201, [("X-A", " 1 "), ("Content-Length", "7"), ("x-a", "2")], b"t")
    assert said == Answer(201, (("x-a", "1"), ("x-a", "2")), b"t")


@pytest.mark.parametrize(
    ("status", "header", "body"),
    [(99, "a", None), (600, "a", None), (204, "a", b"x"), (304, "a", b"x"), (200, "a b", None)],
)
def test_what_no_upstream_could_say_is_told(status: int, header: str, body: bytes | None) -> None:
    with pytest.raises(ConfigError):
        answer_of(status, [(header, "1")], body)
