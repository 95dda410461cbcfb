"""The headers of a request when Envoy looks for a route, as Envoy 1.40 was seen to make them."""

import pytest

from gloo.explain.arrival import arrived, upgrade_of
from gloo.explain.request import Headers, request_of

ADDRESS, ID = "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%", "%REQ(x-request-id)%"
OWN = (
    ("x-forwarded-for", ADDRESS),
    ("x-forwarded-proto", "http"),
    ("x-envoy-external-address", ADDRESS),
    ("x-request-id", ID),
)


def _kept(*headers: tuple[str, str]) -> Headers:
    """Return what becomes of *headers*, without those that Envoy adds."""
    return tuple(pair for pair in arrived(request_of("GET", "/", headers)).headers if pair not in OWN)


def test_envoy_says_whence_a_request_comes_and_gives_it_an_id() -> None:
    assert arrived(request_of("GET", "/")).headers == OWN
    assert arrived(request_of("GET", "https://a.test/")).header("x-forwarded-proto") == "https"


def test_what_a_client_says_of_that_is_replaced_in_its_place_but_for_the_addresses_before() -> None:
    said = [
        ("x-request-id", "a"),
        ("x-forwarded-for", "9.9.9.9"),
        ("x-a", "1"),
        ("x-forwarded-proto", "https"),
        ("x-forwarded-proto", "x"),
        ("x-envoy-external-address", "1.2.3.4"),
    ]
    assert arrived(request_of("GET", "/", said)).headers == (
        ("x-request-id", ID),
        ("x-forwarded-for", f"9.9.9.9,{ADDRESS}"),
        ("x-a", "1"),
        ("x-forwarded-proto", "http"),
        ("x-envoy-external-address", ADDRESS),
    )


def test_strangers_direct_envoy_in_nothing() -> None:
    said = ("retry-on", "internal", "original-path", "upstream-rq-timeout-ms", "force-trace", "attempt-count", "x")
    kept = _kept(*((f"x-envoy-{name}", "1") for name in said), ("x-forwarded-client-cert", "By=me"))
    assert kept == (("x-envoy-attempt-count", "1"), ("x-envoy-x", "1"))


def test_headers_that_envoy_keeps_as_one_are_joined_at_once_without_the_empty_ones() -> None:
    given = (("accept", ""), ("x-a", "1"), ("accept", "a"), ("x-b", "2"), ("x-a", "3"), ("accept", "b"), ("accept", ""))
    assert _kept(*given) == (("accept", "a,b"), ("x-a", "1"), ("x-b", "2"), ("x-a", "3"))
    assert _kept(("authorization", "a"), ("authorization", "b")) == (("authorization", "a,b"),)


@pytest.mark.parametrize(
    ("values", "kept"),
    [
        (["trailers"], "trailers"),
        (["gzip, trailers"], "trailers"),
        (["gzip", "trailers"], "trailers"),
        ([""], ""),
        (["gzip"], None),
        (["Trailers"], None),
        (["trailers;q=1"], None),
    ],
)
def test_te_says_no_more_than_that_trailers_are_taken(values: list[str], kept: str | None) -> None:
    assert dict(_kept(*(("te", value) for value in values))).get("te") == kept


def test_te_that_connection_names_says_it_in_any_case() -> None:
    assert _kept(("connection", "te"), ("te", "Trailers")) == (("te", "trailers"),)
    assert _kept(("connection", "te"), ("te", "gzip")) == ()


@pytest.mark.parametrize(
    "referer",
    [
        *("http://a.test", "HTTPS://A.test:65535/x?y=[1]", "http://a.test?x", "http://a.test/#", "http://@a.test/"),
        *("ftp://a/", "a1+.-://x/", "http://[::1]:8/", 'http://a.test/"<>', "http://a.test/a@b:c", "http://-/"),
        *("/x", "/x:y", "a.test", "//a.test/", "?x", "%", "a@b", "*", ""),
    ],
)
def test_a_referer_is_passed_on(referer: str) -> None:
    assert _kept(("referer", referer)) == (("referer", referer),)


@pytest.mark.parametrize(
    "referer",
    [
        *("http://u@a.test/", "http://u:p@a.test/", "http://:@a.test/", "http://a.test/#f", "http://a.test#"),
        *(
            "http://a.test:65536/",
            f"http://a.test:{'1' * 5000}/",
            "http://a.test:x/",
            "http://a.test:/",
            "http:///x",
            "http:a",
            "about:blank",
        ),
        *("http://a_b/", "http://a b/", "http://é.test/", "http://a.test/x y", "http://[1]/", "-a://x/", "x:y/"),
        *("/x y", "/x#", "/é", "/[", "é", "http://a.test,http://b_c/"),
    ],
)
def test_a_referer_that_is_no_address_or_says_too_much_is_left_out(referer: str) -> None:
    assert _kept(("referer", referer)) == ()


def test_what_is_for_the_connection_goes_no_further() -> None:
    of_it = [("connection", "close, X-A ,,te"), ("keep-alive", "1"), ("proxy-connection", "k"), ("upgrade", "foo")]
    assert _kept(*of_it, ("x-a", "1"), ("x-b", "1"), ("http2-settings", "x")) == (("x-b", "1"), ("http2-settings", "x"))
    assert _kept(("connection", "cookie"), ("connection", "x-a"), ("cookie", "a=1"), ("x-a", "1")) == ()
    assert _kept(("connection", "x-a x-b"), ("x-a", "1")) == (("x-a", "1"),)


def test_envoy_itself_tells_a_client_to_go_on() -> None:
    assert _kept(("expect", "100-Continue")) == ()
    assert _kept(("expect", "x")) == (("expect", "x"),)


def test_a_wish_for_another_protocol_is_kept_with_its_connection_but_for_http_2() -> None:
    wish = (("connection", "keep-alive, Upgrade"), ("upgrade", "WebSocket"))
    assert _kept(*wish) == wish
    assert upgrade_of(wish) == "websocket"
    assert upgrade_of(wish[1:]) is None
    assert _kept(wish[0], ("upgrade", "h2c"), ("http2-settings", "x")) == ()


@pytest.mark.parametrize(
    ("headers", "body", "told"),
    [
        ((), None, None),
        ((), b"", "0"),
        ((), b"ab", "2"),
        ((("content-length", "2"),), b"ab", "2"),
        ((("transfer-encoding", "chunked"),), b"ab", None),
        ((("connection", "content-length"),), b"ab", None),
    ],
)
def test_a_body_has_its_length_unless_it_comes_in_chunks(
    headers: Headers, body: bytes | None, told: str | None
) -> None:
    request = arrived(request_of("POST", "/", headers, body))
    assert request.header("content-length") == told
    assert request.header("transfer-encoding") is None
