"""Virtual services to virtual hosts: who owns which domain."""

import pytest
from tests.support.translating import translated, virtual_hosts

from gloo.model.status import State


def service(name: str, *domains: str) -> str:
    return f"name: {name}\ndomains: [{', '.join(map(repr, domains))}]\nroutes: []\n"


def test_without_domains_a_virtual_service_is_the_default_one() -> None:
    assert virtual_hosts(translated("name: default\nroutes: []\n"))["default"]["domains"] == ["*"]


def test_a_domain_claimed_twice_stays_with_the_one_that_sorts_first() -> None:
    translation = translated(service("b", "shop.org", "b.org"), service("a", "SHOP.org"))
    hosts = virtual_hosts(translation)
    assert hosts["a"]["domains"] == ["shop.org"]
    assert hosts["b"]["domains"] == ["b.org"]
    (problem,) = translation.reports["VirtualService/b"].problems
    assert (problem.field, problem.line) == ("domains[0]", 2)
    assert "VirtualService/a" in problem.problem
    assert translation.reports["VirtualService/a"].state is State.ACCEPTED


def test_a_virtual_service_that_lost_all_domains_is_left_out_and_the_others_go_on() -> None:
    translation = translated(service("a", "x.org"), service("b", "x.org"), service("c", "c.org"))
    assert list(virtual_hosts(translation)) == ["a", "c"]
    assert translation.reports["VirtualService/b"].state is State.REJECTED


def test_two_roles_may_have_a_domain_each() -> None:
    translation = translated(service("a", "x.org"), service("b", "x.org") + "roles: [edge]\n")
    assert list(virtual_hosts(translation, "ingress")) == ["a"]
    assert list(virtual_hosts(translation, "edge")) == ["b"]


@pytest.mark.parametrize("ssl", ["", "ssl_config: {secret_ref: missing}\n"])
def test_a_virtual_service_none_of_whose_roles_can_be_one_is_rejected_as_a_whole_and_holds_no_domain(ssl: str) -> None:
    bad = service("a", "x.org") + "roles: ['', a~b]\n" + ssl
    translation = translated(bad, service("b", "x.org") + ssl)
    assert list(translation.rejected) == ["VirtualService/a"]
    assert [host.name for host in translation.hosts] == ["b"]
    assert translation.snapshots.keys() == {"ingress"}


def test_a_virtual_service_with_one_role_that_can_be_one_lives_there() -> None:
    translation = translated(service("a", "x.org") + "roles: [a~b, edge]\n")
    assert translation.rejected == {}
    assert list(virtual_hosts(translation, "edge")) == ["a"]


@pytest.mark.parametrize(
    "domain",
    ["*", "shop.org", "*.shop.org", "*-bar.shop.org", "shop.*", "localhost", "[::1]", "10.0.0.1"],
)
def test_a_domain_is_a_host_that_may_have_a_star_at_one_end(domain: str) -> None:
    translation = translated(service("a", domain))
    assert translation.reports["VirtualService/a"].state is State.ACCEPTED
    assert virtual_hosts(translation)["a"]["domains"] == [domain]


@pytest.mark.parametrize("domain", ["http://shop.org", "shop.org/x", "a*b.org", "**", "a b", "shop.org:http"])
def test_what_is_no_domain_is_refused_and_the_other_domains_stay(domain: str) -> None:
    translation = translated(service("a", domain, "x.org"))
    assert virtual_hosts(translation)["a"]["domains"] == ["x.org"]
    assert "is no domain" in translation.reports["VirtualService/a"].problems[0].problem


def test_a_virtual_service_that_can_not_be_read_is_rejected_and_left_out() -> None:
    translation = translated("name: a\nroutes: []\ndomans: [x]\n", service("b", "x.org"))
    assert list(virtual_hosts(translation)) == ["b"]
    assert translation.reports["VirtualService/a"].state is State.REJECTED


def test_the_port_of_a_domain_is_left_out_since_requests_are_matched_without_it() -> None:
    assert virtual_hosts(translated(service("a", "shop.org:8080")))["a"]["domains"] == ["shop.org"]
