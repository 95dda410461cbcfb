"""An upstream is asked at its own pace, more seldom while it fails, and not at all while it wants to be left alone."""

import pytest
from hypothesis import given
from hypothesis.strategies import floats, integers

from gloo.discovery.known import Known
from gloo.discovery.pace import Pace

PACE = Pace(retry=10, longest=900)
MIDDLE = 0.5


@pytest.mark.parametrize(("failures", "seconds"), [(0, 300), (1, 10), (2, 20), (3, 40), (8, 900), (500, 900)])
def test_each_failure_doubles_the_time_up_to_the_longest(failures: int, seconds: float) -> None:
    assert PACE.next(300, failures, wait=0, chance=MIDDLE) == seconds


def test_an_upstream_that_is_asked_seldom_is_not_asked_more_often_for_failing_long() -> None:
    assert PACE.next(3600, 30, wait=0, chance=MIDDLE) == 3600


def test_what_an_upstream_asks_for_is_kept_up_to_a_day() -> None:
    assert PACE.next(5, 1, wait=120, chance=0) == 120
    assert PACE.next(5, 1, wait=10**9, chance=0) == 86_400


@given(floats(1, 10_000), integers(0, 50), floats(0, 1))
def test_chance_moves_a_question_by_a_tenth_at_most(every: float, failures: int, chance: float) -> None:
    middle = PACE.next(every, failures, wait=0, chance=MIDDLE)
    moved = PACE.next(every, failures, wait=0, chance=chance)
    assert middle * 0.899 <= moved <= middle * 1.101


@pytest.mark.parametrize(
    ("known", "seconds"),
    [
        (None, 0),
        (Known(question="q"), 0),
        (Known(question="q", asked=1000, answered=1000), 200),
        (Known(question="q", asked=500, answered=500), 0),
        (Known(question="q", asked=5000, answered=5000), 300),
        (Known(question="q", asked=1095, answered=1000, failures=1), 5),
    ],
)
def test_a_restart_asks_no_sooner_than_it_would_have_been(known: Known | None, seconds: float) -> None:
    assert PACE.first(300, known, now=1100) == seconds
