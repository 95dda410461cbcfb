"""Names in HTTP."""

import pytest

from gloo.errors import ConfigError
from gloo.model.http_name import check_header_name, check_header_value, is_host, is_token


@pytest.mark.parametrize(
    ("text", "token"), [("GET", True), ("x-a_b", True), ("", False), ("a b", False), ("a\n", False)]
)
def test_a_token_has_the_characters_of_rfc_9110(text: str, token: bool) -> None:
    assert is_token(text) is token


@pytest.mark.parametrize("host", ["a", "a_b.example.org", "example.org.", "10.0.0.1", "[::1]", "a:80", "[::1]:8080"])
def test_a_host_is_a_name_or_an_address_maybe_with_a_port(host: str) -> None:
    assert is_host(host)
    assert is_host(host, port=False) is (not host.endswith("80"))


@pytest.mark.parametrize("host", ["", "a b", "a..b", ".a", "http://a", "a/b", "a:", "a:b", "::1", "a\n", "ä"])
def test_what_no_request_can_name_is_no_host(host: str) -> None:
    assert not is_host(host)


def test_header_names_are_kept_in_lower_case() -> None:
    assert check_header_name("X-Name", "f") == "x-name"


@pytest.mark.parametrize("name", ["Host", ":path", ":authority", "a b", "a:b", ""])
def test_what_is_no_header_of_its_own_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="f: "):
        check_header_name(name, "f")


@pytest.mark.parametrize("name", ["Content-Length", "transfer-encoding", "connection", "TE", "upgrade", "keep-alive"])
def test_what_frames_messages_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="Envoy sets it"):
        check_header_name(name, "f")


@pytest.mark.parametrize("value", ["a\r\nb", "a\x00", "\x7f"])
def test_a_value_can_not_break_the_lines_of_a_request(value: str) -> None:
    with pytest.raises(ConfigError, match="can't hold"):
        check_header_value(value, "f")


def test_a_tab_may_stand_in_a_value() -> None:
    check_header_value("a\tb", "f")
