"""What functions say about their calls becomes the route's, unless the route has a word of its own."""

import pytest
from tests.support.translating import routes, translated

from gloo.model.base import Json
from gloo.model.status import Problem, State

UPSTREAM = """\
name: a
type: service
spec: {hosts: [{addr: 10.0.0.1, port: 80}]}
service_info: {type: REST}
functions:
- {name: plain}
- {name: short, timeout: 3s, idempotent: true}
- {name: long, timeout: 1m, idempotent: true}
- {name: endless, timeout: 0s}
- {name: never, idempotent: false}
"""


def route_to(*functions: str, extensions: str = "{}") -> tuple[Json, tuple[Problem, ...]]:
    """Return the route to *functions* by equal weights, and what is said about it; a `*` is the upstream as a whole."""
    targets = ["{upstream: {name: a}" if name == "*" else _call(name) for name in functions]
    shares = ", ".join(f"{target}, weight: 1}}" for target in targets)
    where = f"multiple_destinations: [{shares}]" if len(targets) > 1 else f"single_destination: {targets[0]}}}"
    text = f"name: default\nroutes:\n- request_matcher: {{path_prefix: /}}\n  {where}\n  extensions: {extensions}\n"
    translation = translated(UPSTREAM, text)
    status = translation.reports["VirtualService/default"]
    assert status.state is State.ACCEPTED
    (route,) = routes(translation, "default")
    return route["route"], status.problems


def _call(name: str) -> str:
    return f"{{function: {{upstream_name: a, function_name: {name}}}"


def test_a_function_that_says_nothing_leaves_the_route_as_it_is() -> None:
    forward, problems = route_to("plain")
    assert not {"timeout", "retry_policy"} & forward.keys()
    assert problems == ()


def test_one_function_gives_the_route_its_time_and_its_tries() -> None:
    forward, problems = route_to("short")
    assert forward["timeout"] == "3s"
    assert forward["retry_policy"] == {
        "retry_on": "connect-failure,reset,gateway-error",
        "num_retries": 2,
        "retry_back_off": {"base_interval": "0.100s", "max_interval": "1s"},
    }
    assert problems == ()


@pytest.mark.parametrize(
    ("functions", "time"),
    [(("short", "long"), "60s"), (("short", "plain"), "15s"), (("short", "*"), "15s"), (("long", "endless"), "0s")],
)
def test_of_several_times_the_longest_counts_with_a_warning(functions: tuple[str, ...], time: str) -> None:
    forward, problems = route_to(*functions)
    assert forward["timeout"] == time
    assert [problem.warning for problem in problems if "timeouts differ" in problem.problem] == [True]


def test_several_are_tried_again_only_if_all_are_idempotent() -> None:
    assert "retry_policy" in route_to("short", "long")[0]
    forward, problems = route_to("short", "plain", extensions="{timeout: 5s}")
    assert "retry_policy" not in forward
    assert [problem.problem for problem in problems] == ["nothing is tried again: a/plain is not idempotent"]
    assert problems[0].field == "routes[0].multiple_destinations"


def test_the_word_of_the_route_counts_and_ends_the_warnings() -> None:
    forward, problems = route_to("short", "plain", extensions="{timeout: 5s, max_retries: 1}")
    assert (forward["timeout"], forward["retry_policy"]["retry_on"]) == ("5s", "5xx")
    assert problems == ()


def test_a_route_that_tries_again_what_must_not_arrive_twice_is_warned() -> None:
    forward, (problem,) = route_to("never", extensions="{retries: {num_retries: 2}}")
    assert "retry_policy" in forward
    assert (problem.field, problem.warning) == ("routes[0].extensions.retries", True)
    assert problem.problem == "a/never is not idempotent, and yet tried again, as the route says so"
