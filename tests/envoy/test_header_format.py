"""Formats that pass here pass in Envoy, and show nothing of the machine."""

import json
import subprocess
from pathlib import Path

import pytest

from gloo.envoy.header_format import _BARE, check_format, commands_in
from gloo.errors import ConfigError
from gloo.proxy.binary import find_envoy

WITH_ARGUMENTS = (
    "%REQ(:path?x-path):20%",
    "%RESP(:status)%",
    "%QUERY_PARAM(id):5%",
    "%METADATA(ROUTE:namespace:name)%",
    "%METADATA(CLUSTER:namespace)%",
    "%METADATA(VIRTUAL_HOST:namespace)%",
    "%METADATA(LISTENER:namespace)%",
    "%METADATA(UPSTREAM_HOST:namespace)%",
    "%DYNAMIC_METADATA(namespace:name):5%",
    "%START_TIME(%Y-%m-%d)%",
    "50%% of a %PROTOCOL% request",
)


def test_envoy_takes_all_that_is_taken_here(tmp_path: Path) -> None:
    values = [*WITH_ARGUMENTS, *(f"%{name}%" for name in sorted(_BARE))]
    for value in values:
        check_format(value, "value")
    config = tmp_path / "envoy.json"
    config.write_text(json.dumps(_bootstrap(values)))
    command = [str(find_envoy()), "--mode", "validate", "-l", "error", "-c", str(config)]
    done = subprocess.run(command, capture_output=True, timeout=30, check=False, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "value",
    [
        *("50%", "% a", "%NOPE%", "%req(x)%", "%REQ%", "%REQ()%", "%REQ(x", "%REQ(a:b)%", "%REQ(x)(y)%"),
        *("%DURATION(x)%", "%PROTOCOL:5%", "%METADATA(X:a)%"),
    ],
)
def test_what_envoy_refuses_is_refused(value: str) -> None:
    with pytest.raises(ConfigError) as raised:
        check_format(value, "value")
    assert raised.value.field == "value"


@pytest.mark.parametrize("value", ["%ENVIRONMENT(HOME)%", "%FILE_CONTENT(/etc/passwd)%", "%SECRET(token)%"])
def test_what_would_show_the_machine_is_refused(value: str) -> None:
    with pytest.raises(ConfigError, match="there is no command"):
        check_format(value, "value")


def _bootstrap(values: list[str]) -> dict[str, object]:
    headers = [{"header": {"key": f"x-{index}", "value": value}} for index, value in enumerate(values)]
    route = {"match": {"prefix": "/"}, "direct_response": {"status": 200}, "response_headers_to_add": headers}
    extensions = "type.googleapis.com/envoy.extensions.filters"
    manager = {
        "@type": f"{extensions}.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "test",
        "route_config": {"virtual_hosts": [{"name": "all", "domains": ["*"], "routes": [route]}]},
        "http_filters": [{"name": "router", "typed_config": {"@type": f"{extensions}.http.router.v3.Router"}}],
    }
    listener = {
        "address": {"socket_address": {"address": "127.0.0.1", "port_value": 0}},
        "filter_chains": [{"filters": [{"name": "manager", "typed_config": manager}]}],
    }
    return {"static_resources": {"listeners": [listener]}}


def test_commands_are_found_by_name_and_percent_signs_are_none() -> None:
    assert commands_in("%REQ(:path?x):20%, 50%% %PROTOCOL%") == {"REQ", "PROTOCOL"}
    assert commands_in("%%DYNAMIC_METADATA(a:b)%%") == frozenset()
