"""Each domain has one owner, within a role, in the clear and over TLS."""

import pytest

from gloo.model.ssl_config import SSLConfig
from gloo.model.virtual_service import VirtualService
from gloo.translator.domains import NONE_LOST, Owners, claim_of, none_left, roles_of


def lost(owners: Owners, name: str, *domains: str, roles: tuple[str, ...] = (), tls: bool = False) -> list[str]:
    ssl = SSLConfig(secret_ref="cert") if tls else None
    service = VirtualService(name=name, domains=domains, roles=roles, ssl_config=ssl)
    return list(claim_of(service).take(owners))


def told(first: tuple[str, ...], second: tuple[str, ...], since: dict[str, float] | None = None) -> tuple[str, str]:
    """Return what `b` and then what `a`, which has come first, are told of a domain that both want."""
    owners: Owners = {}
    claim_of(VirtualService(name="a", domains=first)).take(owners)
    (loss,) = claim_of(VirtualService(name="b", domains=second)).take(owners).values()
    assert loss.note().warning
    return str(loss.problem(since or {})), str(loss.note())


def test_the_first_to_claim_keeps_a_domain_and_both_are_told_who_has_it() -> None:
    owners: Owners = {}
    claim_of(VirtualService(name="a", domains=("x.org",))).take(owners)

    losses = claim_of(VirtualService(name="b", domains=("y.org", "x.org"))).take(owners)

    assert list(losses) == ["x.org"]
    assert owners["ingress", False, "y.org"].name == "b"
    problem, note = losses["x.org"].problem({}), losses["x.org"].note()
    assert problem.field == "domains[1]"
    assert problem.problem == "the domain 'x.org' belongs to VirtualService/a"
    assert note.field == "domains[0]"
    assert note.problem == "VirtualService/b claims the domain 'x.org' too: it does not get it"


def test_what_was_written_is_told_and_that_ports_do_not_count() -> None:
    problem, note = told(("x.org:9090",), ("X.org:8080",))
    assert "the domain 'X.org:8080' belongs to VirtualService/a, as 'x.org:9090' (" in problem
    assert "(its name sorts first; ports don't count)" in problem
    assert "VirtualService/b claims the domain 'x.org:9090' too, as 'X.org:8080': it does not get it" in note
    assert "(ports don't count)" in note


@pytest.mark.parametrize(
    ("since", "why"), [({"a": 1.0, "b": 2.0}, "it is older"), ({"a": 2.0, "b": 2.0}, "its name sorts first")]
)
def test_why_the_other_one_has_a_domain_is_told(since: dict[str, float], why: str) -> None:
    assert f"({why})" in told((), ("",), since)[0]


def test_who_has_nothing_left_is_told_so_first() -> None:
    owners: Owners = {}
    claim_of(VirtualService(name="a", domains=("x.org",))).take(owners)
    none = claim_of(VirtualService(name="b", domains=("x.org", "a b")))
    some = claim_of(VirtualService(name="c", domains=("x.org", "y.org")))

    assert "none of its domains is left" in str(next(none_left(none, none.take(owners), {})))
    assert not any("none of its domains" in str(each) for each in none_left(some, some.take(owners), {}))


def test_a_claim_without_any_valid_domain_is_hopeless() -> None:
    assert claim_of(VirtualService(name="a", domains=("a b", "x.org:0"))).hopeless
    assert not claim_of(VirtualService(name="a", domains=("a b", "x.org:1"))).hopeless


def test_a_port_is_1_to_65535() -> None:
    assert lost({}, "a", "a.org:1", "b.org:65535", "[::1]:443") == []
    assert lost({}, "a", "a.org:0", "b.org:65536", "c.org:99999") == ["a.org:0", "b.org:65536", "c.org:99999"]
    (loss,) = claim_of(VirtualService(name="a", domains=("a.org:99999",))).take({}).values()
    assert str(loss.problem({})) == "domains[0]: 'a.org:99999' is no domain (a port is 1 to 65535)"


def test_no_domain_and_an_empty_one_are_the_default() -> None:
    owners: Owners = {}

    assert lost(owners, "a") == []
    assert lost(owners, "b", "") == ["*"]


def test_a_final_dot_says_nothing_and_an_empty_label_is_no_domain() -> None:
    owners: Owners = {}

    assert lost(owners, "a", "x.org.", "*.x.org.:80") == []
    assert ("ingress", False, "x.org") in owners
    assert ("ingress", False, "*.x.org") in owners
    assert lost(owners, "b", "x.org", "a..b", "*.") == ["x.org", "a..b", "*."]


def test_other_roles_and_tls_are_other_places() -> None:
    owners: Owners = {}

    assert lost(owners, "a", "x.org") == []
    assert lost(owners, "b", "x.org", roles=("inner",)) == []
    assert lost(owners, "c", "x.org", tls=True) == []


def test_what_is_lost_in_one_role_is_held_in_none() -> None:
    owners: Owners = {}
    lost(owners, "a", "x.org", roles=("one",))

    assert lost(owners, "b", "x.org", roles=("two", "one")) == ["x.org"]
    assert lost(owners, "c", "x.org", roles=("two",)) == []


def test_what_is_no_domain_is_refused_and_the_others_are_kept() -> None:
    owners: Owners = {}

    assert lost(owners, "a", "http://x.org", "a*b.org", "*.x.org", "x.*", "[::1]") == ["http://x.org", "a*b.org"]


def test_a_virtual_service_that_loses_nothing_says_so_with_one_object() -> None:
    assert claim_of(VirtualService(name="a", domains=("x.org",))).take({}) is NONE_LOST


def test_a_role_that_is_no_name_is_told_and_the_others_count() -> None:
    service = VirtualService(name="a", roles=("", "inner", "in~x", "A b"))
    assert roles_of(service) == ("inner",)
    assert [(each.field, each.problem, each.hint) for each in claim_of(service).problems] == [
        ("roles[0]", "'' is no role", "leave roles out for ingress"),
        ("roles[2]", "'in~x' is no role", "a node id is ROLE~NAME, and its role ends before the first ~: 'in'"),
        ("roles[3]", "'A b' is no role", "lower-case DNS labels joined by dots, at most 253 characters"),
    ]
