"""Stand-ins for what only a live proxy knows."""

from gloo.explain.placeholders import CLIENT_ADDRESS, REQUEST_ID, fits, is_told, unescaped


def test_a_stand_in_fits_any_text_and_nothing_else_does() -> None:
    assert fits(f"/a/{REQUEST_ID}?x", "/a/7f-1?x")
    assert not fits(f"/a/{REQUEST_ID}?x", "/b/7f-1?x")
    assert fits("50%", "50%")
    assert not fits("50%", "51%")


def test_a_text_with_a_command_is_not_known_as_a_whole() -> None:
    assert [is_told(text) for text in ("50%", "9.9.9.9", f"9.9.9.9,{CLIENT_ADDRESS}")] == [True, True, False]


def test_a_stand_in_is_shown_as_it_is_written_though_a_function_has_escaped_it() -> None:
    assert unescaped("/a/%25REQ%28x-request-id%29%25/%25") == f"/a/{REQUEST_ID}/%25"
