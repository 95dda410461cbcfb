"""Requests as Envoy sees them."""

import pytest

from gloo.errors import ConfigError
from gloo.explain.request import normalised, request_of, without_port


@pytest.mark.parametrize(
    ("target", "seen"),
    [
        ("/%61b%2e%2E/x", "/ab../x"),
        ("/a/../b", "/b"),
        ("/a/%2e%2e/b", "/b"),
        ("/a//b", "/a//b"),
        ("/a\\b", "/a/b"),
        ("/a/./b?x=/../y", "/a/b?x=/../y"),
        ("/%7e%2d%20%2f%2F%zz%", "/~-%20%2f%2F%zz%"),
        ('/a"<>^`{|}~b', "/a%22%3C%3E%5E%60%7B%7C%7D~b"),
        ("/..", "/"),
        ("/a/.", "/a/"),
        ("/a/..%2fb", "/a/..%2fb"),
        ("/a?x=%61{}", "/a?x=%61{}"),
        ("/public/..;/admin", "/admin"),
        ("/p/.;a=b/x", "/p/x"),
        ("/p/..;%2f/x", "/x"),
        ("/p/..;\\x/y", "/y"),
        ("/p/..;?a", "/?a"),
        ("/p/%2e%2e;/.%2e;/..%3b/...;/x", "/p/..;/..;/..%3b/...;/x"),
        ("/%4%41", "/%254A"),
        ("/%b%41", "/%25bA"),
        ("/%%340", "/%2540"),
        ("/%%34g", "/%4g"),
    ],
)
def test_a_path_is_normalised_as_envoy_was_seen_to_do(target: str, seen: str) -> None:
    assert normalised(target) == seen


@pytest.mark.parametrize("target", ["/a#b", "/a%00", "/a b", "/é", "a"])
def test_what_envoy_answers_400_is_no_request(target: str) -> None:
    with pytest.raises(ConfigError, match="400"):
        normalised(target)


def test_a_url_gives_scheme_host_and_target() -> None:
    request = request_of("GET", "https://Shop.test:8443/a?b=1")
    assert (request.method, request.scheme, request.host, request.path) == ("GET", "https", "Shop.test:8443", "/a?b=1")


def test_the_host_header_beats_the_host_of_the_url() -> None:
    request = request_of("GET", "http://a.test/", [("Host", "b.test"), ("X-A", " 1 ")])
    assert (request.host, request.headers) == ("b.test", (("x-a", "1"),))


def test_the_final_dot_of_a_host_is_taken_away() -> None:
    hosts = ("b.test.", "b.test.:80", "b.test", "b..:8@", "b.:8.")
    found = [request_of("GET", "/", [("host", host)]).host for host in hosts]
    assert found == ["b.test", "b.test:80", "b.test", "b.:8@", "b.:8"]


def test_a_path_alone_asks_localhost_unless_the_host_is_said_to_be_empty() -> None:
    assert request_of("GET", "/x").host == "localhost"
    assert request_of("GET", "/x", [("host", "")]).host == ""


@pytest.mark.parametrize(
    ("url", "path"), [("/p?", "/p?"), ("http://a.test/p?", "/p?"), ("a.test?q", "/?q"), ("http://a.test", "/")]
)
def test_a_url_keeps_what_stands_behind_the_host(url: str, path: str) -> None:
    assert request_of("GET", url).path == path


@pytest.mark.parametrize(("url", "hint"), [("pets", "/pets"), ("pets/7", "http://pets/7"), ("", "starts with /")])
def test_what_may_be_a_path_or_a_host_is_refused_with_a_hint(url: str, hint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        request_of("GET", url)
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    ("method", "url", "headers"),
    [
        ("GET", "http://[::1", ()),
        ("GET", "http://a:99999/", ()),
        ("GET", "http://a:x/", ()),
        ("G T", "/", ()),
        ("GET", "ftp://a/", ()),
        ("GET", "http://a/#b", ()),
        ("GET", "/", (("a b", "1"),)),
        ("GET", "/", (("a", "1\r\nb: 2"),)),
    ],
)
def test_what_nobody_can_send_is_refused(method: str, url: str, headers: tuple[tuple[str, str], ...]) -> None:
    with pytest.raises(ConfigError):
        request_of(method, url, headers)


def test_matchers_see_values_one_by_one_but_for_headers_that_envoy_joins() -> None:
    request = request_of("GET", "/", [("x-a", "1"), ("x-a", "2"), ("accept", "1"), ("accept", "2")])
    assert (request.values("x-a"), request.values("accept"), request.values("x-b")) == (("1", "2"), ("1,2",), ())
    assert (request.header("x-a"), request.first("x-a"), request.first("x-b")) == ("1,2", "1", None)


def test_the_host_is_a_header_too() -> None:
    request = request_of("GET", "http://a.test:80/")
    assert (request.header("host"), request.values("host"), request.header(":authority")) == (
        "a.test:80",
        ("a.test:80",),
        "a.test:80",
    )


def test_hosts_are_compared_in_lower_case_without_port() -> None:
    hosts = ("A.test:80", "[::1]:80", "[::1]", "a", "a.test:abc", ":80.a", "a:")
    assert [without_port(host) for host in hosts] == ["a.test", "[::1]", "[::1]", "a", "a.test", "", "a"]


def test_a_length_that_is_not_that_of_the_body_is_refused() -> None:
    assert request_of("POST", "/", [("content-length", "2")], b"ab").header("content-length") == "2"
    with pytest.raises(ConfigError, match="content-length is 1000000002"):
        request_of("POST", "/", [("content-length", "1000000002")], b"ab")
    with pytest.raises(ConfigError, match="content-length is 3, but the body has 2 bytes"):
        request_of("POST", "/", [("content-length", "3")], b"ab")


def test_two_hosts_are_one_to_envoy() -> None:
    assert request_of("GET", "/", [("host", "a.test."), ("host", ""), ("host", "b.test.")]).host == "a.test.,b.test"
