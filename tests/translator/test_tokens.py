"""What routes demand of clients, and which of them can't be met: those don't work at all."""

import json

import pytest
from tests.support.tokens import Issuer
from tests.support.translating import GATEWAY, PLUGINS, config_of, routes, translated

from gloo.envoy.jwt import JWT_FILTER
from gloo.envoy.readable import readable
from gloo.envoy.snapshot import ResourceType
from gloo.model.base import Json
from gloo.model.secret import Secret
from gloo.model.status import State
from gloo.translator import Translation, translate
from gloo.translator.memo import Memo
from gloo.translator.refusals import Refusals, digest_of
from gloo.translator.tokens import secret_names

ISSUER = Issuer()
KEYS = {"inline": ISSUER.jwks()}
UPSTREAM = "name: idp\ntype: service\nspec: {hosts: [{addr: 127.0.0.1, port: 1}]}\n"


def route(path: str, jwt: Json = None) -> Json:
    extensions = {"direct_response": {"status": 200}, **({} if jwt is None else {"jwt": jwt})}
    return {"request_matcher": {"path_prefix": path}, "extensions": extensions}


def provider(**fields: Json) -> Json:
    return {"issuer": "https://idp.example", "jwks": KEYS, **fields}


def shop(providers: Json, *written: Json, name: str = "shop", default: Json = None) -> str:
    jwt = {"providers": providers, **({} if default is None else {"default": default})}
    return json.dumps({"name": name, "domains": [f"{name}.test"], "jwt": jwt, "routes": list(written)})


def demands(translation: Translation, host: str = "shop") -> list[str | None]:
    """Return what each route wants: the name of its demand, ``""`` for nothing, None for one that answers 500."""
    found: list[str | None] = []
    for each in routes(translation, host):
        own = each.get("typed_per_filter_config", {}).get(JWT_FILTER)
        broken = each["direct_response"]["status"] == 500
        found.append(None if broken else own.get("requirement_name", "") if own else "(no filter)")
    return found


def filter_config(translation: Translation, role: str = "ingress") -> Json:
    return readable(translation.snapshots[role].of_type(ResourceType.EXTENSION)[JWT_FILTER])["typed_config"]


def problems(translation: Translation) -> list[str]:
    return [f"{each.field}: {each.problem}" for each in translation.reports["VirtualService/shop"].problems]


def test_a_route_wants_what_it_says_or_what_is_said_for_all_or_else_a_token_of_any() -> None:
    written = (
        route("/a", {"require": ["a"]}),
        route("/b", {"require": ["b", "a", "b"]}),
        route("/c", {"any": ["b", "a"], "allow_missing": True}),
        route("/d", {"allow_missing": True}),
        route("/e", "off"),
        route("/"),
    )
    both = {"b": provider(), "a": provider()}
    own = ["shop/a", "shop/a and b", "shop/a or b, or none", "shop/a or b, or none", ""]
    assert demands(translated(shop(both, *written))) == [*own, "shop/a or b"]
    assert demands(translated(shop(both, *written, default="off"))) == [*own, ""]
    assert demands(translated(shop(both, *written, default={"require": ["a"]}))) == [*own, "shop/a"]
    known = filter_config(translated(shop(both, *written)))["requirement_map"]
    assert {*own[:4], "shop/a or b", "shop/b", "shop/b, or none"} <= known.keys()


def test_without_tokens_in_the_virtual_service_nothing_changes_and_a_demand_is_an_error() -> None:
    written = {"name": "shop", "routes": [route("/a"), route("/b", "off"), route("/c", {"allow_missing": True})]}
    translation = translated(json.dumps(written))
    assert demands(translation) == ["(no filter)", "(no filter)", None]
    assert problems(translation) == ["routes[2].extensions.jwt: the virtual service has no jwt.providers"]
    assert filter_config(translation).keys() == {"@type"}


@pytest.mark.parametrize(
    ("faulty", "problem"),
    [
        ({"jwks": {"inline": "{"}}, "jwks.inline: is no JSON"),
        ({"jwks": {"inline": {"keys": []}}}, "jwks.inline: holds no key that can be used"),
        ({"jwks": {"secret_ref": "s"}}, "jwks.secret_ref: secret 's': keys[0] holds a private key"),
        ({"jwks": {"secret_ref": "empty"}}, "jwks.secret_ref: secret 'empty': has no key 'jwks'"),
        ({"jwks": {"url": "idp/keys", "upstream": "idp"}}, "jwks.url: is no URL that begins with"),
        ({"jwks": {"url": "http://idp/", "upstream": "bad"}}, "jwks.upstream: upstream 'bad' has errors"),
        ({"claims_to_headers": {"sub": "host"}}, "claims_to_headers.sub: 'host' can't be changed as a header"),
        ({"claims_to_headers": {"a": "x", "b": "X"}}, "claims_to_headers.b: header 'X' gets the claim 'a' already"),
        (
            {"claims_to_headers": {"sub": "Authorization"}},
            "claims_to_headers.sub: header 'Authorization' holds the token already",
        ),
        ({"from_headers": [{"name": "a b"}]}, "from_headers[0].name: 'a b' is no header name"),
        ({"isuer": "a"}, "isuer: unknown field"),
    ],
)
def test_a_bad_provider_takes_the_routes_that_want_it_and_no_others(faulty: Json, problem: str) -> None:
    written = (route("/good", {"require": ["good"]}), route("/bad", {"any": ["bad", "good"]}), route("/"))
    text = shop({"good": provider(), "bad": provider(**faulty)}, *written, route("/off", "off"))
    canary = {"jwks": json.dumps({"keys": [{**ISSUER.jwks()["keys"][1], "d": "canary"}]})}
    secrets = (Secret("s", canary), Secret("empty", {}))
    config = config_of(text, UPSTREAM, UPSTREAM.replace("idp", "bad").replace("service", "servize"), secrets=secrets)
    translation = translate(config, PLUGINS, gateway=GATEWAY)
    assert demands(translation) == ["shop/good", None, None, ""]
    first, second, third = problems(translation)
    assert first.startswith(f"jwt.providers.bad.{problem}")
    assert second == "routes[1].extensions.jwt.any: provider 'bad' of tokens has errors"
    assert third == "routes[2]: provider 'bad' of tokens has errors"
    assert list(filter_config(translation)["providers"]) == ["shop/good"]
    assert "canary" not in repr(translation)


@pytest.mark.parametrize("jwks", [{"secret_ref": "s"}, {"url": "http://idp/keys", "upstream": "u"}])
def test_what_is_not_there_yet_leaves_its_routes_pending(jwks: Json) -> None:
    translation = translated(shop({"a": provider(jwks=jwks)}, route("/", {"require": ["a"]})))
    assert demands(translation) == [None]
    assert translation.reports["VirtualService/shop"].state is State.PENDING


def test_keys_behind_a_pending_upstream_leave_their_routes_pending() -> None:
    keys = {"url": "http://idp/keys", "upstream": "idp"}
    waiting = UPSTREAM.replace("type: service", "type: service\nssl_config: {secret_ref: late}")
    assert waiting != UPSTREAM
    translation = translated(waiting, shop({"a": provider(jwks=keys)}, route("/", {"require": ["a"]})))
    assert demands(translation) == [None]
    assert translation.reports["VirtualService/shop"].state is State.PENDING
    assert problems(translation)[0] == "jwt.providers.a.jwks.upstream: upstream 'idp' is Pending"


def test_a_provider_that_is_not_named_or_no_provider_at_all_is_an_error() -> None:
    translation = translated(shop({"idp": provider()}, route("/a", {"require": ["ipd"]}), route("/b")))
    assert demands(translation) == [None, "shop/idp"]
    (found,) = translation.reports["VirtualService/shop"].problems
    assert (found.problem, found.hint) == ("there is no provider 'ipd' of tokens", "did you mean 'idp'?")
    assert problems(translated(shop({}, route("/")))) == ["routes[0]: the virtual service has no jwt.providers"]
    lost = translated(shop({"idp": provider()}, route("/"), default={"any": ["ipd"]}))
    assert problems(lost) == ["routes[0]: jwt.default.any: there is no provider 'ipd' of tokens"]


def test_keys_come_from_a_secret_by_their_public_members_alone() -> None:
    held = {**ISSUER.jwks()["keys"][1], "x5u": "canary"}
    item = shop({"a": provider(jwks={"secret_ref": "s"})}, route("/"))
    config = config_of(item, secrets=(Secret("s", {"jwks": json.dumps({"keys": [held]})}),))
    assert [secret_names(each) for each in config.objects] == [("s",)]
    translation = translate(config, PLUGINS, gateway=GATEWAY)
    told = filter_config(translation)["providers"]["shop/a"]["local_jwks"]["inline_string"]
    assert json.loads(told) == {"keys": [ISSUER.jwks()["keys"][1]]}


def test_a_provider_that_envoy_refused_is_left_out() -> None:
    config = config_of(shop({"a": provider(), "b": provider(audiences=["x"])}, route("/", {"require": ["a"]})))
    first = translate(config, PLUGINS, gateway=GATEWAY)
    refused = next(each for each in first.providers if each.name == "shop/a")
    refusals = Refusals({digest_of(refused.body): "because"})
    translation = translate(config, PLUGINS, gateway=GATEWAY, refusals=refusals)
    assert demands(translation) == [None]
    assert problems(translation)[0] == "jwt.providers.a: Envoy refuses it: because"
    assert [each.name for each in translation.providers] == ["shop/b"]


def test_what_goes_stays_known_to_envoy_until_the_routes_have_changed() -> None:
    fetched = provider(jwks={"url": "http://idp/keys", "upstream": "idp"})
    old = config_of(shop({"old": fetched}, route("/", {"require": ["old"]})), UPSTREAM)
    new = config_of(shop({"new": provider()}, route("/", {"require": ["new"]})))
    first = translate(old, PLUGINS, gateway=GATEWAY)
    (name,) = filter_config(first)["providers"]
    second = translate(new, PLUGINS, gateway=GATEWAY, before=first.known)
    second.snapshots["ingress"].check()  # the upstream of the keys is gone
    told = filter_config(second)
    assert (list(told["providers"]), {"shop/old", "shop/new"} <= told["requirement_map"].keys()) == (
        ["shop/new", name],
        True,
    )
    assert [each.name for each in second.providers] == ["shop/new", "shop/old"]
    third = filter_config(translate(new, PLUGINS, gateway=GATEWAY, before=second.known))
    assert (list(third["providers"]), list(third["requirement_map"])) == (
        ["shop/new"],
        ["shop/new", "shop/new, or none"],
    )
    refusals = Refusals({digest_of(first.providers[0].body): "because"})
    refused = filter_config(translate(new, PLUGINS, gateway=GATEWAY, refusals=refusals, before=first.known))
    assert refused == third


def test_a_role_knows_the_providers_of_its_own_virtual_services_each_under_a_name_of_its_own() -> None:
    one = shop({"idp": provider()}, route("/"))
    two = shop({"idp": provider(audiences=["two"])}, route("/"), name="two")
    edge = json.dumps({**json.loads(shop({"idp": provider()}, route("/"), name="edge")), "roles": ["edge"]})
    translation = translated(one, two, edge)
    assert sorted(filter_config(translation)["providers"]) == ["shop/idp", "two/idp"]
    assert sorted(filter_config(translation, "edge")["providers"]) == ["edge/idp"]


def test_an_edit_elsewhere_leaves_the_providers_as_they_are_and_one_of_them_no_listener() -> None:
    memo = Memo()
    one, other = shop({"idp": provider()}, route("/")), shop({"idp": provider()}, route("/"), name="other")
    first = translated(one, other, memo=memo).snapshots["ingress"]
    edited = shop({"idp": provider()}, route("/b"), route("/", "off"), name="other")
    routed = translated(one, edited, memo=memo).snapshots["ingress"]
    provided = translated(one, shop({"idp": provider(forward=True)}, route("/"), name="other"), memo=memo)
    kinds = (ResourceType.EXTENSION, ResourceType.LISTENER)
    versions = [[one.version for kind in kinds for one in each.of_type(kind).values()] for each in (first, routed)]
    assert versions[0] == versions[1]
    later = provided.snapshots["ingress"]
    assert first.of_type(ResourceType.LISTENER) == later.of_type(ResourceType.LISTENER)
    assert first.of_type(ResourceType.EXTENSION) != later.of_type(ResourceType.EXTENSION)


def test_a_preflight_and_every_form_of_an_event_demand_what_their_route_does() -> None:
    cors = {"cors": {"allow_origin": ["*"]}, "jwt": {"require": ["idp"]}}
    destination = {"single_destination": {"upstream": {"name": "idp"}}}
    written = {"request_matcher": {"path_prefix": "/", "verbs": ["PUT"]}, **destination, "extensions": cors}
    event = {"event_matcher": {"event_type": "a"}, **destination, "extensions": {"jwt": {"require": ["idp"]}}}
    translation = translated(shop({"idp": provider()}, event, written), UPSTREAM)
    own = [each.get("typed_per_filter_config", {}).get(JWT_FILTER, {}) for each in routes(translation, "shop")]
    assert [each.get("requirement_name") for each in own] == [*["shop/idp"] * 5, None]  # the last is a 404
