"""Service: hosts that are known by address."""

import pytest
from tests.support.translating import clusters, routes, translated

from gloo.model.base import Json

ROUTE = "name: default\nroutes:\n- request_matcher: {path_prefix: /}\n  single_destination: {upstream: {name: a}}\n"


def cluster(spec: str) -> Json:
    return clusters(translated(f"name: a\ntype: service\nspec: {spec}\n"))["a"]


def hosts(found: Json) -> list[str]:
    endpoints = found["load_assignment"]["endpoints"][0]["lb_endpoints"]
    return [each["endpoint"]["address"]["socket_address"]["address"] for each in endpoints]


@pytest.mark.parametrize(
    ("written", "by_dns"),
    [
        ("[{addr: 10.0.0.1, port: 80}, {addr: '::1', port: 80}]", False),
        ("[{addr: a.example.org, port: 80}]", True),
        ("[{addr: a.example.org, port: 80}, {addr: 10.0.0.1, port: 80}]", True),
        ("[{addr: 10.0.0.1, port: 80}, {addr: a.example.org, port: 80}]", True),
    ],
)
def test_one_host_name_among_addresses_is_enough_for_dns(written: str, by_dns: bool) -> None:
    found = cluster(f"{{hosts: {written}}}")
    assert (found.get("cluster_type", {}).get("name") == "envoy.cluster.dns") is by_dns


def test_requests_are_balanced_over_all_hosts() -> None:
    found = cluster("{hosts: [{addr: 10.0.0.1, port: 80}, {addr: 10.0.0.2, port: 81}]}")
    assert hosts(found) == ["10.0.0.1", "10.0.0.2"]


@pytest.mark.parametrize(
    ("spec", "tls"),
    [
        ("{hosts: [{addr: a.example.org, port: 443}]}", True),
        ("{hosts: [{addr: a.example.org, port: 443}], tls: false}", False),
        ("{hosts: [{addr: a.example.org, port: 8443}], tls: true}", True),
        ("{hosts: [{addr: a.example.org, port: 8443}]}", False),
    ],
)
def test_port_443_means_tls_unless_the_spec_says_otherwise(spec: str, tls: bool) -> None:
    assert ("transport_socket" in cluster(spec)) is tls


def test_a_service_with_tls_is_asked_by_its_own_name() -> None:
    upstream = "name: a\ntype: service\nspec: {hosts: [{addr: a.example.org, port: 443}]}\n"
    (route,) = routes(translated(upstream, ROUTE), "default")
    assert route["route"]["auto_host_rewrite"] is True


@pytest.mark.parametrize("address", ["http://a.example.org", "a.example.org:80", "a b", "a/b"])
def test_an_address_with_scheme_port_or_path_is_refused(address: str) -> None:
    text = f"name: a\ntype: service\nspec:\n  hosts:\n  - {{addr: '{address}', port: 80}}\n"
    (problem,) = translated(text).reports["Upstream/a"].problems
    assert (problem.field, problem.line) == ("spec.hosts[0].addr", 5)
