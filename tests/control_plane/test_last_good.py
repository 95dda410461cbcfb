"""What is Rejected as a whole keeps its last good form; what is deleted is gone."""

from collections.abc import Mapping
from functools import cache

import msgspec
import pytest
from tests.support.translating import GATEWAY, PLUGINS

from gloo.control_plane.last_good import LastGood
from gloo.control_plane.reader import ConfigReader, Key
from gloo.envoy.snapshot import ResourceType
from gloo.model.codec import written
from gloo.model.snapshot import ConfigSnapshot
from gloo.model.source import Document
from gloo.model.status import State, Status
from gloo.storage.base import DocumentProblem
from gloo.storage.base import State as Stored
from gloo.translator import Translation, translate
from gloo.translator.memo import Memo
from gloo.translator.refusals import Refusals

UPSTREAM = "name: a\ntype: service\nspec: {{hosts: [{{addr: 127.0.0.1, {port}: {number}}}]}}\n"
GOOD_UPSTREAM = UPSTREAM.format(port="port", number=80)
SHOP = "name: shop\ndomains: [x.org]\nroutes: []\n"
KEPT = "the last good form stays in force"


class Run:
    """A gateway's run without a gateway: states in, verdicts and what is in force out."""

    def __init__(self, before: "Run | None" = None) -> None:
        documents: Mapping[str, Document] = before.good if before else {}
        forms = before.last_good.standing if before else {}
        self.reader = ConfigReader(documents)
        alone = {key: _alone(key, written(form)) for key, form in forms.items()}
        self.last_good: LastGood = LastGood(documents, alone)
        self.good: Mapping[str, Document] = {}
        self.memo, self.refusals = Memo(), Refusals()
        self.turns = 0

    def step(self, *problems: DocumentProblem, **texts: str) -> Translation:
        """Take the documents *texts*: `a` and `b` hold upstreams, `list` a list, all others virtual services."""
        found = sorted((_document(name, text) for name, text in texts.items()), key=lambda each: each.name)
        reading = self.reader.read(Stored(tuple(found), problems))
        self.last_good.follow(reading, self.refusals)
        self.good = reading.good
        while True:
            self.turns += 1
            self.config = ConfigSnapshot.of(self.last_good.in_force())
            translation = translate(self.config, PLUGINS, gateway=GATEWAY, refusals=self.refusals, memo=self.memo)
            if not self.last_good.judge(translation.rejected, translation.waiting):
                break
        self.last_good.settle(self.refusals)
        return translation

    def taken(self) -> None:
        """Let Envoy take what the last step gave it."""
        self.last_good.confirm(self.last_good.unproven)


@cache
def _document(name: str, text: str) -> Document:
    """Return the same object for the same text, as stores do."""
    if name == "list":
        return Document("list.yaml", text)
    place, kind = ("upstreams", "Upstream") if name in ("a", "b") else ("virtual_services", "VirtualService")
    return Document(f"{place}/{name}.yaml", text, kind)


def _alone(key: Key, value: object) -> Document:
    return Document("virtual_services/shop.yaml", msgspec.json.encode(value).decode(), key[0])


def port_of(translation: Translation) -> str:
    return str(translation.snapshots["ingress"].of_type(ResourceType.CLUSTER)["a"].version)


def domains(translation: Translation) -> list[str]:
    return sorted(host.name for host in translation.hosts)


def is_kept(status: Status) -> bool:
    return status.state is State.REJECTED and status.reason.endswith(KEPT)


BROKEN_UPSTREAMS = {
    "text": "name: [",
    "field": "name: a\ntyp: service\n",
    "spec": UPSTREAM.format(port="prt", number=81),
    "type": "name: a\ntype: servce\n",
    "name": "nam: a\ntype: service\n",
}
BROKEN_SERVICES = {
    "text": "name: [",
    "field": "name: shop\ndomaains: [x.org]\n",
    "name": "nam: shop\ndomains: [x.org]\n",
    "no such name": "name: Shop_1\ndomains: [x.org]\n",
    "domain": "name: shop\ndomains: ['a b']\n",
    "tls": "name: shop\ndomains: [x.org]\nssl_config: {secret: one}\n",
    "roles": "name: shop\ndomains: [x.org]\nroles: [a~b]\n",
}


@pytest.mark.parametrize("text", BROKEN_UPSTREAMS.values(), ids=BROKEN_UPSTREAMS)
@pytest.mark.parametrize("restart", [False, True])
def test_a_broken_upstream_stays_as_it_last_was(text: str, restart: bool) -> None:
    run = Run()
    before = port_of(run.step(a=GOOD_UPSTREAM))
    run = Run(run) if restart else run

    found = run.step(a=text)

    assert port_of(found) == before
    assert is_kept(found.reports["Upstream/a"])
    assert list(found.reports) == ["Upstream/a"]


@pytest.mark.parametrize("text", BROKEN_SERVICES.values(), ids=BROKEN_SERVICES)
@pytest.mark.parametrize("restart", [False, True])
def test_a_broken_virtual_service_stays_as_it_last_was(text: str, restart: bool) -> None:
    run = Run()
    run.step(shop=SHOP)
    run = Run(run) if restart else run

    found = run.step(shop=text)

    assert found.hosts[0].name == "shop"
    assert is_kept(found.reports["VirtualService/shop"])
    assert list(found.reports) == ["VirtualService/shop"]


@pytest.mark.parametrize("text", BROKEN_SERVICES.values(), ids=BROKEN_SERVICES)
def test_it_stays_over_a_second_restart_and_a_second_fault(text: str) -> None:
    run = Run()
    run.step(shop=SHOP)
    run.step(shop=text)
    for broken in ("name: shop\nroles: 1\n", "name: shop\ndomains: [':']\n"):
        run = Run(run)
        found = run.step(shop=broken)
        assert found.hosts[0].name == "shop"
        assert is_kept(found.reports["VirtualService/shop"])

    assert run.step(shop=SHOP).reports["VirtualService/shop"] == Status(state=State.ACCEPTED)


@pytest.mark.parametrize("restart", [False, True])
def test_bytes_that_are_no_text_change_nothing(restart: bool) -> None:
    run = Run()
    run.step(shop=SHOP)
    problem = DocumentProblem("virtual_services/shop.yaml", "is not UTF-8 text (line 1)", "save it as UTF-8")
    found = Run(run).step(problem) if restart else run.step(problem, shop=SHOP)

    assert domains(found) == ["shop"]
    assert is_kept(found.reports["VirtualService/shop"])


def test_the_verdict_says_where_the_fault_is_and_what_would_be_right() -> None:
    run = Run()
    run.step(shop=SHOP)
    status = run.step(shop="# a note\nname: shop\ndomaains: [x.org]\n").reports["VirtualService/shop"]

    assert status.reason == f"domaains: unknown field; {KEPT}"
    (problem,) = status.problems
    assert (problem.file, problem.line) == ("virtual_services/shop.yaml", 3)
    assert problem.hint == f"did you mean 'domains'?; {KEPT}"


def test_what_is_bad_in_part_goes_on_as_it_is() -> None:
    run = Run()
    run.step(shop=SHOP)
    status = run.step(shop="name: shop\ndomains: [y.org]\nroutes: [{request_matcher: 1}]\n").reports[
        "VirtualService/shop"
    ]

    assert status.state is State.REJECTED
    assert KEPT not in status.reason
    assert run.config.virtual_services["shop"].value.domains == ("y.org",)  # type: ignore[union-attr]  # it is there


def test_a_deleted_object_is_gone_and_does_not_come_back_broken() -> None:
    run = Run()
    run.step(shop=SHOP)
    assert run.step().hosts == ()

    found = run.step(shop=BROKEN_SERVICES["field"])

    assert found.hosts == ()
    assert KEPT not in found.reports["VirtualService/shop"].reason


def test_one_that_was_deleted_between_two_runs_is_gone() -> None:
    run = Run()
    run.step(shop=SHOP)
    run.step(shop=BROKEN_SERVICES["field"])
    run = Run(run)
    run.step()

    assert run.step(shop=BROKEN_SERVICES["field"]).hosts == ()


def test_another_name_is_a_deletion_and_something_new() -> None:
    run = Run()
    run.step(shop=SHOP)

    assert domains(run.step(shop=SHOP.replace("shop", "sohp"))) == ["sohp"]


def test_of_a_list_all_that_may_be_meant_stay_until_the_name_is_mended() -> None:
    run = Run()
    both = "virtual_services: [{name: one, domains: [one.org]}, {name: two, domains: [two.org]}]\n"
    run.step(list=both)

    found = run.step(list=both.replace("{name: one", "{nam: one"))
    assert domains(found) == ["one", "two"]
    assert is_kept(found.reports["VirtualService/one"])
    assert found.reports["VirtualService/two"].state is State.ACCEPTED

    assert domains(run.step(list="virtual_services: [{name: two, domains: [two.org]}]\n")) == ["two"]


def test_what_was_never_good_has_nothing_to_fall_back_on() -> None:
    run = Run()
    found = run.step(shop=BROKEN_SERVICES["field"], a=BROKEN_UPSTREAMS["spec"])

    assert found.hosts == ()
    assert all(KEPT not in status.reason for status in found.reports.values())
    assert run.turns == 1


def test_what_envoy_refuses_falls_back_on_what_it_took() -> None:
    run = Run()
    before = port_of(run.step(a=GOOD_UPSTREAM))
    run.taken()
    other = UPSTREAM.format(port="port", number=81)
    refused = run.step(a=other).snapshots["ingress"].of_type(ResourceType.CLUSTER)["a"].version
    run.refusals = Refusals({refused: "no"})

    found = run.step(a=other)

    assert port_of(found) == before
    assert found.reports["Upstream/a"].reason == f"Envoy refuses it: no; {KEPT}"


def test_what_envoy_refuses_stays_as_it_took_it_beside_later_changes() -> None:
    run = Run()
    before = port_of(run.step(a=GOOD_UPSTREAM))
    run.taken()
    other = UPSTREAM.format(port="port", number=81)
    refused = run.step(a=other).snapshots["ingress"].of_type(ResourceType.CLUSTER)["a"].version
    run.refusals = Refusals({refused: "no"})
    run.step(a=other)
    run.taken()

    for shop in (SHOP, SHOP.replace("x.org", "y.org")):
        assert port_of(run.step(a=other, shop=shop)) == before
        run.taken()


def test_what_an_earlier_publication_had_taken_says_nothing_of_a_later_form() -> None:
    run = Run()
    before = port_of(run.step(a=GOOD_UPSTREAM))
    taken = run.last_good.unproven
    other = UPSTREAM.format(port="port", number=81)
    refused = run.step(a=other).snapshots["ingress"].of_type(ResourceType.CLUSTER)["a"].version
    run.last_good.confirm(taken)
    run.refusals = Refusals({refused: "no"})

    assert port_of(run.step(a=other)) == before


def test_one_left_out_for_its_name_is_not_the_last_good_form_of_the_other() -> None:
    run = Run()
    first, other = GOOD_UPSTREAM, UPSTREAM.format(port="port", number=99)
    before = port_of(run.step(a=first, b=other))
    run.taken()

    assert port_of(run.step(a=first + "connection_timeout: 0s\n", b=other)) == before
    after = port_of(run.step(b=other))
    assert after != before
    assert port_of(run.step(b=other + "typ: 1\n")) == after


def test_what_waits_takes_the_place_of_a_good_form_when_it_waits_no_more() -> None:
    run = Run()
    before = port_of(run.step(a=GOOD_UPSTREAM))
    run.taken()
    waiting = UPSTREAM.format(port="port", number=81) + "ssl_config: {secret_ref: key}\n"
    assert run.step(a=waiting).reports["Upstream/a"].state is State.PENDING

    assert port_of(run.step(a=BROKEN_UPSTREAMS["spec"])) == before


def test_a_change_beside_a_broken_object_takes_one_turn_and_keeps_the_same_form() -> None:
    run = Run()
    run.step(shop=SHOP, a=GOOD_UPSTREAM)
    run.step(shop=SHOP, a=BROKEN_UPSTREAMS["spec"])
    before, turns = run.config.upstreams["a"], run.turns

    run.step(shop=SHOP.replace("x.org", "y.org"), a=BROKEN_UPSTREAMS["spec"])

    assert run.turns == turns + 1
    assert run.config.upstreams["a"] is before


def test_the_newest_good_form_is_the_last_one() -> None:
    run = Run()
    run.step(shop=SHOP)
    run.step(shop=SHOP.replace("x.org", "y.org"))
    run.step(shop=BROKEN_SERVICES["domain"])

    assert run.config.virtual_services["shop"].value.domains == ("y.org",)  # type: ignore[union-attr]  # it is there
