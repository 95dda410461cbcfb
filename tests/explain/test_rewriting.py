"""What the router changes on the way out; `tests/cli/test_trial.py` compares it with a real Envoy."""

from collections.abc import Sequence

import pytest

from gloo.envoy.route import Forward, HeaderChange, PathMatch, Route, RouteMatch, Target
from gloo.envoy.route_policy import HostRewrite, RetryPolicy
from gloo.envoy.upstream_filters import CHOSEN, METHOD, path_before, path_instead
from gloo.explain.arrival import arrived
from gloo.explain.request import Headers, request_of
from gloo.explain.rewriting import as_marked, changed, outgoing, substituted, with_headers, with_prefix
from gloo.model.duration import Duration


@pytest.mark.parametrize(
    ("text", "pattern", "substitution", "result"),
    [
        ("/v1/pets", "^/v1/(.*)$", r"/\1", "/pets"),
        ("/a/a", "a", "b", "/b/b"),
        ("abc", "x*", "-", "-a-b-c-"),
        ("/re/x", "/(re|x)?/?", r"<\1>", "<re>x"),
        ("a", "a", r"\\", "\\"),
    ],
)
def test_a_pattern_replaces_all_that_it_finds(text: str, pattern: str, substitution: str, result: str) -> None:
    assert substituted(text, pattern, substitution) == result


@pytest.mark.parametrize(
    ("path", "match", "result"),
    [
        ("/a/b", PathMatch("prefix", "/a/"), "/n/b"),
        ("/A/b", PathMatch("prefix", "/a/", case_sensitive=False), "/n/b"),
        ("/made", PathMatch("prefix", "/a/"), "/made"),
        ("/made", PathMatch("exact", "/a"), "/made"),
        ("/a", PathMatch("exact", "/a"), "/n/"),
        ("/made", PathMatch("regex", "/a.*"), "/n/"),
    ],
)
def test_a_prefix_rewrite_leaves_what_a_function_has_made(path: str, match: PathMatch, result: str) -> None:
    assert with_prefix(path, match, "/n/") == result


@pytest.mark.parametrize(
    ("marks", "method", "path"),
    [
        ((path_before("/f"), HeaderChange(METHOD, "POST")), "POST", "/f/p?q"),
        ((path_instead("/f"), HeaderChange(CHOSEN, "x-gloo-key-order")), "GET", "/f?q"),
        ((), "GET", "/p?q"),
    ],
)
def test_marks_of_the_target_write_path_and_method_and_a_clients_own_do_not(
    marks: tuple[HeaderChange, ...], method: str, path: str
) -> None:
    target = Target("main", request_headers=marks)
    request = changed(request_of("GET", "/p?q", [("x-gloo-path", "=/mine")]), marks)
    found = as_marked(request, target)
    assert (found.method, found.path) == (method, path)
    assert found.headers == (() if marks else (("x-gloo-path", "=/mine"),))


def test_a_head_stays_one_whatever_the_target_marks() -> None:
    marks = (HeaderChange(METHOD, "POST"),)
    assert as_marked(changed(request_of("HEAD", "/"), marks), Target("main", request_headers=marks)).method == "HEAD"


def test_headers_are_removed_then_replaced_then_added_and_formats_see_what_the_removals_left() -> None:
    request = request_of("GET", "/p", [("x-a", "1"), ("x-gone", "2"), ("x-a", "3")])
    changes = (
        HeaderChange("x-a", "%REQ(x-a)% %REQ(x-gone?:path):1% 100%%", format=True),
        HeaderChange("x-b", "5%", "append"),
        HeaderChange("x-a", "no", "set_if_absent"),
        HeaderChange("x-c", "yes", "set_if_absent"),
    )
    assert changed(request, changes, ("x-gone",)).headers == (("x-a", "1 / 100%"), ("x-b", "5%"), ("x-c", "yes"))


def test_commands_that_only_envoy_can_fill_stay() -> None:
    change = HeaderChange("x-a", "%START_TIME% %REQ(X-Request-ID?:path):8%", format=True)
    request = arrived(request_of("GET", "/"))
    assert changed(request, (change,)).header("x-a") == change.value


def test_a_format_of_a_whole_header_has_all_of_its_values() -> None:
    formats = {"x-b": "<%CEL(request.headers['x-a'])%>", "x-c": "%CEL(request.headers['x-none'])%"}
    changes = [HeaderChange(name, value, format=True) for name, value in formats.items()]
    request = with_headers(request_of("GET", "/", [("x-a", "1"), ("x-a", "2")]), changes)
    assert dict(request.headers)["x-b"] == "<1,2>"
    assert "x-c" not in dict(request.headers)


def test_a_whole_header_that_envoy_itself_writes_is_named() -> None:
    change = HeaderChange("x-b", "%CEL(request.headers['x-request-id'])%", format=True)
    assert with_headers(arrived(request_of("GET", "/")), (change,)).header("x-b") == "%REQ(x-request-id)%"


def test_headers_of_a_function_that_come_out_empty_are_removed() -> None:
    request = request_of("GET", "/p", [("x-a", "1"), ("x-b", "2"), ("user-agent", "curl")])
    changes = (
        HeaderChange("x-a", "", format=True),
        HeaderChange("x-b", "%REQ(x-none)%", format=True),
        HeaderChange("x-c", "%REQ(:method)% %REQ(user-agent)%", format=True),
    )
    assert with_headers(request, changes).headers == (("user-agent", "curl"), ("x-c", "GET curl"))


@pytest.mark.parametrize(
    ("path", "prefix", "host", "told"),
    [
        ("/a/b", "/n", None, {"x-envoy-original-path": "/a/b"}),
        ("/a/b", "/a", None, {"x-envoy-original-path": "/a/b"}),
        ("/made", "/n", None, {}),
        ("/a", None, HostRewrite("literal", "h.test"), {"x-envoy-original-host": "me.test"}),
        ("/a", None, HostRewrite("literal", "me.test"), {"x-envoy-original-host": "me.test"}),
        ("/a", None, HostRewrite("auto"), {"x-envoy-original-host": "me.test"}),
        ("/a", None, HostRewrite("header", "x-none"), {}),
        ("/a", "/n", HostRewrite("header", "x-h"), {"x-envoy-original-path": "/a", "x-envoy-original-host": "me.test"}),
    ],
)
def test_the_router_tells_what_it_wrote_over(
    path: str, prefix: str | None, host: HostRewrite | None, told: dict[str, str]
) -> None:
    request = request_of("GET", f"http://me.test{path}", [("x-h", "h.test")])
    action = Forward((Target("main"),), prefix_rewrite=prefix, host=host)
    route = Route("r", RouteMatch(PathMatch("prefix", "/a")), action)
    headers = outgoing(request, route, action.targets[0], endpoint_name="own.test").headers
    assert {name: value for name, value in headers if "original" in name} == told


def test_a_host_is_taken_from_the_first_value_of_a_header() -> None:
    action = Forward((Target("main"),), host=HostRewrite("header", "x-h"))
    route = Route("r", RouteMatch(PathMatch("prefix", "/")), action)
    request = request_of("GET", "/", [("x-h", "a.test"), ("x-h", "b.test")])
    assert outgoing(request, route, action.targets[0]).host == "a.test"


@pytest.mark.parametrize("path", ["/api", "/api?x=1"])
def test_a_path_of_which_a_pattern_leaves_nothing_stays_as_it_is(path: str) -> None:
    action = Forward((Target("main"),), regex_rewrite=("^/api", ""))
    route = Route("r", RouteMatch(PathMatch("prefix", "/")), action)
    sent = outgoing(request_of("GET", path), route, action.targets[0])
    assert (sent.path, sent.header("x-envoy-original-path")) == (path, None)


@pytest.mark.parametrize(
    ("seconds", "retry", "told"),
    [
        (None, None, "15000"),
        (3, None, "3000"),
        (0, None, None),
        (3, RetryPolicy(("5xx",), 1, per_try=Duration(10**9)), "1000"),
        (0, RetryPolicy(("5xx",), 1, per_try=Duration(10**9)), "1000"),
        (3, RetryPolicy(("5xx",), 1, per_try=Duration(10**9), hedge=True), "3000"),
    ],
)
def test_the_upstream_is_told_how_long_it_may_take(
    seconds: int | None, retry: RetryPolicy | None, told: str | None
) -> None:
    action = Forward((Target("main"),), timeout=None if seconds is None else Duration(seconds * 10**9), retry=retry)
    route = Route("r", RouteMatch(PathMatch("prefix", "/")), action)
    sent = outgoing(request_of("GET", "/"), route, action.targets[0])
    assert sent.header("x-envoy-expected-rq-timeout-ms") == told


def _sent(*changes: HeaderChange, headers: Sequence[tuple[str, str]] = ()) -> Headers:
    """Return the headers that go out on a route with *changes* for a request with *headers*."""
    action = Forward((Target("main"),))
    route = Route("r", RouteMatch(PathMatch("prefix", "/")), action, request_headers=changes)
    return outgoing(request_of("GET", "/", headers), route, action.targets[0]).headers


def test_a_function_tells_the_router_how_long_an_upstream_may_take_and_nobody_else() -> None:
    told = _sent(headers=[("x-envoy-upstream-rq-timeout-ms", "500")])
    assert told == (("x-envoy-expected-rq-timeout-ms", "500"),)
    told = _sent(headers=[("x-envoy-upstream-rq-per-try-timeout-ms", "70"), ("x-envoy-retry-on", "5xx")])
    assert told == (("x-envoy-expected-rq-timeout-ms", "70"),)


def test_what_is_added_to_a_header_that_envoy_keeps_as_one_is_joined_to_it() -> None:
    added = [HeaderChange(name, "b", "append") for name in ("x-forwarded-for", "x-a", "x-envoy-retry-on")]
    told = _sent(*added, headers=[("x-forwarded-for", "a"), ("x-a", "a")])
    assert told == (
        ("x-forwarded-for", "a,b"),
        ("x-a", "a"),
        ("x-envoy-expected-rq-timeout-ms", "15000"),
        ("x-a", "b"),
    )


def test_a_format_may_call_the_authority_host() -> None:
    request = request_of("GET", "http://me.test/a", [])
    change = HeaderChange("x-a", "%REQ(Host)%|%REQ(x-none?host)%", format=True)
    assert dict(changed(request, (change,)).headers) == {"x-a": "me.test|me.test"}
