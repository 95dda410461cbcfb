from tests.support.authority import Authority
from tests.support.listeners import listener_in
from tests.support.translating import GATEWAY, PLUGINS, config_of, virtual_hosts

from gloo.envoy.readable import readable
from gloo.envoy.snapshot import ResourceType
from gloo.model.base import Json
from gloo.model.secret import Secret
from gloo.translator import Translation, translate

AUTHORITY = Authority.make()
ONE = Secret("one", {**AUTHORITY.issue("one.test", "two.test").data(), "ca.crt": AUTHORITY.certificate})


def translated(*texts: str) -> Translation:
    found = translate(config_of(*texts, secrets=(ONE,)), PLUGINS, gateway=GATEWAY)
    for snapshot in found.snapshots.values():
        snapshot.check()
    return found


def host(name: str, domain: str, ssl: str = "secret_ref: one") -> str:
    return f"{{name: {name}, domains: ['{domain}'], routes: [], ssl_config: {{{ssl}}}}}"


def tables(translation: Translation) -> dict[str, dict[str, Json]]:
    """Return the domains of the virtual hosts of each route table."""
    found = translation.snapshots["ingress"].of_type(ResourceType.ROUTE)
    return {
        name: {each["name"]: each["domains"] for each in readable(table).get("virtual_hosts", ())}
        for name, table in found.items()
    }


def listening(translation: Translation) -> list[str]:
    return list(translation.snapshots["ingress"].of_type(ResourceType.LISTENER))


def test_an_empty_configuration_listens_for_http() -> None:
    assert listening(translated("")) == ["gloo-http"]


def test_a_virtual_service_with_tls_is_not_known_in_the_clear() -> None:
    found = translated(host("one", "one.test"), "{name: clear, domains: [one.test], routes: []}")
    assert tables(found) == {"gloo-http": {"clear": ["one.test"]}, "gloo-https": {"one": ["one.test"]}}
    assert {status.state for status in found.reports.values()} == {"Accepted"}


def test_with_tls_alone_nothing_listens_in_the_clear() -> None:
    assert listening(translated(host("one", "one.test"))) == ["gloo-https"]


def test_a_redirect_opens_the_http_port_for_its_domains() -> None:
    found = translated(host("one", "one.test", "secret_ref: one, http_redirect: true"))
    assert tables(found)["gloo-http"] == {"one/redirect": ["one.test"]}


def test_a_redirect_gives_way_to_a_virtual_service_in_the_clear_and_says_so() -> None:
    clear = "{name: clear, domains: [one.test], routes: []}"
    found = translated(host("one", "one.test", "secret_ref: one, http_redirect: true"), clear)
    assert tables(found)["gloo-http"] == {"clear": ["one.test"]}
    (problem,) = found.reports["VirtualService/one"].problems
    assert problem.warning
    assert "no redirect for 'one.test'" in problem.problem


def test_hosts_of_another_policy_are_not_to_be_had_on_a_connection() -> None:
    found = tables(
        translated(
            host("one", "one.test"), host("two", "two.test", "secret_ref: one, require_client_certificate: true")
        )
    )
    assert found.pop("gloo-https") == {"one": ["one.test"], "/elsewhere": ["two.test"]}
    assert list(found.values()) == [{"two": ["two.test"], "/elsewhere": ["one.test"]}]


def test_http3_is_offered_by_the_hosts_that_have_it() -> None:
    found = virtual_hosts(translated(host("one", "one.test", "secret_ref: one, http3: true"), host("two", "two.test")))
    assert "alt-svc" in str(found["one"])
    assert "alt-svc" not in str(found["two"])


def test_a_client_certificate_is_told_to_upstreams_and_never_taken_from_a_header() -> None:
    found = translated(host("two", "two.test", "secret_ref: one, require_client_certificate: true"))
    text = str(listener_in(found.snapshots["ingress"], "gloo-https"))
    assert "SANITIZE_SET" in text
    assert "'require_client_certificate': True" in text
