"""Shares keep their fractions."""

import pytest

from gloo.model.percent import parts_per_million


@pytest.mark.parametrize(("percent", "parts"), [(0, 0), (100, 1_000_000), (0.0001, 1), (33.3333, 333_333)])
def test_a_percentage_is_counted_in_millionths(percent: float, parts: int) -> None:
    assert parts_per_million(percent) == parts
