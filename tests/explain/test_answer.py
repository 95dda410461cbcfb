"""What becomes of a request, step by step."""

import json

import pytest
from tests.explain.shop import SHOP, told
from tests.support.translating import PLUGINS, config_of

from gloo.explain.answer import NO_ROUTE, explain
from gloo.explain.head import BAD_REQUEST
from gloo.explain.lua_run import Answer, FunctionRuntime
from gloo.explain.request import request_of
from gloo.explain.tables import tables_of
from gloo.model.secret import Secret

CORS = """
upstreams: [{name: plain, type: service, spec: {hosts: [{addr: 127.0.0.1, port: 1}]}}]
virtual_services:
- name: default
  routes:
  - request_matcher: {path_prefix: /}
    single_destination: {upstream: {name: plain}}
    extensions:
      cors: {allow_origin: ["http://a.test"], allow_methods: [PUT], expose_headers: [x-e], allow_credentials: true}
      max_retries: 2
      add_response_headers: [{key: x-served, value: gloo}]
"""
SECURE = """
virtual_services:
- name: plain
  domains: ["*.test"]
- name: secure
  domains: [a.test]
  ssl_config: {secret_ref: cert, http_redirect: true}
"""


def test_the_virtual_service_is_chosen_by_host_and_the_others_are_told() -> None:
    found = told("GET", "/anything", host="x.shop.test")
    assert (found.service, found.route) == ("wild", "wild/0")
    assert told("GET", "/", host="other.test").answer is NO_ROUTE


def test_the_host_is_a_header_of_two_names() -> None:
    config = SHOP.replace('{x-id: "{id}"}', '{host: "{id}.test"}').replace("domains: [shop.test]", 'domains: ["*"]')
    tables = tables_of(config_of(config), PLUGINS)
    (delivery,) = explain(request_of("GET", "http://a.test/pet/"), tables, FunctionRuntime()).deliveries
    assert delivery.sent is not None
    assert delivery.sent.path == "/pets/a"


def test_routes_before_the_one_that_takes_the_request_say_why_not() -> None:
    found = told("GET", "/pet/7")
    assert [str(each.refusal) for each in found.tried] == ["path: expected /pet, got /pet/7", "None"]
    assert found.route == "shop/1"


def test_what_envoy_adds_is_there_for_functions_and_what_only_it_knows_is_a_stand_in() -> None:
    config = SHOP.replace('{x-id: "{id}"}', '{x-request-id: "{id}"}')
    (delivery,) = told("POST", "/pet/", config=config).deliveries
    assert delivery.function is not None
    assert delivery.function.values[-1].value == '"%REQ(x-request-id)%"'
    assert delivery.sent is not None
    assert delivery.sent.path == "/pets/%REQ(x-request-id)%"
    assert dict(delivery.sent.headers)["x-forwarded-for"] == "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%"


def test_a_function_sees_the_length_of_the_body_and_what_is_sent_has_its_own() -> None:
    config = SHOP.replace('{x-id: "{id}"}', '{content-length: "{id}"}')
    (delivery,) = told("POST", "/pet/", body=b"abc", config=config).deliveries
    assert delivery.sent is not None
    assert (delivery.sent.path, delivery.sent.header("content-length")) == ("/pets/3", None)


def test_matchers_see_headers_as_envoy_makes_them() -> None:
    config = SHOP.replace('headers: {x-a: "1"}', "headers: {x-forwarded-proto: http, te: {present: false}}")
    headers = (("cookie", "c=2"), ("x-forwarded-proto", "https"))
    assert told("GET", "/pet", (*headers, ("te", "gzip")), config=config).route == "shop/0"
    assert str(told("GET", "/pet", (*headers, ("te", "trailers")), config=config).tried[0].refusal) == (
        "header te: expected absent, got 'trailers'"
    )


def test_without_a_route_the_answer_is_404() -> None:
    found = told("GET", "/nowhere")
    assert (found.answer, found.chosen, found.route) == (NO_ROUTE, None, "")
    assert len(found.tried) == 7


def test_a_function_says_which_values_it_takes_from_where_and_what_it_sends() -> None:
    (delivery,) = told("POST", "/pet/a%20b", (("x-id", "9"),)).deliveries
    assert delivery.function is not None
    assert delivery.function.name == "pets/get"
    values = [(each.name, each.source, each.value) for each in delivery.function.values]
    assert values == [("id", "path /pet/{id}", '"a b"'), ("id", "header x-id {id}", "9")]
    assert delivery.sent is not None
    assert (delivery.sent.method, delivery.sent.path, delivery.sent.host) == ("GET", "/pets/a%20b", "shop.test")


def test_names_that_no_parameter_binds_come_from_the_body() -> None:
    (delivery,) = told("POST", "/add", body=b'{"name": "x\\"", "tags": [1.0]}').deliveries
    assert delivery.function is not None
    values = [(each.name, each.source, each.value) for each in delivery.function.values]
    assert values == [("name", "body field", '"x\\""'), ("tags", "body field", "[1.0]")]
    assert delivery.sent is not None
    assert delivery.sent.body is not None
    assert json.loads(delivery.sent.body) == {"name": 'x"', "tags": [1.0]}


def test_a_function_that_refuses_says_what_the_client_gets() -> None:
    (delivery,) = told("POST", "/add", body=b"{}").deliveries
    assert delivery.sent is None
    assert delivery.refused is not None
    assert delivery.refused.status == 400
    assert json.loads(delivery.refused.body)["error"]["parameter"] == "name"


def test_each_weighted_destination_has_its_share_and_its_own_request() -> None:
    plain, function = told("POST", "/split", body=b'{"id": 1}').deliveries
    assert (plain.upstream, plain.share, function.upstream, function.share) == ("plain", 0.75, "pets", 0.25)
    assert plain.sent is not None
    assert function.sent is not None
    assert (plain.sent.path, function.sent.path) == ("/split", "/pets/1")


def test_a_route_with_an_error_answers_500_with_its_reference_and_the_problem_is_told() -> None:
    found = told("GET", "/lost")
    assert found.answer is not None
    reference = dict(found.answer.headers)["x-gloo-error"]
    assert found.answer.status == 500
    assert [each.problem for each in found.problems if each.reference == reference] == [
        "there is no upstream 'nowhere'"
    ]


def test_redirects_and_direct_responses_are_answers() -> None:
    redirect, direct = told("GET", "/old/x?q=1").answer, told("GET", "/hello").answer
    assert redirect is not None
    assert direct is not None
    assert (redirect.status, dict(redirect.headers)["location"]) == (301, "http://new.test/new/x?q=1")
    assert (direct.status, direct.body, dict(direct.headers)["x-own"]) == (200, b"hi", "1")


def test_policies_are_told() -> None:
    assert dict(told("GET", "/pet/1").policies)["timeout"] == "3s"
    assert "nothing else is said" in dict(told("POST", "/add").policies)["timeout"]
    policies = dict(told("GET", "/", config=CORS).policies)
    assert policies["response headers"] == "x-served = gloo"
    assert policies.keys() >= {"cors", "retries"}


def test_a_preflight_is_answered_before_the_upstream_is_asked() -> None:
    def asked(origin: str) -> dict[str, str]:
        headers = (("origin", origin), ("access-control-request-method", "PUT"))
        found = told("OPTIONS", "/", headers, config=CORS)
        assert found.answer is not None
        assert (found.answer.status, found.deliveries) == (200, ())
        return dict(found.answer.headers)

    of_any = {"access-control-allow-methods": "PUT", "access-control-allow-credentials": "true"}
    of_its_own = {"access-control-allow-origin": "http://a.test", "access-control-expose-headers": "x-e"}
    assert asked("http://a.test") == {**of_any, **of_its_own}
    assert asked("http://b.test") == of_any
    assert told("OPTIONS", "/", config=CORS).deliveries


def test_a_virtual_service_over_tls_redirects_requests_in_the_clear() -> None:
    found = told("GET", "/x", host="a.test", config=SECURE)
    assert found.service == "secure"
    assert found.answer is not None
    assert dict(found.answer.headers) == {"location": "https://a.test/x"}
    assert told("GET", "/x", host="b.test", config=SECURE).service == "plain"


def test_a_client_that_names_our_http_port_is_sent_to_our_https_port() -> None:
    def location(port: int) -> str:
        tables = tables_of(config_of(SECURE), PLUGINS, ports={"ingress": (8080, 8443)})
        found = explain(request_of("GET", f"http://a.test:{port}/x"), tables, FunctionRuntime())
        assert found.answer is not None
        return dict(found.answer.headers)["location"]

    assert [location(port) for port in (8080, 80, 9000)] == [
        "https://a.test:8443/x",
        "https://a.test/x",
        "https://a.test:9000/x",
    ]


def _answer(path: str, extensions: str) -> Answer:
    config = f"{{virtual_services: [{{name: v, routes: [{{request_matcher: {{}}, extensions: {extensions}}}]}}]}}"
    found = told("GET", path, host="a.test:80", config=config).answer
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("response", "headers"),
    [
        ("{status: 404}", {}),
        ("{status: 200, headers: {content-type: a/b}}", {}),
        ("{status: 201}", {"location": "http://a.test:80/x?q"}),
        ("{status: 304}", {"location": "http://a.test:80/x?q"}),
        ("{status: 301, headers: {location: /there}}", {"location": "/there"}),
        ("{status: 201, body: b}", {"location": "http://a.test:80/x?q", "content-type": "text/plain"}),
    ],
)
def test_a_direct_response_has_the_headers_that_envoy_adds_and_leaves_out(
    response: str, headers: dict[str, str]
) -> None:
    assert dict(_answer("/x?q", f"{{direct_response: {response}}}").headers) == headers


@pytest.mark.parametrize(
    ("redirect", "path"),
    [("{prefix: /n/, strip_query: true}", "/n/x?q"), ("{path: /n}", "/x?q"), ("{host: b.test}", "/x?q")],
)
def test_formats_see_the_path_that_a_redirect_has_written(redirect: str, path: str) -> None:
    change = '[{key: x-p, value: "%REQ(:PATH)%", format: true}, {key: content-type, value: a/b}]'
    answer = _answer("/x?q", f"{{redirect: {redirect}, add_response_headers: {change}}}")
    assert {name: value for name, value in answer.headers if name != "location"} == {"x-p": path}


def test_a_word_that_envoy_does_not_take_for_a_method_is_answered_before_any_route() -> None:
    found = told("get", "/hello")
    assert (found.answer, found.domains, found.tried) == (BAD_REQUEST, (), ())
    assert "no method 'get'" in found.reason


def test_a_name_of_an_upstreams_host_is_asked_for_where_the_route_says_so() -> None:
    rewritten = SHOP.replace("timeout: 3s", "host_rewrite: {auto: true}")
    (delivery,) = told("GET", "/pet/1", config=rewritten).deliveries
    assert delivery.sent is not None
    assert delivery.sent.host == "pets.test"


def test_filters_that_only_envoy_can_run_are_named() -> None:
    config = """
upstreams:
- name: cloud
  type: aws
  spec: {region: eu-west-1, account_id: "123456789012", secret_ref: aws}
  functions: [{name: greet, spec: {function_name: greet}}]
virtual_services:
- name: default
  routes:
  - request_matcher: {path_prefix: /}
    single_destination: {function: {upstream_name: cloud, function_name: greet}}
"""
    secret = Secret(name="aws", data={"access_key": "AKIAIOSFODNN7EXAMPLE", "secret_key": "canary"})
    tables = tables_of(config_of(config, secrets=(secret,)), PLUGINS)
    found = explain(request_of("GET", "/"), tables, FunctionRuntime())
    assert "gloo.filters.http.lambda_shape" in found.deliveries[0].further
    assert "canary" not in repr(found)
