from datetime import UTC, datetime

import pytest
from tests.support.authority import START, Authority, Issued
from tests.support.translating import config_of

from gloo.model.secret import Secret
from gloo.translator.certificates import Choice, GoodSecrets, choose_authorities, choose_pair, next_turn, secret_names
from gloo.translator.memo import Memo
from gloo.translator.refusals import Refusals

AUTHORITY = Authority.make()
END = datetime(2030, 1, 1, tzinfo=UTC)
NOW = datetime(2025, 1, 1, tzinfo=UTC).timestamp()
GOOD = Secret("one", AUTHORITY.issue("one.test", not_after=END).data())
BAD = Secret("one", {**GOOD.data, "tls.key": AUTHORITY.issue("x.test").private_key})


def choice_of(
    secret: Secret | None,
    last: Secret | None = None,
    *,
    now: float | None = NOW,
    refusals: Refusals | None = None,
    memo: Memo | None = None,
) -> Choice:
    secrets = {"one": secret} if secret else {}
    good = GoodSecrets({"one": last} if last else {})
    return choose_pair("one", secrets, good, now=now, refusals=refusals or Refusals(), memo=memo or Memo())


def issued(not_before: datetime = START, not_after: datetime = END) -> Issued:
    return AUTHORITY.issue("one.test", not_before=not_before, not_after=not_after)


def test_a_good_pair_is_used_and_named_after_its_secret() -> None:
    choice = choice_of(GOOD)
    assert choice.problem is None
    assert choice.material is not None
    assert choice.material.resource is not None
    assert choice.material.resource.name == "certificate/one"


def test_a_faulty_pair_is_told_and_the_last_good_one_stays() -> None:
    choice = choice_of(BAD, GOOD)
    assert choice.material is not None
    assert choice.material.secret is GOOD
    assert "secret 'one': the private key does not belong to the certificate" in str(choice.problem)
    assert "the last good one is still served" in str(choice.problem)


def test_without_a_last_good_one_a_faulty_pair_leaves_nothing() -> None:
    assert choice_of(BAD).material is None


def test_a_secret_that_goes_away_leaves_what_it_held_and_waits_for_its_return() -> None:
    choice = choice_of(None, GOOD)
    assert choice.problem is not None
    assert choice.problem.pending
    assert choice.material is not None


@pytest.mark.parametrize(
    ("pair", "said", "pending"),
    [
        (issued(not_after=datetime(2024, 12, 31, tzinfo=UTC)), "expired on 2024-12-31 00:00:00 UTC", False),
        (issued(not_before=datetime(2025, 1, 2, tzinfo=UTC)), "is not valid before 2025-01-02", True),
    ],
)
def test_a_pair_out_of_its_time_is_refused(pair: Issued, said: str, pending: bool) -> None:
    choice = choice_of(Secret("one", pair.data()))
    assert choice.material is None
    assert choice.problem is not None
    assert said in choice.problem.problem
    assert choice.problem.pending is pending
    assert choice_of(Secret("one", pair.data()), now=None).material is not None


def test_a_certificate_that_expires_while_it_serves_goes_on_and_is_told() -> None:
    choice = choice_of(GOOD, GOOD, now=END.timestamp())
    assert choice.material is not None
    assert "it is still served" in str(choice.problem)


def test_a_pair_that_envoy_refused_gives_way_to_the_last_good_one() -> None:
    other = Secret("one", issued().data())
    material = choice_of(other).material
    assert material is not None
    assert material.resource is not None
    refusals = Refusals({material.resource.version: "no such curve"})
    choice = choice_of(other, GOOD, refusals=refusals)
    assert "Envoy refuses it: no such curve" in str(choice.problem)
    assert choice.material is not None
    assert choice.material.secret is GOOD


def test_the_same_secret_is_read_once() -> None:
    memo = Memo()
    first = choice_of(GOOD, memo=memo)
    memo.turn()
    assert choice_of(GOOD, memo=memo) is first


def test_authorities_are_chosen_alike() -> None:
    secrets = {"ca": Secret("ca", {"ca.crt": AUTHORITY.certificate})}
    choice = choose_authorities("ca", secrets, GoodSecrets(), refusals=Refusals(), memo=Memo())
    assert choice.material is not None
    assert choice.material.resource is not None
    assert choice.material.resource.name == "client-ca/ca"
    broken = choose_authorities(
        "ca",
        {"ca": Secret("ca", {"ca.crt": "x"})},
        GoodSecrets(authorities=secrets),
        refusals=Refusals(),
        memo=Memo(),
    )
    assert broken.material is not None
    assert "ca.crt is no certificate" in str(broken.problem)


def test_the_next_turn_is_the_next_begin_or_end() -> None:
    material = choice_of(GOOD).material
    assert material is not None
    assert next_turn([material], NOW) == END.timestamp()
    assert next_turn([material], START.timestamp() - 1) == START.timestamp()
    assert next_turn([material], END.timestamp()) is None
    assert next_turn([material], None) is None


def test_a_virtual_service_names_its_secrets() -> None:
    config = config_of(
        "{name: a, routes: [], ssl_config: {secret_ref: one, client_ca_secret_ref: two}}",
        "{name: b, routes: [], ssl_config: {secret_ref: one, require_client_certificate: true}}",
        "{name: c, routes: []}",
    )
    assert [secret_names(item) for item in config.virtual_services.values()] == [("one", "two"), ("one",), ()]
