from collections.abc import Mapping
from typing import Any

import yaml
from tests.support.authority import Authority
from tests.support.listeners import chains_of
from tests.support.translating import GATEWAY, PLUGINS, config_of

from gloo.model.secret import Secret
from gloo.translator import Translation, translate

AUTHORITY = Authority.make()
SECRETS = {
    name: Secret(name, AUTHORITY.issue(*names).data())
    for name, names in {"a": ("a.test", "*.a.test"), "b": ("b.test", "*.a.test"), "all": ("*.test",)}.items()
}


def translated(*services: Mapping[str, Any]) -> Translation:
    return translate(
        config_of(yaml.safe_dump({"virtual_services": list(services)}), secrets=tuple(SECRETS.values())),
        PLUGINS,
        gateway=GATEWAY,
    )


def host(name: str, *domains: str, secret: str = "a", **more: Any) -> dict[str, Any]:
    return {"name": name, "domains": list(domains), "ssl_config": {"secret_ref": secret, **more}}


def chains(translation: Translation, listener: str = "gloo-https") -> dict[str, tuple[str, ...]]:
    """Return the server names of each chain by its certificate; `none` for the one that closes connections."""
    return chains_of(translation.snapshots["ingress"], listener)


def reasons(translation: Translation, name: str) -> tuple[str, ...]:
    return tuple(str(problem) for problem in translation.reports[f"VirtualService/{name}"].problems)


def test_equal_certificates_share_a_chain() -> None:
    found = translated(host("one", "a.test"), host("two", "b.a.test"), host("three", "b.test", secret="b"))
    assert chains(found) == {"certificate/a": ("a.test", "b.a.test"), "certificate/b": ("b.test",)}


def test_the_default_has_a_chain_without_names_beside_that_of_its_names() -> None:
    found = translated(host("one", "*", "a.test"))
    assert chains(found) == {"certificate/a": ("a.test",), "certificate/a (all)": ()}


def test_a_name_that_two_certificates_claim_stays_with_the_first_and_the_other_is_told() -> None:
    found = translated(host("one", "a.test"), host("two", "b.test", secret="b", sni_domains=["a.test", "b.test"]))
    assert chains(found) == {"certificate/a": ("a.test",), "certificate/b": ("b.test",)}
    assert found.reports["VirtualService/two"].state == "Rejected"
    assert "'a.test' are answered as VirtualService/one says" in reasons(found, "two")[-1]
    assert "ssl_config.sni_domains[0]" in reasons(found, "two")[-1]


def test_there_is_one_default_certificate_and_a_second_is_told() -> None:
    found = translated(host("one", "*"), host("two", "b.test", secret="b", sni_domains=["*"]))
    assert chains(found) == {"certificate/a (all)": ()}
    assert "clients that name no known host" in reasons(found, "two")[0]


def test_ports_and_case_say_nothing_and_a_part_of_a_label_widens_to_the_label() -> None:
    found = translated(host("one", "A.test:8443", "*-x.a.test"))
    assert chains(found) == {"certificate/a": ("*.a.test", "a.test")}


def test_domains_that_no_client_asks_for_by_name_are_told() -> None:
    found = translated(host("one", "a.*", "10.0.0.1", "a.test"), host("two", "b.*", secret="b"))
    assert chains(found) == {"certificate/a": ("a.test",)}
    assert [problem.warning for problem in found.reports["VirtualService/one"].problems] == [True, True]
    assert found.reports["VirtualService/one"].state == "Accepted"
    assert found.reports["VirtualService/two"].state == "Rejected"


def test_a_host_without_a_certificate_is_closed_to_and_not_answered_by_the_default() -> None:
    found = translated(host("one", "late.test", secret="late"), host("two", "*"))
    assert chains(found) == {"certificate/a (all)": (), "none": ("late.test",)}
    assert found.reports["VirtualService/one"].state == "Pending"
    assert found.reports["VirtualService/one"].reason == "ssl_config.secret_ref: there is no secret named 'late'"


def test_a_certificate_that_is_not_for_a_host_is_a_warning() -> None:
    found = translated(host("one", "a.test", "deep.x.a.test", "b.test"))
    assert found.reports["VirtualService/one"].state == "Accepted"
    assert "is not for 'deep.x.a.test', 'b.test'" in reasons(found, "one")[0]
    assert "it is for 'a.test', '*.a.test'" in reasons(found, "one")[0]


def test_without_a_usable_certificate_nothing_listens_for_https() -> None:
    found = translated(host("one", "a.test", secret="late"))
    assert chains(found) == {}


def test_http3_listens_for_those_who_ask_for_it() -> None:
    found = translated(host("one", "a.test", http3=True), host("two", "b.a.test"), host("b", "b.test", secret="b"))
    assert chains(found, "gloo-http3") == {"certificate/a": ("a.test",)}


def test_the_roles_of_a_host_decide_where_it_is_known() -> None:
    found = translated(
        {**host("one", "a.test"), "roles": ["inside"]}, {**host("two", "a.test", secret="b"), "roles": ["ingress"]}
    )
    assert chains(found) == {"certificate/b": ("a.test",)}
    assert reasons(found, "one") == ()


def test_a_name_stays_with_the_service_that_has_its_domain_whoever_sorts_first() -> None:
    found = translated(host("one", "a.test", sni_domains=["a.test", "b.test"]), host("two", "b.test", secret="b"))
    assert chains(found) == {"certificate/a": ("a.test",), "certificate/b": ("b.test",)}
    assert found.reports["VirtualService/two"].state == "Accepted"
    (told,) = found.reports["VirtualService/one"].problems[-1:]
    assert told.field == "ssl_config.sni_domains[1]"
    assert "'b.test' are answered as VirtualService/two says" in told.problem
    assert told.hint.startswith("it has that domain;")


def test_server_names_that_can_not_be_are_told_without_advice_to_give_what_is_given() -> None:
    found = translated(host("one", "a.test", sni_domains=["", "a..test", "a b", "a.test"]))
    problems = [each for each in found.reports["VirtualService/one"].problems if "told by SNI" in each.problem]
    assert [each.field for each in problems] == [f"ssl_config.sni_domains[{index}]" for index in range(3)]
    assert {each.hint for each in problems} == {"e.g. *.example.com"}
