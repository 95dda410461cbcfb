"""Endpoints: the addresses of a cluster's hosts."""

import pytest

from gloo.envoy.endpoint import BY_ADDRESS, MATCH_NAMESPACE, Endpoint, EndpointMarks, assignment
from gloo.envoy.message import Message

NAMED, BARE = Endpoint("a.example.org", 80, "a.example.org"), Endpoint("10.0.0.1", 81)


def members(**marks: bool) -> list[Message]:
    (locality,) = assignment("c", (NAMED, BARE), EndpointMarks(**marks)).endpoints
    return list(locality.lb_endpoints)


def test_all_endpoints_are_in_one_locality_in_order() -> None:
    places = [(each.endpoint.address.socket_address, each.endpoint.hostname) for each in members()]
    assert [(place.address, place.port_value, name) for place, name in places] == [
        ("a.example.org", 80, "a.example.org"),
        ("10.0.0.1", 81, ""),
    ]


def test_only_those_known_by_address_alone_are_marked() -> None:
    named, bare = members(by_address=True)
    assert not named.HasField("metadata")
    assert bare.metadata.filter_metadata[MATCH_NAMESPACE][BY_ADDRESS] is True


def test_health_checks_ask_a_host_by_its_name_or_address() -> None:
    checked = members(check_by_own_name=True)
    assert [each.endpoint.health_check_config.hostname for each in checked] == ["a.example.org", "10.0.0.1"]
    assert not any(each.endpoint.HasField("health_check_config") for each in members())


@pytest.mark.parametrize(
    ("endpoint", "authority"), [(NAMED, "a.example.org"), (BARE, "10.0.0.1"), (Endpoint("::1", 80), "[::1]")]
)
def test_an_ipv6_address_is_an_authority_in_brackets(endpoint: Endpoint, authority: str) -> None:
    assert endpoint.authority == authority


def test_an_endpoint_may_be_a_socket_in_envoys_folder() -> None:
    (locality,) = assignment("c", (Endpoint("", 0, pipe="a.sock"),)).endpoints
    (member,) = locality.lb_endpoints
    assert member.endpoint.address.pipe.path == "a.sock"
