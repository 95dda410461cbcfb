"""Where redirects lead."""

import pytest

from gloo.envoy.route import PathMatch, Redirect
from gloo.explain.redirects import location, secure_location
from gloo.explain.request import request_of


@pytest.mark.parametrize(
    ("redirect", "where"),
    [
        (Redirect(https=True), "https://a.test:8080/old/x?q=1"),
        (Redirect(host="b.test"), "http://b.test/old/x?q=1"),
        (Redirect(port=77), "http://a.test:77/old/x?q=1"),
        (Redirect(prefix="/new"), "http://a.test:8080/new/x?q=1"),
        (Redirect(path="/p", strip_query=True), "http://a.test:8080/p"),
        (Redirect(path="/p?z"), "http://a.test:8080/p?z"),
    ],
)
def test_what_a_redirect_does_not_name_stays(redirect: Redirect, where: str) -> None:
    request = request_of("GET", "http://a.test:8080/old/x?q=1")
    assert location(request, redirect, PathMatch("prefix", "/old")) == where


def test_the_default_port_of_the_old_scheme_is_left_out() -> None:
    request = request_of("GET", "http://a.test:80/")
    assert location(request, Redirect(https=True), PathMatch("prefix", "/")) == "https://a.test/"


def test_ports_are_exchanged_only_where_they_are_known_and_ours() -> None:
    ours = request_of("GET", "http://a.test:8080/x")
    assert secure_location(ours, (8080, 8443)) == "https://a.test:8443/x"
    assert secure_location(ours, (80, 8443)) == "https://a.test:8080/x"
    assert secure_location(ours, None) == "https://a.test:8080/x"
