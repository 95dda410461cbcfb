"""Stand-ins for what only a live proxy knows."""

import pytest

from gloo.explain.placeholders import CLIENT_ADDRESS, REQUEST_ID, fits, is_told, unescaped


def test_a_stand_in_fits_any_text_and_nothing_else_does() -> None:
    assert fits(f"/a/{REQUEST_ID}?x", "/a/7f-1?x")
    assert not fits(f"/a/{REQUEST_ID}?x", "/b/7f-1?x")
    assert fits("50%", "50%")
    assert not fits("50%", "51%")


def test_a_text_with_a_command_is_not_known_as_a_whole() -> None:
    assert [is_told(text) for text in ("50%", "9.9.9.9", f"9.9.9.9,{CLIENT_ADDRESS}")] == [True, True, False]


@pytest.mark.parametrize("text", ["/caf%C3%A9", "%E2%98%83", "/%ABCD%20"])
def test_escapes_of_a_url_are_no_commands(text: str) -> None:
    assert is_told(text)
    assert not fits(text, text.replace("%", "x"))


@pytest.mark.parametrize("command", ["%CEL(request.id)%", "%ACCESS_LOG_TYPE%", "%START_TIME%", "%REQ(x):5%"])
def test_commands_that_begin_like_escapes_are_commands(command: str) -> None:
    assert not is_told(f"a {command}")


def test_a_stand_in_is_shown_as_it_is_written_though_a_function_has_escaped_it() -> None:
    assert unescaped("/a/%25REQ%28x-request-id%29%25/%25") == f"/a/{REQUEST_ID}/%25"
