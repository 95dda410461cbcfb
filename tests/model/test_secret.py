"""Secrets: names and key-value pairs whose values show nowhere."""

import logging
import traceback

import pytest

from gloo.model.secret import Secret, is_secret_name

CANARY = "canary-7f3a"
SECRET = Secret("shop-cert", {"private_key": CANARY, "ca_chain": CANARY})


def test_a_secret_shows_its_name_and_keys_but_no_value() -> None:
    for text in (repr(SECRET), str(SECRET), f"{SECRET}", f"{[SECRET]}", "%s" % (SECRET,)):  # noqa: UP031  # one more way
        assert "shop-cert" in text
        assert "private_key" in text
        assert CANARY not in text


def test_a_log_line_with_a_secret_holds_no_value(caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger(__name__).warning("have %s", SECRET)
    assert "shop-cert" in caplog.text
    assert CANARY not in caplog.text


def test_a_traceback_over_a_secret_holds_no_value() -> None:
    try:
        raise ValueError(SECRET)
    except ValueError as error:
        assert CANARY not in "".join(traceback.format_exception(error))


@pytest.mark.parametrize(
    ("name", "expected"),
    [("shop-cert", True), ("a.b", True), ("", False), (".a", False), ("..", False), ("a/b", False)],
)
def test_a_name_that_leads_to_another_place_is_none(name: str, expected: bool) -> None:
    assert is_secret_name(name) is expected
