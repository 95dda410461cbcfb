"""Durations as users write them."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gloo.errors import ConfigError
from gloo.model.duration import Duration, check_milliseconds, check_seconds


@pytest.mark.parametrize(
    ("written", "nanoseconds"),
    [
        ("3s", 3 * 10**9),
        ("250ms", 250 * 10**6),
        ("1m30s", 90 * 10**9),
        ("1.5h", 5400 * 10**9),
        ("0", 0),
        ("0s", 0),
        ("7us", 7000),
        ("7µs", 7000),
        (3_000_000_000, 3 * 10**9),
        (3e9, 3 * 10**9),
        (0, 0),
    ],
)
def test_durations_are_text_with_units_or_whole_nanoseconds(written: object, nanoseconds: int) -> None:
    assert Duration.parse(written).nanoseconds == nanoseconds


@pytest.mark.parametrize(
    "written",
    [
        "",
        "3",
        "soon",
        "3 s",
        "-3s",
        "s",
        "3s ",
        "3d",
        -1,
        True,
        1.5,
        1e300,
        float("nan"),
        None,
        [],
        "1h" * 10**5 + "x",
        "9" * 30 + "h",
    ],
)
def test_what_is_no_duration_is_refused_with_an_example(written: object) -> None:
    with pytest.raises(ValueError, match=r"is not a duration \(e\.g\. 3s"):
        Duration.parse(written)


@given(st.integers(min_value=0, max_value=10**20))
def test_a_duration_reads_back_from_what_it_is_written_as(nanoseconds: int) -> None:
    duration = Duration(nanoseconds)
    assert Duration.parse(str(duration)) == duration


def test_equal_spans_are_equal_however_they_were_written() -> None:
    assert {Duration.parse("90s"), Duration.parse("1m30s"), Duration.parse(90 * 10**9)} == {Duration(90 * 10**9)}


@pytest.mark.parametrize(("check", "least"), [(check_milliseconds, 10**6), (check_seconds, 10**9)])
def test_a_span_that_would_be_counted_as_none_is_refused(check: Callable[..., None], least: int) -> None:
    for span in (None, Duration(least), Duration(10 * least)):
        check(span, "f")
    check(Duration(0), "f", zero="for no limit")
    for span, zero in ((Duration(0), ""), (Duration(least - 1), ""), (Duration(1), "for no limit")):
        with pytest.raises(ConfigError, match="is too short"):
            check(span, "f", zero=zero)
