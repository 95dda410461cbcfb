"""Response templates in words."""

import pytest

from gloo.explain.rules import condition_text
from gloo.functions import Condition


@pytest.mark.parametrize(
    ("when", "text"),
    [
        (Condition(), "2xx"),
        (Condition(("any",)), "any status"),
        (Condition(("404",)), "404"),
        (
            Condition(("5xx", "429"), (("content-type", "application/json*"), ("x-a", "1"))),
            "5xx or 429 with content-type: application/json* and x-a: 1",
        ),
    ],
)
def test_a_condition_is_told_in_few_words(when: Condition, text: str) -> None:
    assert condition_text(when) == text
