"""What users write about discovery."""

import pytest

from gloo.model.discovery import Discovery
from gloo.model.strict import decode_struct


def test_without_a_word_nobody_is_asked() -> None:
    found, problems = decode_struct({}, Discovery)
    assert (found, problems) == (Discovery(), ())
    assert not Discovery().functions
    assert (str(Discovery().every), Discovery().most) == ("300s", 500)


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        ({"every": "10ms"}, ""),
        ({"every": "soon"}, "every"),
        ({"most": 0}, "most"),
        ({"most": 10_001}, "most"),
        ({"function": True}, "function"),
    ],
)
def test_what_can_not_be_is_told(raw: dict[str, object], field: str) -> None:
    found, (problem,) = decode_struct(raw, Discovery)
    assert (found, problem.field) == (None, field)
