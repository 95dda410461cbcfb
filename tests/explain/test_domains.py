"""The virtual service that answers for a host."""

import pytest

from gloo.explain.domains import fitting_domains

DOMAINS = tuple((d, d) for d in ("a.test", "*.test", "*.a.test", "a.*", "a.b.*", "*"))


@pytest.mark.parametrize(
    ("host", "fitting"),
    [
        ("A.test:80", ["a.test", "*.test", "a.*", "*"]),
        ("x.a.test", ["*.a.test", "*.test", "*"]),
        ("a.b.c", ["a.b.*", "a.*", "*"]),
        (".test", ["*"]),
        ("b", ["*"]),
    ],
)
def test_exact_beats_suffix_beats_prefix_beats_any_and_longer_beats_shorter(host: str, fitting: list[str]) -> None:
    assert [each.domain for each in fitting_domains(host, DOMAINS)] == fitting


def test_a_choice_says_why() -> None:
    assert fitting_domains("x.a.test", DOMAINS)[0].reason == "the longest domain that begins with *"
