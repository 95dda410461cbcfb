"""Only a route that wants it lets clients switch to another protocol."""

import pytest
from tests.support.extended_routes import extended, problems_of, route_of, written
from tests.support.translating import translated

from gloo.envoy.buffer import buffer_limits
from gloo.envoy.route import Forward, Target
from gloo.errors import ConfigError
from gloo.model.base import replace
from gloo.plugins.upgrades import Upgrades

WANTED = {"upgrades": ["websocket"]}


def test_a_route_lets_clients_switch() -> None:
    forward = written(extended(Upgrades(), WANTED))["route"]
    assert forward["upgrade_configs"] == [{"upgrade_type": "websocket", "enabled": True}]


def test_an_unknown_protocol_is_refused() -> None:
    assert problems_of(Upgrades(), {"upgrades": ["telnet"]})


def test_a_function_takes_no_connections() -> None:
    target = Target("main", takes_connections=False)
    with pytest.raises(ConfigError, match="function"):
        extended(Upgrades(), WANTED, route_of(Forward((target,))))


def test_a_connection_has_no_end_to_wait_for() -> None:
    limited = replace(route_of(), filters=buffer_limits(10, 0))
    with pytest.raises(ConfigError, match="max_request_bytes"):
        extended(Upgrades(), WANTED, limited)


UPSTREAMS = """\
upstreams:
- name: rest
  type: service
  spec: {hosts: [{addr: 10.0.0.1, port: 80}]}
  service_info: {type: REST}
  functions: [{name: f, spec: {}}]
- name: faas
  type: openfaas
  spec: {gateway: "http://10.0.0.1:8080"}
  functions: [{name: f, spec: {}}]
- name: local
  type: local
  spec: {module: f.py}
  functions: [{name: f, spec: {}}, {name: app, spec: {kind: asgi}}]
"""


@pytest.mark.parametrize(
    ("upstream", "function", "refused"),
    [("rest", "f", True), ("faas", "f", False), ("local", "f", True), ("local", "app", False)],
)
def test_some_functions_take_connections(upstream: str, function: str, refused: bool) -> None:
    destination = f"{{function: {{upstream_name: {upstream}, function_name: {function}}}}}"
    route = f"{{request_matcher: {{}}, single_destination: {destination}, extensions: {{upgrades: [websocket]}}}}"
    problems = translated(UPSTREAMS, f"name: default\nroutes: [{route}]\n").reports["VirtualService/default"].problems
    assert [problem.field for problem in problems] == (["routes[0].extensions.upgrades"] if refused else [])
