"""What Envoy does natively for a function is what the function's whole program does: all forms in one real Envoy."""

import random
from collections.abc import Iterator, Mapping, Sequence
from itertools import product

import msgspec
import pytest
from tests.support.function_envoy import FunctionEnvoy, Sent, running_routes

from gloo.envoy.function_headers import function_headers_filter
from gloo.envoy.lua import LUA_FILTER, LuaProgram, lua_program
from gloo.envoy.plain_route import plain_route
from gloo.envoy.route import Forward, PathMatch, Route, RouteMatch, Target
from gloo.envoy.route_policy import HashPolicy
from gloo.functions import compile_function
from gloo.model.base import Json, replace
from gloo.plugins.base import FunctionCall
from gloo.plugins.rest import Rest, RestExtension, RestFunction, parameters_of, template_of

PARAMETERS = {"query": {"id": "{id}"}}
ON_THE_PATH = {"path": "/p/{id}/x/{pet}", "headers": {"x-version": "{version}", "Accept": ""}}
REQUESTS = 15  # to each function

FUNCTIONS: tuple[Mapping[str, str], ...] = (
    {"x-version": "2", "user-agent": "gloo/1 (100%)"},
    {"authorization": "", "x-none": "", "accept": "{# nothing #}"},
    {"content-type": "text/plain; charset=utf-8", "accept": "*/*"},
    {"x-a": "{{ header('user-agent') }}", "x-b": "<{{ header('authorization') }}>", "x-c": "{{ header('accept') }}"},
    {"x-a": "{{ header('origin') }}{{ header('referer') }}", "user-agent": "{{ header('content-type') }}"},
    {"x-a": "{{ method }}", "x-b": "{{ scheme }}://{{ authority }}/%", "x-version": "2"},
    {":method": "PUT", "x-a": "{{ method }}", "x-b": "{{ authority }}", "x-version": "2"},
    {"x-a": "{{ id }}", "x-b": "{{ header('x-a') }}", "x-version": "2"},
    {"user-agent": "mine", "x-a": "{{ header('user-agent') }}", "x-forwarded-for": "192.0.2.1"},
    {"x-b": "{{ header('x-a') }}", "x-c": "<{{ header('X-Version') }}{{ header('accept') }}>", "x-version": ""},
    {"x-b": "{{ header('x-a') }}", "x-c": "{{ header('x-forwarded-for') }}%", "x-d": "{{ request_header('x-d') }}"},
)
PATHS = (None, "/fixed?a=b", "/pets/{{ id }}")
PLAIN: tuple[tuple[str | None, Mapping[str, str]], ...] = (
    ("/pets/{{ pet }}/of/{{ id }}?own={{ id }}", {}),
    ("/fixed", {"x-a": "{{ id }}", "x-b": "{{ pet }}-{{ method }}", "user-agent": "mine"}),
    ("/find?id={{ id }}", {":method": "GET", "x-a": "{{ pet }}{{ pet }}", "x-version": "", "accept": "*/*"}),
    ("/a{{ id }}b/{{ pet }}.json", {":method": "PUT", "x-b": "<{{ header('accept') }}>"}),
    ("/a%20b/{{ pet }}/x?%25{{ pet }}&a=1", {"x-b": "{{ pet }}", "x-c": "100%{{ id }}"}),
    ("/a/{{ id }}/{{ pet }}", {"x-b": "{{ pet }}"}),
    ("/%2F?a=b%25", {}),
    ("/a/{{ id }}", {"x-b": "{{ header('x-a') }}", "x-c": "<{{ version }}>"}),
    (None, {"x-b": "{{ id }}{{ version }}", "x-c": "{{ header('x-a') }}"}),
    (None, {"x-b": "{{ version }}", "x-c": "{{ Accept }}"}),
    (None, {":method": "GET", "x-b": "{{ header('x-a') }}"}),
)


def forms(headers: Mapping[str, str], path: str | None, parameters: Json) -> tuple[Target, Target]:
    """How a function is called, and how it would be called if nothing were lowered."""
    function = RestFunction(path=path, headers=headers)
    extension = msgspec.convert({"parameters": parameters}, RestExtension)
    native = Rest().call(FunctionCall("pets/find", function, extension, Target("up")))
    program = compile_function(template_of("pets/find", function), tuple(parameters_of(extension)))
    return native, Target("up", filters=((LUA_FILTER, lua_program(LuaProgram(program.id, program.source))),))


def route(name: str, target: Target, *hashing: HashPolicy) -> Route:
    return Route(name, RouteMatch(PathMatch("prefix", "/")), Forward((target,), hash_policies=hashing))


def requests(seed: int, targets: Sequence[str]) -> Iterator[Sent]:
    """Yield requests: with and without the headers that functions read, and with them twice."""
    chance = random.Random(seed)
    names = ("user-agent", "authorization", "accept", "content-type", "origin", "referer", "x-a", "x-version", "cookie")
    values = ("a", "b c", "", "text/plain", "100%", '"x"', "%REQ(:path)%", "\t", "caf\xe9", "a,b", " c ", "\x7f")
    while True:
        picked = tuple((chance.choice(names), chance.choice(values)) for _ in range(chance.randrange(6)))
        method, body = chance.choice(["GET", "POST"]), chance.choice([b"", b"{}", b"text"])
        yield Sent(method, chance.choice(targets), picked, body)


TARGETS = ("/", "/p", "/p?id=7", "/p?id=a%2Fb&x=1", "/p?id=", "/%41?id=%0d%0ax")
_SEGMENTS = ("7", "a.b", "A-z_0~9", "x" * 40, "y" * 41, ".", "..", ".a", "a%20b", "a%2Fb", "%2e%2e", "%41", "a;b", "%%")
PATH_TARGETS = (
    *(f"/p/{one}/x/{other}" for one in _SEGMENTS for other in ("1", one)),
    *("/p/7/x/1?" + "q" * 9000, "/p/7/x/1?a?b=%zz"),
    *("/p/7/x/1?", "/p/7/x/1?id=2", "/p/7/x/1/", "/p//x/1", "/p/7/x/", "/q/7/x/1", "/p/7/x/1/x/2", "/p/7/x/1//"),
)


@pytest.fixture(scope="module")
def envoy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FunctionEnvoy]:
    routes: list[Route] = []
    for index, (headers, path) in enumerate(_functions()):
        native, program = forms(headers, path, PARAMETERS)
        native = replace(native, plain=None)
        routes += [route(f"route-{index}", native), route(f"filter-{index}", native, HashPolicy("source_ip"))]
        routes.append(route(f"program-{index}", program))
    for index, (path, headers) in enumerate(PLAIN):
        native, program = forms(headers, path, ON_THE_PATH)
        whole = route(f"plain-{index}", native)
        plain = plain_route(whole)
        assert plain is not None
        routes += [plain, whole, route(f"whole-{index}", program)]
        routes.append(replace(plain, name=f"only-{index}"))
    with running_routes(routes, tmp_path_factory.mktemp("envoy")) as running:
        yield running


def _functions() -> Sequence[tuple[Mapping[str, str], str | None]]:
    return [(headers, path) for headers in FUNCTIONS for path in PATHS]


@pytest.mark.parametrize("index", range(len(FUNCTIONS) * len(PATHS)))
def test_the_upstream_gets_the_same_request_from_all_forms(envoy: FunctionEnvoy, index: int) -> None:
    made = requests(index, TARGETS)
    for _ in range(REQUESTS):
        sent = next(made)
        expected = envoy.send(f"program-{index}", sent)
        assert envoy.send(f"route-{index}", sent) == expected, sent
        assert envoy.send(f"filter-{index}", sent) == expected, sent


@pytest.mark.parametrize("index", range(len(PLAIN)))
def test_plain_requests_need_no_program_and_all_others_get_it(envoy: FunctionEnvoy, index: int) -> None:
    made = requests(index, PATH_TARGETS)
    plain = 0
    for method, target, _ in product(("GET", "PUT"), PATH_TARGETS, range(4)):
        sent = replace(next(made), method=method, target=target)
        expected = envoy.send(f"whole-{index}", sent)
        assert envoy.send(f"plain-{index}", sent) == expected, sent
        alone = envoy.send(f"only-{index}", sent)
        if alone[0] == 200:
            plain += 1
            assert alone == expected, sent
    assert plain > 2


def test_a_function_of_fixed_headers_has_no_program() -> None:
    native, _ = forms(FUNCTIONS[0], None, PARAMETERS)
    assert [name for name, _ in native.filters] == [function_headers_filter().name]
