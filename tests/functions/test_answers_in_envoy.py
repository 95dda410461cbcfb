"""What Envoy leaves of a request for its answer is what the program leaves: both forms in one real Envoy."""

import random
import re
from collections.abc import Iterator, Mapping

import msgspec
import pytest
from tests.support.function_envoy import FunctionEnvoy, Sent, running_routes

from gloo.envoy.lua import ANSWERS_FILTER, LUA_FILTER, LuaProgram, lua_program
from gloo.envoy.plain_route import plain_route
from gloo.envoy.route import Forward, PathMatch, Route, RouteMatch, Target
from gloo.functions import compile_function
from gloo.functions.limits import MOST_MADE
from gloo.model.base import Json
from gloo.plugins.base import FunctionCall
from gloo.plugins.rest import Rest, RestExtension, RestFunction, parameters_of, template_of

WHOLE = '{"saw": {{ raw_string(body()) }}, "agent": "{{ request_header("user-agent") }}"}'
HEADERS = {"x-by": "{{ request_header('authorization') }}", "x-from": "<{{ request_header('origin') }}>"}
FUNCTIONS: tuple[Mapping[str, Json], ...] = (
    {"response": {"body": WHOLE}},
    {"response": {"headers": HEADERS}},
    {"response": {"status": "201", "body": "seen"}},
    {"response": {"when": {"status": "4xx"}, "body": "never"}},
    {"headers": {"x-a": "b", "user-agent": "mine"}, "response": {"body": WHOLE}},
    {"headers": {"x-a": "{{ method }}"}, "response": {"body": WHOLE, "headers": HEADERS}},
    {"response": {"headers": {"x-back": "{{ request_header('x-a') }}", "x-none": "{{ request_header('x-b') }}"}}},
    {"headers": {"x-a": "<{{ header('x-b') }}>"}, "response": {"headers": {"x-back": "{{ request_header('x-a') }}"}}},
)
SEEN: tuple[Mapping[str, Json], ...] = (
    {"headers": {"accept-encoding": "br"}, "response": {"headers": HEADERS}},
    {"headers": {"range": "bytes=0-1", "x-a": "b"}, "response": {"body": WHOLE}},
    {"headers": {"accept-encoding": "gzip", "x-a": "{{ default(id, 'none') }}"}, "response": {"body": WHOLE}},
)
PATHS: tuple[Mapping[str, Json], ...] = (
    {"path": "/pets/{{ id }}", "response": {"body": WHOLE}},
    {"path": "/pets?of={{ id }}", "headers": {"x-a": "{{ id }}"}, "response": {"headers": HEADERS, "body": WHOLE}},
)
REQUESTS = 40  # to each function


def forms(written: Mapping[str, Json], name: str, *, path: bool) -> Iterator[Route]:
    """Yield the routes to a function as it is called, and one on which its program does all."""
    parameters = {"path": "/p/{id}"} if path else {"query": {"id": "{id}"}}
    function = msgspec.convert(written, RestFunction)
    extension = msgspec.convert({"parameters": parameters}, RestExtension)
    native = _route(f"native-{name}", Rest().call(FunctionCall("pets/find", function, extension, Target("up"))))
    program = compile_function(template_of("pets/find", function), tuple(parameters_of(extension)))
    whole = lua_program(LuaProgram(program.id, program.source))
    plain = plain_route(native)
    assert (plain is not None) == path
    yield from (plain,) if plain is not None else ()
    yield native
    both = ((LUA_FILTER, whole), (ANSWERS_FILTER, whole))
    yield _route(f"whole-{name}", Target("up", filters=both, held_bytes=MOST_MADE))


def _route(name: str, target: Target) -> Route:
    return Route(name, RouteMatch(PathMatch("prefix", "/")), Forward((target,)))


def requests(seed: int, *, path: bool) -> Iterator[Sent]:
    """Yield requests with the headers that are kept: missing, empty, twice; and with those that are not to be sent."""
    chance = random.Random(seed)
    names = ("user-agent", "authorization", "origin", "accept-encoding", "range", "x-a", "x-b")
    values = ("a", "caf\xe9", "b c", "", "100%", '"x"', "%REQ(:path)%", "\t", "a,b", " c ", "gzip", "bytes=0-1")
    while True:
        picked = tuple((chance.choice(names), chance.choice(values)) for _ in range(chance.randrange(6)))
        target = chance.choice(["/p/7", "/p/a.b", "/p/7?x=1", "/p/a%20b", "/p/", "/p/.."] if path else ["/", "/p?id=7"])
        yield Sent(chance.choice(["GET", "POST", "HEAD", "PUT"]), target, picked, b"")


@pytest.fixture(scope="module")
def envoy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FunctionEnvoy]:
    routes = [route for index, each in enumerate((*FUNCTIONS, *SEEN)) for route in forms(each, str(index), path=False)]
    routes += [route for index, each in enumerate(PATHS) for route in forms(each, f"path-{index}", path=True)]
    with running_routes(routes, tmp_path_factory.mktemp("envoy")) as running:
        yield running


def told(envoy: FunctionEnvoy, route: str, sent: Sent) -> tuple[int, Json, bytes]:
    """Return the answer without what differs from one request to the next: names of routes and numbers of requests."""
    status, headers, body = envoy.ask(route, sent)
    if sent.method != "HEAD":
        assert int(headers["content-length"]) == len(body)
    others = {name: value for name, value in headers.items() if name != "content-length"}
    return status, others, re.sub(rb'\["x-(route|request-id)", "[^"]*"\]', b"", body)


@pytest.mark.parametrize(
    ("name", "path"),
    [
        *((str(index), False) for index in range(len(FUNCTIONS + SEEN))),
        *((f"path-{index}", True) for index in range(len(PATHS))),
    ],
)
def test_the_client_gets_the_same_answer_from_both_forms(envoy: FunctionEnvoy, name: str, path: bool) -> None:
    made = requests(sum(name.encode()), path=path)
    for _ in range(REQUESTS):
        sent = next(made)
        assert told(envoy, f"native-{name}", sent) == told(envoy, f"whole-{name}", sent), sent


@pytest.mark.parametrize("name", ["0", "path-0"])
def test_an_answer_may_be_as_long_in_both_forms(envoy: FunctionEnvoy, name: str) -> None:
    sent = Sent("GET", "/p/7", (("x-longer-by", str(3 * 2**19)),), b"")
    native = envoy.ask(f"native-{name}", sent)
    assert (native[0], told(envoy, f"native-{name}", sent)) == (502, told(envoy, f"whole-{name}", sent))
    assert native[1]["x-gloo-error"] == "too_large"


@pytest.mark.parametrize(
    ("written", "sees"),
    [
        *((each, False) for each in FUNCTIONS),
        *((each, True) for each in SEEN),
        ({"headers": {"content-type": "text/plain"}, "response": {"body": "x"}}, False),
        ({"response": {"body": "{{ request_header('range') }}"}}, True),
        ({"path": "/{{ id }}", "response": {"body": "x"}}, True),
    ],
)
def test_a_program_sees_requests_only_if_it_must(written: Mapping[str, Json], sees: bool) -> None:
    native = next(iter(forms(written, "only", path=False)))
    assert isinstance(native.action, Forward)
    names = [name for name, _ in native.action.targets[0].filters]
    assert ANSWERS_FILTER in names
    assert (LUA_FILTER in names) is sees
