"""A real Envoy chooses the route that `gloo explain` says, for generated configurations and requests."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.explain.asking import LiveConfig, live_config
from tests.support.translating import PLUGINS, config_of

from gloo.errors import ConfigError
from gloo.explain.answer import explain
from gloo.explain.lua_run import FunctionRuntime
from gloo.explain.request import request_of
from gloo.explain.tables import tables_of
from gloo.model.base import Value

PAIRS = int(os.environ.get("GLOO_EXPLAIN_PAIRS", "2400"))
SERVICES, QUESTIONS, DRAWN = 10, 300, 30
RUNTIME = FunctionRuntime()

queries = st.sampled_from(
    (
        *("?q=1", "?q=2&q=1", "?q", "?r=a&q=1", "?%71=1", "?q=%31", "?", "?q=1=2"),
        *("?qr=1&q=a", "?q&r", "?=1&&q=2", "?q=a&r=z", "?q=a1z", "?x?q=1", "?-^=1&-=2", "?q=&q=1", "?qr", "?r=1&qr=2"),
    )
)
cookies = st.sampled_from(
    (
        *("c=1", "c=1; d.e=2", "x=0; c=a", "c=", "cc=1", 'c="1"', 'c="', 'c=""', "c=1;\tc=2", "a;\tc=1", "c =1"),
        *("c= 1", "c=1 ; d.e=1", "c=a1; x=z", "c=a1z", "c", ";c=1;;"),
    )
)
texts = st.lists(st.sampled_from(("/", "/a", "/b", "a", "B", "ab", "/A", "-", "%2F", "1")), max_size=4).map("".join)
paths = texts.map(lambda text: f"/{text.removeprefix('/')}")
OWN_HEADERS = ("te", "referer", "connection", "upgrade", "x-forwarded-proto", "x-envoy-internal", "x-envoy-max-retries")
"""Headers that Envoy sets, changes or leaves out before it looks for a route."""
regexes = st.sampled_from(
    ("/a.*", "/[ab]+", "/a/?b", "/(a|b)/.*", ".*b", "/\\d", "^/a$", "/a|/b", "(?i)/AB", "/.", "/a{2}", "/[^/]+/b")
)
values = st.sampled_from(("1", "2", "12", "a", "A", "a,b", "1,2", ""))
conditions = st.one_of(
    values,
    st.just("1.*"),
    st.builds(
        lambda kind, value, invert: {kind: value, "invert": invert},
        st.sampled_from(("exact", "prefix", "suffix", "contains", "regex")),
        st.sampled_from(("1", "a", "2", "[12]", ".*", "a,b", "^1$", "a.*z", "[^]a]+", "1|a")),
        st.booleans(),
    ),
    st.builds(lambda present, invert: {"present": present, "invert": invert}, st.booleans(), st.booleans()),
)


def _few(names: tuple[str, ...], what: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.one_of(st.just({}), st.just({}), st.dictionaries(st.sampled_from(names), what, min_size=1, max_size=2))


@st.composite
def matchers(draw: st.DrawFn) -> dict[str, Any]:
    kind = draw(st.sampled_from(("path_prefix", "path_segment_prefix", "path_exact", "path_regex")))
    matcher: dict[str, Any] = {kind: draw(regexes if kind == "path_regex" else paths)}
    given_parts = {
        "verbs": draw(st.sampled_from(([], [], ["GET"], ["get", "POST"], ["DELETE"]))),
        "headers": draw(_few(("x-a", "X-B", "accept", *OWN_HEADERS), conditions)),
        "query_params": draw(_few(("q", "r", "%71", "qr", "-^"), conditions)),
        "cookies": draw(_few(("c", "d.e"), conditions)),
    }
    if draw(st.booleans()) and draw(st.booleans()):
        matcher["case_sensitive"] = False
    return {**matcher, **{name: value for name, value in given_parts.items() if value}}


domains = st.sampled_from(
    ("a.test", "b.test", "*.test", "*.a.test", "x.a.test", "*a.test", "a.*", "x.*", "a.b.*", "A.test", "*", "b.test:80")
)
hosts = st.sampled_from(
    (
        "a.test",
        "A.TEST",
        "a.test:8080",
        "b.test",
        "a.test:abc",
        "a.test..:8@",
        ":80.a",
        "b.test/",
        "a b.test",
        "x.a.test",
        "y.x.a.test",
        "xa.test",
        ".test",
        "a.b.c",
        "a.b",
        "x.y",
    )
)
targets = st.one_of(
    paths,
    st.tuples(paths, queries).map("".join),
    st.tuples(
        paths,
        st.sampled_from(
            ("/../b", "/./a", "/%61", "//", "/%2e%2e/a", "\\b", "/b;x=1", "%2fb", "/..", "/..;x/b", "/.;", "%4%31")
        ),
    ).map("".join),
)
header_lines = st.lists(
    st.tuples(
        st.sampled_from(("x-a", "X-A", "x-b", "accept", "cookie")),
        st.one_of(st.sampled_from(("1", "2", "a", "A", "", "12")), cookies),
    ),
    max_size=3,
)
own_lines = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(OWN_HEADERS), values),
        st.tuples(
            st.just("connection"), st.sampled_from(("x-a", "close, X-b", "upgrade", "te", "host", "x-a,,cookie"))
        ),
        st.tuples(st.just("upgrade"), st.sampled_from(("websocket", "h2c", ""))),
        st.tuples(st.just("te"), st.sampled_from(("trailers", "gzip, trailers", "Trailers"))),
        st.tuples(st.just("referer"), st.sampled_from(("http://a/", "http://u@a/", "/x#y"))),
        st.tuples(st.just("content-type"), st.sampled_from(("application/json", "application/grpc"))),
    ),
    max_size=2,
)
lines = st.one_of(header_lines, header_lines, st.tuples(header_lines, own_lines).map(lambda two: two[0] + two[1]))


@dataclass(frozen=True, slots=True)
class Question:
    method: str
    host: str
    target: str
    headers: tuple[tuple[str, str], ...]


@st.composite
def cases(draw: st.DrawFn) -> "Case":
    """Draw virtual services whose routes answer by themselves, and questions to them, many near their paths."""
    services = []
    near: list[str] = ["/"]
    for number in range(SERVICES):
        found = draw(st.lists(matchers(), min_size=1, max_size=6))
        near += [each[kind] for each in found for kind in ("path_prefix", "path_exact") if kind in each]
        named = draw(st.lists(domains, max_size=3, unique=True))
        routes = [_route(matcher, f"v{number}/{index}") for index, matcher in enumerate(found)]
        services.append({"name": f"v{number}", "domains": [*named, f"v{number}.only"], "routes": routes})
    own = st.integers(0, SERVICES - 1).map(lambda number: f"v{number}.only")
    aimed = st.tuples(st.sampled_from(near), st.sampled_from(("", "", "/a", "b", "?q=1", "/"))).map("".join)
    question = st.builds(
        Question,
        st.sampled_from(("GET", "POST", "DELETE", "OPTIONS", "GET", "POST", "get", "CONNECT", "QUERY")),
        st.one_of(hosts, own, own),
        st.one_of(targets, aimed, aimed.map(str.swapcase)),
        lines.map(tuple),
    )
    return Case(services, _crossed(draw(st.lists(question, min_size=DRAWN, max_size=DRAWN))))


def _crossed(drawn: list[Question]) -> list[Question]:
    """Cross the parts of *drawn*, so that targets meet other hosts and headers too: drawing is what takes time."""
    steps = [(i, i + i // DRAWN, i + 3 * (i // DRAWN)) for i in range(QUESTIONS)]
    parts = ([drawn[position % DRAWN] for position in each] for each in steps)
    return [Question(first.method, second.host, first.target, third.headers) for first, second, third in parts]


class Case(Value, frozen=True):
    """Virtual services, and questions to them; a failure shows the one question that it is about."""

    _unshown: ClassVar = ("questions",)

    services: list[dict[str, Any]]
    questions: list[Question]


def _route(matcher: dict[str, Any], name: str) -> dict[str, Any]:
    answer = {"status": 200, "headers": {"x-route": name}}
    return {"request_matcher": matcher, "extensions": {"direct_response": answer}}


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveConfig]:
    with live_config(tmp_path_factory.mktemp("explain") / "config") as running:
        yield running


@settings(
    max_examples=-(-PAIRS // QUESTIONS),
    deadline=None,
    phases=(Phase.explicit, Phase.generate),
    derandomize="CI" in os.environ,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)
@given(case=cases())
def test_the_explained_route_is_the_one_that_envoy_takes(live: LiveConfig, case: Case) -> None:
    services, questions = case.services, case.questions
    live.publish({"virtual_services": services})
    tables = tables_of(config_of(json.dumps({"virtual_services": services})), PLUGINS)
    for question in questions:
        headers = (("host", question.host), *question.headers)
        reply = live.client.ask(question.method, question.target, headers)
        seen = (reply.status, reply.headers.get("x-route"), reply.headers.get("x-gloo-error"))
        try:
            found = explain(request_of(question.method, question.target, headers), tables, RUNTIME)
        except ConfigError:
            assert seen[0] == 400, (question, seen)
            continue
        assert found.answer is not None
        told = dict(found.answer.headers)
        expected = (found.answer.status, told.get("x-route"), told.get("x-gloo-error"))
        assert expected == seen, (question, _matchers(services, expected[1]), _matchers(services, seen[1]))


def _matchers(services: list[dict[str, Any]], route: str | None) -> object:
    """Return the matcher of a route, for the message of a failure."""
    service, _, index = (route or "").partition("/")
    return next((each["routes"][int(index)] for each in services if each["name"] == service), None)


CONDITIONS: tuple[Any, ...] = (
    "",
    "42",
    *({"present": present, "invert": invert} for present in (True, False) for invert in (True, False)),
    *({"exact": "42", "invert": invert} for invert in (True, False)),
    {"regex": "4.*", "invert": True},
)
GIVEN: tuple[Any, ...] = (..., "", "42", "x", 42, None, True, {"a": "42"}, ["42"])
"""Values of an attribute in a body; `...` is none, and headers take only the texts."""


def _events(attribute: str) -> Iterator[tuple[str, tuple[tuple[str, str], ...], bytes]]:
    """Yield events with all that their *attribute* can be, in all forms: a name, headers, body."""
    for value in GIVEN:
        if value is ... or isinstance(value, str):
            for kind, name in (("ce-type", f"ce-{attribute}"), ("x-event-type", "x-source-id")):
                held = () if value is ... else ((name, value),)
                yield f"{name}: {value}", ((kind, "paid"), *held), b"{}"
        told = {} if value is ... else {attribute: value}
        body = json.dumps({"type": "paid", **told}).encode()
        yield f"body: {value}", (("content-type", "application/cloudevents+json"),), body


JSON_DATA = (
    *("1", "9223372036854775807", "9223372036854775808", "12345678901234567890", "18446744073709551615"),
    *("18446744073709551616", "-9223372036854775808", "-9223372036854775809", "-12345678901234567890", "1" * 300),
    *("1e308", "1e400", "-1e400", "1E5", "NaN", "Infinity", "1" * 400, "0.1e-400", "01", "1.", "-", "-0"),
    *(
        r'"\ud83d"',
        r'"\ud83d\ude00"',
        r'"\ude00"',
        r'"\u0000"',
        '"\xe9"',
        '"\t"',
        '"\ufeff"',
        r'"\x"',
        "{1: 2}",
        "[1,]",
        "",
    ),
    *("[" * 50 + "]" * 50, "[" * 2000 + "]" * 2000),
)


def test_explain_reads_the_json_of_an_event_as_envoy_does(live: LiveConfig) -> None:
    event = {"event_matcher": {"event_type": "paid"}, "extensions": {"direct_response": {"status": 200}}}
    services = [{"name": "v", "domains": ["*"], "routes": [event]}]
    live.publish({"virtual_services": services})
    tables = tables_of(config_of(json.dumps({"virtual_services": services})), PLUGINS)
    kind = (("host", "v.only"), ("content-type", "application/cloudevents+json"))
    statuses = set()
    for data in (*JSON_DATA, b"\xff".decode("latin-1")):
        body = f'{{"type": "paid", "data": {data}}}'.encode("latin-1" if data == "\xff" else "utf-8")
        reply = live.client.ask("POST", "/events", kind, body)
        found = explain(request_of("POST", "/events", kind, body), tables, RUNTIME)
        assert found.answer is not None
        assert found.answer.status == reply.status, data
        statuses.add(reply.status)
    assert statuses == {200, 404}


@pytest.mark.parametrize("attribute", ["source", "subject"])
def test_a_condition_on_an_attribute_of_an_event_holds_in_envoy_when_explain_says_so(
    live: LiveConfig, attribute: str
) -> None:
    services = [
        {
            "name": f"v{number}",
            "domains": [f"v{number}.only"],
            "routes": [
                {
                    "event_matcher": {"event_type": "paid", attribute: condition},
                    "extensions": {"direct_response": {"status": 200, "headers": {"x-route": "event"}}},
                }
            ],
        }
        for number, condition in enumerate(CONDITIONS)
    ]
    live.publish({"virtual_services": services})
    tables = tables_of(config_of(json.dumps({"virtual_services": services})), PLUGINS)
    assert not any(tables.problems(f"v{number}") for number in range(len(CONDITIONS)))
    taken: dict[str, int] = {}
    for number, condition in enumerate(CONDITIONS):
        for event, headers, body in _events(attribute):
            sent = (("host", f"v{number}.only"), *headers)
            reply = live.client.ask("POST", "/events", sent, body)
            found = explain(request_of("POST", "/events", sent, body), tables, RUNTIME)
            assert found.answer is not None
            assert found.answer.status == reply.status, (condition, event)
            taken[str(condition)] = taken.get(str(condition), 0) + (reply.status == 200)
    assert all(0 < count < len(list(_events(attribute))) for count in taken.values()), taken
