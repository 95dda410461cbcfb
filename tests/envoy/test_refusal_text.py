"""Envoy's refusals in one sentence."""

import pytest

from gloo.envoy.refusal_text import UNSAID, log_text, refusal_text

DUMP = 'goo.gle/debugproto  \nname: "r"\nvirtual_hosts {\n  key: "hidden"\n}\n'
RULES = (
    "Proto constraint validation failed (RouteConfigurationValidationError.VirtualHosts[0]: embedded message failed "
    "validation | caused by RouteMatchValidationError.QueryParameters[0]: embedded message failed validation | caused "
    "by QueryParameterMatcherValidationError.Name: value length must be at least 1 characters)"
)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (f"{DUMP}: {RULES}", "QueryParameterMatcher.name: value length must be at least 1 characters"),
        (
            "Proto constraint validation failed (BValidationError.MaxAge: value must be > 0)",
            "B.max_age: value must be > 0",
        ),
        (f"{DUMP}: no such thing", "no such thing"),
        ('goo.gle/debugonly a { key: "hidden" } : no such thing', "no such thing"),
        (f"{DUMP[:60]}...(truncated)", UNSAID),
        (DUMP, UNSAID),
        ("missing ): /a(", "missing ): /a("),
        ("one\n  two", "one two"),
    ],
)
def test_the_reason_is_told_without_what_was_refused(said: str, told: str) -> None:
    assert refusal_text(said) == told


def test_a_long_reason_is_cut() -> None:
    assert len(refusal_text("x" * 5000)) == 300


def test_a_line_of_the_log_keeps_its_beginning() -> None:
    line = f"warning config config for X rejected: {DUMP}: {RULES}".replace("\n", r"\n")
    reason = "QueryParameterMatcher.name: value length must be at least 1 characters"
    assert log_text(line) == f"warning config config for X rejected: {reason}"
    assert log_text("info main fine") == "info main fine"
