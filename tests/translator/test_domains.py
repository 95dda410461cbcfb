"""Each domain has one owner, within a role, in the clear and over TLS."""

from gloo.model.ssl_config import SSLConfig
from gloo.model.virtual_service import VirtualService
from gloo.translator.domains import NONE_LOST, Owners, claim_of


def lost(owners: Owners, name: str, *domains: str, roles: tuple[str, ...] = (), tls: bool = False) -> list[str]:
    ssl = SSLConfig(secret_ref="cert") if tls else None
    service = VirtualService(name=name, domains=domains, roles=roles, ssl_config=ssl)
    return list(claim_of(service).take(owners))


def test_the_first_to_claim_keeps_a_domain_and_the_other_is_told_which_one_has_it() -> None:
    owners: Owners = {}
    claim_of(VirtualService(name="a", domains=("x.org",))).take(owners)

    problems = claim_of(VirtualService(name="b", domains=("y.org", "X.org"))).take(owners)

    assert list(problems) == ["x.org"]
    assert "VirtualService/a" in problems["x.org"].problem
    assert problems["x.org"].field == "domains[1]"
    assert owners["ingress", False, "y.org"] == "b"


def test_no_domain_and_an_empty_one_are_the_default() -> None:
    owners: Owners = {}

    assert lost(owners, "a") == []
    assert lost(owners, "b", "") == ["*"]


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
