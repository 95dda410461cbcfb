"""Routes to Envoy's routes; a bad one keeps its place and answers 500 with a reference."""

import json

import pytest
from tests.support.translating import GATEWAY, PLUGINS, config_of, routes, translated, virtual_hosts

from gloo.model.base import Json
from gloo.model.status import Problem, State
from gloo.translator import translate
from gloo.translator.refusals import Refusals, digest_of

UPSTREAM = "name: a\ntype: service\nspec: {hosts: [{addr: 127.0.0.1, port: 80}]}\n"


def service(*written: str) -> str:
    return "name: shop\nroutes:\n" + "".join(f"- {route}\n" for route in written)


def route(path: str, more: str = "single_destination: {upstream: {name: a}}") -> str:
    return f"{{request_matcher: {{path_prefix: {path}}}, {more}}}"


def answer(written: Json) -> Json:
    """Return the error that an error route answers with."""
    assert written["direct_response"]["status"] == 500
    return json.loads(written["direct_response"]["body"]["inline_string"])["error"]


def problems(*texts: str) -> tuple[Problem, ...]:
    return translated(*texts).reports["VirtualService/shop"].problems


BAD = {
    "a typo": "{request_matcher: {path_prefix: /bad}, single_destnation: {upstream: {name: a}}}",
    "a missing upstream": "{request_matcher: {path_prefix: /bad}, single_destination: {upstream: {name: b}}}",
    "a missing function": route("/bad", "single_destination: {function: {upstream_name: a, function_name: f}}"),
    "no destination": "{request_matcher: {path_prefix: /bad}}",
    "an unknown extension": route("/bad", "extensions: {tmeout: 3s}, single_destination: {upstream: {name: a}}"),
    "a bad regex": "{request_matcher: {path_regex: '/bad('}, single_destination: {upstream: {name: a}}}",
    "a bad verb": "{request_matcher: {path_prefix: /bad, verbs: ['G T']}, single_destination: {upstream: {name: a}}}",
    "a weight of nothing": route("/bad", "multiple_destinations: [{upstream: {name: a}, weight: 0}]"),
}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
def test_a_bad_route_keeps_its_place_and_answers_500_with_a_reference(bad: str) -> None:
    translation = translated(UPSTREAM, service(route("/first"), bad, route("/")))
    first, error, last = routes(translation, "shop")
    assert first["route"]["cluster"] == last["route"]["cluster"] == "a"
    assert error["match"]["prefix"] == "/bad"
    reported = translation.reports["VirtualService/shop"].problems[0]
    assert answer(error)["reference"] == reported.reference
    assert {"key": "x-gloo-error", "value": reported.reference} in [
        each["header"] for each in error["response_headers_to_add"]
    ]
    assert (reported.file, reported.line) == ("config-2.yaml", 4)


def test_the_answer_of_a_bad_route_says_nothing_about_its_configuration() -> None:
    error = answer(routes(translated(UPSTREAM, service(BAD["a missing upstream"])), "shop")[0])
    assert set(error) == {"status", "message", "reason", "reference"}


def test_the_same_fault_has_the_same_reference_wherever_it_stands_in_the_file() -> None:
    (before,) = problems(UPSTREAM, service(BAD["a missing upstream"]))
    (after,) = problems(UPSTREAM, "# a line more\n" + service(BAD["a missing upstream"]))
    assert before.reference == after.reference


def test_what_may_still_come_makes_the_object_pending() -> None:
    status = translated(UPSTREAM, service(BAD["a missing upstream"])).reports["VirtualService/shop"]
    assert status.state is State.PENDING


def test_one_fault_of_the_user_makes_it_rejected() -> None:
    text = service(BAD["a missing upstream"], BAD["a bad regex"].replace("/bad", "/worse"))
    assert translated(UPSTREAM, text).reports["VirtualService/shop"].state is State.REJECTED


def test_a_route_to_a_rejected_upstream_says_so() -> None:
    bad = UPSTREAM.replace("80", "0")
    (problem,) = problems(bad, service(route("/")))
    assert problem.problem == "upstream 'a' has errors"
    assert not problem.pending


def test_a_route_to_an_upstream_that_waits_for_its_secret_waits_too() -> None:
    waiting = UPSTREAM.replace("type: service", "type: service\nssl_config: {secret_ref: late}")
    assert waiting != UPSTREAM
    (problem,) = problems(waiting, service(route("/")))
    assert (problem.problem, problem.pending) == ("upstream 'a' is Pending", True)
    assert translated(waiting, service(route("/"))).reports["VirtualService/shop"].state is State.PENDING


def test_a_route_whose_path_can_not_be_read_takes_no_requests_and_says_so() -> None:
    text = service("{single_destination: {upstream: {name: a}}}", route("/"))
    translation = translated(UPSTREAM, text)
    assert len(routes(translation, "shop")) == 1
    assert "go to later routes" in translation.reports["VirtualService/shop"].problems[0].hint


def test_weighted_destinations_keep_their_weights() -> None:
    other = UPSTREAM.replace("name: a", "name: b")
    more = "multiple_destinations: [{upstream: {name: a}, weight: 90}, {upstream: {name: b}, weight: 10}]"
    (weighted,) = routes(translated(UPSTREAM, other, service(route("/", more))), "shop")
    found = weighted["route"]["weighted_clusters"]["clusters"]
    assert [(each["name"], each["weight"]) for each in found] == [("a", 90), ("b", 10)]


def test_a_prefix_is_rewritten() -> None:
    more = "prefix_rewrite: /v2, single_destination: {upstream: {name: a}}"
    (rewritten,) = routes(translated(UPSTREAM, service(route("/v1", more))), "shop")
    assert rewritten["route"]["prefix_rewrite"] == "/v2"


def test_both_halves_of_a_later_call_and_all_forms_of_an_event_name_one_call() -> None:
    more = "single_destination: {upstream: {name: a}}, extensions: {async: true}"
    event = f"{{event_matcher: {{event_type: org.example.a}}, {more}}}"
    for written in (route("/", more), event):
        hosts = virtual_hosts(translated(UPSTREAM, service(written)))
        (call,) = hosts["gloo-later"]["matcher"]["matcher_tree"]["exact_match_map"]["map"]
        asked = [header for each in hosts["shop"]["routes"] for header in each.get("request_headers_to_add", ())]
        named = {each["header"]["value"] for each in asked if each["header"]["key"] == "x-gloo-ask"}
        assert named == {call}
        assert call.startswith("shop/0/")


def test_a_route_that_envoy_takes_in_no_form_is_left_out_and_told() -> None:
    config = config_of(UPSTREAM, service(route("/bad"), route("/")))
    first = translate(config, PLUGINS, gateway=GATEWAY)
    refused = dict.fromkeys([digest_of(first.hosts[0].routes[0])], "no such thing")
    second = translate(config, PLUGINS, gateway=GATEWAY, refusals=Refusals(refused))
    assert answer(routes(second, "shop")[0])["reference"]
    refused[digest_of(second.hosts[0].routes[0])] = "nor this"

    third = translate(config, PLUGINS, gateway=GATEWAY, refusals=Refusals(refused))

    assert [each["match"]["prefix"] for each in routes(third, "shop")] == ["/"]
    (problem,) = third.reports["VirtualService/shop"].problems
    assert (problem.field, problem.problem) == ("routes[0]", "Envoy refuses it: no such thing")
    assert "its requests go to later routes" in problem.hint
    assert not problem.reference


def test_a_virtual_host_that_envoy_refuses_as_a_whole_is_left_out_and_told() -> None:
    config = config_of(UPSTREAM, service(route("/")))
    first = translate(config, PLUGINS, gateway=GATEWAY)
    refusals = Refusals({digest_of(first.hosts[0].body): "no such thing"})

    second = translate(config, PLUGINS, gateway=GATEWAY, refusals=refusals)

    assert virtual_hosts(second) == {}
    assert second.reports["VirtualService/shop"].reason == "Envoy refuses it: no such thing"


@pytest.mark.parametrize(
    ("bad", "field"),
    [
        ("{request_matcher: {path_regex: ''}}", "request_matcher.path_regex"),
        ("{request_matcher: {headers: {x: {regex: ''}}}}", "request_matcher.headers.x.regex"),
        ("{request_matcher: {query_params: {x: {regex: ''}}}}", "request_matcher.query_params.x.regex"),
        ("{request_matcher: {query_params: {'': ''}}}", 'request_matcher.query_params[""]'),
        ("{request_matcher: {cookies: {x: {regex: ''}}}}", "request_matcher.cookies.x.regex"),
        (route("/", 'single_destination: {upstream: {name: a}}, prefix_rewrite: "/a\\nb"'), "prefix_rewrite"),
        (
            route("/", "single_destination: {upstream: {name: a}}, extensions: {metadata: {'': {}}}"),
            'extensions.metadata[""]',
        ),
        (
            route(
                "/",
                "multiple_destinations: [{upstream: {name: a}, weight: 4294967295}, {upstream: {name: a}, weight: 1}]",
            ),
            "",
        ),
        (
            route("/", "single_destination: {upstream: {name: a}}, extensions: {cors: {allow_origin_regex: ['']}}"),
            "extensions.cors.allow_origin_regex[0]",
        ),
    ],
)
def test_what_envoy_is_known_to_refuse_is_refused_with_its_place(bad: str, field: str) -> None:
    found = problems(UPSTREAM, service(bad))[0]
    assert found.field == ".".join(part for part in ("routes[0]", field) if part)
    assert not found.problem.startswith("Envoy refuses it")
