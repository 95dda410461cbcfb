"""A real Envoy compares cookies and query parameters one by one, and paths as it makes them."""

from collections.abc import Iterator

import pytest
from tests.support.route_envoy import Question, RouteEnvoy, running_envoy

from gloo.envoy.route import DirectResponse, HeaderChange, PathMatch, Route, RouteMatch
from gloo.envoy.route_message import route_bytes
from gloo.envoy.route_tree import route_fields
from gloo.errors import ConfigError
from gloo.model.base import Json
from gloo.model.route import Route as ModelRoute
from gloo.model.strict import decode_struct
from gloo.translator.events import matches_of
from gloo.translator.written_paths import written_path


@pytest.fixture(scope="module")
def envoy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RouteEnvoy]:
    with running_envoy(tmp_path_factory.mktemp("conditions")) as running:
        yield running


def takes(envoy: RouteEnvoy, matcher: Json, *questions: Question) -> list[bool]:
    """Say of each of *questions* whether a route with *matcher* takes it."""
    route, problems = decode_struct({"request_matcher": matcher}, ModelRoute)
    assert route is not None, problems
    (match,) = matches_of(route)
    return takes_match(envoy, match, *questions)


def takes_match(envoy: RouteEnvoy, match: RouteMatch, *questions: Question) -> list[bool]:
    answer = DirectResponse(200, headers=(HeaderChange("x-chosen", "0"),))
    envoy.publish(one=route_fields((route_bytes(Route("0", match, answer)),)))
    return [answer.chosen == 0 for answer in envoy.ask(questions, "one", normalised=True)]


@pytest.mark.parametrize(
    ("condition", "cookies", "taken"),
    [
        ({"regex": "a.*z"}, ("ck=a1z", "ck=a1; o=z", "o=1; ck=az", 'ck="az"'), [True, False, True, True]),
        ({"regex": ".*admin", "invert": True}, ("ck=user; x=admin", "ck=admin", "x=admin"), [True, False, True]),
        ({"regex": "^v1$"}, ("ck=v1", "ck=v1; a=b", "ck=v2", "ck=v12"), [True, True, False, False]),
        ("v1", ("ck=v1", "ck=v2; ck=v1", "xck=v1", "x=ck=v1"), [True, False, False, False]),
        ({"present": False}, ("ck=", "o=ck", "ck"), [False, True, True]),
        ("", ("ck=", "ck=1", "o=1"), [True, True, False]),
    ],
)
def test_a_condition_sees_the_value_of_its_cookie_alone(
    envoy: RouteEnvoy, condition: Json, cookies: tuple[str, ...], taken: list[bool]
) -> None:
    questions = [Question("/", headers=(("cookie", cookie),)) for cookie in cookies]
    assert takes(envoy, {"cookies": {"ck": condition}}, *questions) == taken


@pytest.mark.parametrize(
    ("condition", "queries", "taken"),
    [
        ({"exact": "no", "invert": True}, ("", "?q=no", "?q=yes", "?r=1&q=no", "?q=a&q=no"), [1, 0, 1, 0, 1]),
        ({"exact": "", "invert": True}, ("", "?q", "?q=", "?q=1"), [1, 0, 0, 1]),
        ({"prefix": "a", "invert": True}, ("?q=ab", "?q=b&r=a", "?qq=a"), [0, 1, 1]),
        ({"regex": "a.*z", "invert": True}, ("?q=a1z", "?q=a&r=z", "?r=az"), [0, 1, 1]),
        ({"present": False}, ("", "?q", "?q=1", "?r=q"), [1, 0, 0, 1]),
        ({"present": True, "invert": True}, ("", "?q"), [1, 0]),
        ({"present": False, "invert": True}, ("", "?q"), [0, 1]),
    ],
)
def test_a_query_parameter_may_be_what_must_not_be(
    envoy: RouteEnvoy, condition: Json, queries: tuple[str, ...], taken: list[int]
) -> None:
    questions = [Question(f"/{query}") for query in queries]
    assert takes(envoy, {"query_params": {"q": condition}}, *questions) == list(map(bool, taken))


NEVER = ('/a"', "/a<", "/a^", "/a`", "/a{", "/a|", "/a\\", "/%61", "/%2D", "/%5f", "/%7E", "/x/..", "/x/./y")
KEPT = ("/a!$&'()*+,;=:@[]b", "/a%2Fb", "/a%c3%bc", "/a%zz", "/a%21", "/x/.hidden", "/x/...")


def test_paths_that_are_refused_never_match_and_the_others_do(envoy: RouteEnvoy) -> None:
    for path in NEVER:
        with pytest.raises(ConfigError):
            written_path(path, "f")
        assert takes_match(envoy, RouteMatch(PathMatch("exact", path)), Question(path)) == [False]
    for path in KEPT:
        assert takes(envoy, {"path_exact": path}, Question(path)) == [True]
