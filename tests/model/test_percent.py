"""Shares keep their fractions."""

import pytest

from gloo.model.percent import lost_shares, parts_per_million


@pytest.mark.parametrize(("percent", "parts"), [(0, 0), (100, 1_000_000), (0.0001, 1), (33.3333, 333_333)])
def test_a_percentage_is_counted_in_millionths(percent: float, parts: int) -> None:
    assert parts_per_million(percent) == parts


def test_a_share_that_is_lost_is_told_and_none_is_none() -> None:
    assert [error.field for error in lost_shares({"a": 0.00001, "b": 0, "c": 0.0001})] == ["a"]
