"""Tokens without Envoy: what is demanded, what is missing, and what an unverified one would give."""

import json
from pathlib import Path

import pytest
from tests.explain.shop import told
from tests.support.tokens import Issuer
from tests.support.translating import PLUGINS, config_of

from gloo.cli.explain_text import explanation_json, explanation_text
from gloo.explain.answer import Explanation
from gloo.explain.request import Request
from gloo.explain.tables import tables_of
from gloo.explain.tokens import FoundToken, token_in
from gloo.model.base import Json
from gloo.model.jwt import JwtProvider
from gloo.model.strict import decode_struct

ISSUER = Issuer()
PARTNER = Issuer("https://partner.example")
CONFIG = f"""
upstreams:
- name: plain
  type: service
  spec: {{hosts: [{{addr: 127.0.0.1, port: 1}}]}}
  service_info: {{type: REST}}
  functions:
  - name: me
    spec:
      path: '/users/{{{{ jwt_claim("sub") }}}}'
      body: '{{"n": {{{{ jwt_claim("n") }}}}, "r": {{{{ jwt_claim("r") }}}}}}'
  - {{name: item, spec: {{path: "/t/{{{{ id }}}}"}}}}
virtual_services:
- name: shop
  domains: [shop.test]
  jwt:
    providers:
      idp: {{issuer: "https://idp.example", jwks: {{inline: {json.dumps(ISSUER.jwks())}}},
        claims_to_headers: {{sub: x-user, "a.b": x-deep, f: x-f, t: x-t, o: x-o}}}}
      partner: {{issuer: "https://partner.example", jwks: {{inline: {json.dumps(PARTNER.jwks())}}}, forward: true}}
      second: {{issuer: "https://partner.example", jwks: {{inline: {json.dumps(PARTNER.jwks())}}},
        from_headers: [{{name: x-p}}], claims_to_headers: {{sub: x-pat}}}}
    default: {{any: [idp, partner]}}
  routes:
  - request_matcher: {{path_prefix: /both}}
    single_destination: {{upstream: {{name: plain}}}}
    extensions: {{jwt: {{require: [idp, second]}}}}
  - request_matcher: {{path_prefix: /me}}
    single_destination: {{function: {{upstream_name: plain, function_name: me}}}}
  - request_matcher: {{path_prefix: /item}}
    single_destination: {{function: {{upstream_name: plain, function_name: item}}}}
    extensions: {{parameters: {{path: "/item/{{id}}"}}}}
  - request_matcher: {{path_prefix: /all}}
    single_destination: {{upstream: {{name: plain}}}}
    extensions: {{jwt: {{require: [idp, partner]}}}}
  - request_matcher: {{path_prefix: /maybe}}
    single_destination: {{upstream: {{name: plain}}}}
    extensions: {{jwt: {{any: [idp, partner], allow_missing: true}}}}
  - request_matcher: {{path_prefix: /off}}
    single_destination: {{upstream: {{name: plain}}}}
    extensions: {{jwt: off}}
"""


def asked(path: str, *headers: tuple[str, str], method: str = "GET") -> Explanation:
    return told(method, path, headers, config=CONFIG)


def bearer(token: str) -> tuple[str, str]:
    return ("authorization", f"Bearer {token}")


def sent(found: Explanation) -> Request:
    (delivery,) = found.deliveries
    assert delivery.sent is not None, delivery.refused
    return delivery.sent


def test_templates_get_the_claims_and_nobody_says_that_they_are_true() -> None:
    token = ISSUER.token(sub="a/b", n=4102444800, r=["x", {"y": None}])
    found = asked("/me", bearer(token), method="POST")
    assert found.token is not None
    assert (found.token.demand, found.token.provider, found.token.claims["sub"]) == ("idp or partner", "idp", "a/b")
    assert (sent(found).path, sent(found).body) == ("/users/a%2Fb", b'{"n": 4102444800, "r": ["x",{}]}')
    assert sent(found).header("authorization") is None
    told = explanation_json(found)["token"]
    assert (told["verified"], told["claims"]["n"]) == (False, 4102444800)


def test_claims_go_into_headers_and_what_a_client_wrote_there_is_gone() -> None:
    token = ISSUER.token(a={"b": "deep"}, f=1.5, t=True, o={"k": ["é"], "a": 1})
    found = sent(asked("/maybe", bearer(token), ("x-user", "evil"), ("x-other", "kept")))
    names = ("x-user", "x-deep", "x-f", "x-t", "x-o", "x-other")
    values = ["ann", "deep", "1.500000", "true", "eyJhIjoxLCJrIjpbIsOpIl19", "kept"]
    assert [found.header(name) for name in names] == values
    for number, text in (
        (-3, "-3.000000"),
        (2.0, "2"),
        (12345678901234567890, "12345678901234567168"),
        (10**400, "inf"),
        (7, "7"),
    ):
        assert sent(asked("/maybe", bearer(ISSUER.token(f=number)))).header("x-f") == text
    for path in ("/maybe", "/off"):
        assert sent(asked(path, ("x-user", "evil"))).header("x-user") is None


def test_of_two_tokens_that_are_demanded_both_go_and_both_give_their_claims() -> None:
    found = asked("/both", bearer(ISSUER.token(sub="ann")), ("x-p", PARTNER.token(sub="pat")))
    assert [sent(found).header(name) for name in ("x-user", "x-pat", "authorization", "x-p")] == [
        "ann",
        "pat",
        None,
        None,
    ]
    assert found.token is not None
    assert (found.token.provider, found.token.claims["sub"]) == ("second", "pat")
    missing = asked("/both", bearer(ISSUER.token(iss="x"))).answer
    assert missing is not None
    assert json.loads(missing.body)["error"]["message"] == "Jwt issuer is not configured"  # the first fault counts


def test_a_missing_or_unreadable_token_is_answered_401() -> None:
    for headers, reason in (((), "token_missing"), ((bearer("a.b.c"),), "token_refused")):
        answer = asked("/me", *headers).answer
        assert answer is not None
        assert (answer.status, dict(answer.headers)["x-gloo-error"]) == (401, reason)
        assert json.loads(answer.body)["error"]["reason"] == reason
    answer = asked("/all", bearer(ISSUER.token())).answer  # both read the same header
    assert answer is not None
    assert json.loads(answer.body)["error"]["message"] == "Jwt issuer is not configured"
    assert asked("/maybe").token == FoundToken("idp or partner, or none")
    answer = asked("/me", bearer(ISSUER.token()), ("authorization", "x")).answer  # to Envoy they are one token
    assert answer is not None
    assert json.loads(answer.body)["error"]["message"] == "Jwt signature is an invalid Base64url encoded"


def test_an_answer_names_the_address_without_the_token_and_not_all_of_a_long_one() -> None:
    answer = asked(f"/me?access_token=x&b={'y' * 300}").answer
    assert answer is not None
    told = dict(answer.headers)["www-authenticate"]
    assert told == f'Bearer realm="http://shop.test/me?b={"y" * 250}", error="invalid_token"'


def test_a_token_is_taken_for_the_provider_that_it_names_and_stays_where_it_is_forwarded() -> None:
    found = asked("/maybe?x=1", bearer(PARTNER.token()))
    assert found.token is not None
    assert found.token.provider == "partner"
    assert sent(found).header("authorization")
    assert sent(asked(f"/maybe?x=1&access_token={ISSUER.token()}&y=2")).path == "/maybe?x=1&y=2"
    assert sent(asked(f"/maybe?b=%26&access%5Ftoken={ISSUER.token()}&a&")).path == "/maybe?b=%26&a&"


def test_a_header_that_holds_no_token_stays_beside_one_in_the_query() -> None:
    found = sent(asked(f"/maybe?access_token={ISSUER.token()}", ("authorization", "Basic abc")))
    assert (found.path, found.header("authorization")) == ("/maybe", "Basic abc")


def test_a_query_with_a_token_needs_a_program_since_the_route_is_chosen_before() -> None:
    told = [asked(f"/item/7?access_token={ISSUER.token()}"), asked("/item/7", bearer(ISSUER.token()))]
    makers = [each.deliveries[0].made_by for each in told]
    assert makers == ["a Lua program", "Envoy itself, since the request is plain"]


def test_the_text_tells_demand_and_claims() -> None:
    tables = tables_of(config_of(CONFIG), PLUGINS)
    text = explanation_text(asked("/maybe", bearer(ISSUER.token())), tables, Path())
    assert (
        "a token is demanded: idp or partner, or none\n  the request has one for idp; nothing of it was verified"
        in text
    )
    assert '  jwt_claim("sub") = "ann"\n' in text
    assert "  the request has none\n" in explanation_text(asked("/maybe"), tables, Path())
    assert "  token: none is demanded" in explanation_text(asked("/off"), tables, Path())


@pytest.mark.parametrize(
    ("places", "path", "headers", "token"),
    [
        ({}, "/?access_token=t", (), "t"),
        ({}, "/", (("authorization", "bearer t"),), None),
        ({}, "/", (("authorization", "Basic x"), ("authorization", "Bearer t")), "t"),
        ({}, "/", (("authorization", "Bearer t"), ("authorization", "Basic x")), "t,Basic x"),
        ({"from_headers": [{"name": "x-t"}]}, "/?access_token=t", (("x-t", "u"),), "u"),
        ({"from_query": ["q"]}, "/?q=t", (), "t"),
        ({"from_query": ["q"]}, "/?x&%71=%74+&q=u", (), "t+"),
        ({"from_query": ["q"]}, "/?q=t%20", (), "-"),
        ({"from_query": ["q"]}, "/?q&q=t", (), "-"),
        ({"from_cookies": ["c"]}, "/", (("cookie", "d; c=t; c=u"),), "t"),
        ({"from_cookies": ["c"]}, "/", (("cookie", 'c=;c="t"'),), ""),
        ({"from_cookies": ["c"]}, "/", (("cookie", "a=b; c=t"),), "t"),
        ({"from_cookies": ["c"]}, "/", (("authorization", "Bearer t"),), None),
    ],
)
def test_a_token_is_found_where_it_may_stand(
    places: Json, path: str, headers: tuple[tuple[str, str], ...], token: str | None
) -> None:
    provider, _ = decode_struct({"issuer": "a", "jwks": {"inline": "{}"}, **places}, JwtProvider)
    assert provider is not None
    assert token_in(Request("GET", "a", path, headers), provider) == token
