"""URLs of places where functions are asked for."""

import pytest

from gloo.plugins.origin import Origin, parse_origin


@pytest.mark.parametrize(
    ("url", "origin", "authority"),
    [
        ("http://a.example.org", Origin("http", "a.example.org", 80), "a.example.org"),
        ("https://a.example.org/x/", Origin("https", "a.example.org", 443, "/x"), "a.example.org"),
        ("http://[::1]:8080/", Origin("http", "::1", 8080), "[::1]:8080"),
    ],
)
def test_a_url_has_its_parts(url: str, origin: Origin, authority: str) -> None:
    assert parse_origin(url) == origin
    assert parse_origin(url).authority == authority


@pytest.mark.parametrize(
    "url", ["a:80", "ftp://a", "http://", "http://u:p@a", "http://a?x", "http://a#x", "http://a:x"]
)
def test_what_is_no_such_url_is_told(url: str) -> None:
    with pytest.raises(ValueError, match=r"URL|user|query|[Pp]ort"):
        parse_origin(url)
