"""Only a route that wants it lets clients switch to another protocol."""

import pytest
from tests.support.extended_routes import extended, problems_of, route_of, written

from gloo.envoy.buffer import buffer_limits
from gloo.envoy.lua import LUA_FILTER, LuaProgram, lua_program
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
    target = Target("main", filters=((LUA_FILTER, lua_program(LuaProgram("id", "return"))),))
    with pytest.raises(ConfigError, match="function"):
        extended(Upgrades(), WANTED, route_of(Forward((target,))))


def test_a_connection_has_no_end_to_wait_for() -> None:
    limited = replace(route_of(), filters=buffer_limits(10, 0))
    with pytest.raises(ConfigError, match="max_request_bytes"):
        extended(Upgrades(), WANTED, limited)
