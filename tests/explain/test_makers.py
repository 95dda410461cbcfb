import pytest
from tests.support.translating import PLUGINS, config_of

from gloo.explain.answer import explain
from gloo.explain.lua_run import FunctionRuntime
from gloo.explain.request import request_of
from gloo.explain.tables import tables_of

PETS = """
upstreams:
- name: pets
  type: service
  spec: {hosts: [{addr: 127.0.0.1, port: 1}]}
  service_info: {type: REST}
  functions:
  - {name: find, spec: {path: "/find/{{ id }}", headers: {x-version: "2"}}}
  - {name: mark, spec: {headers: {x-version: "2"}}}
  - {name: both, spec: {headers: {x-version: "2", x-id: "{{ id | upper }}"}}}
  - {name: copy, spec: {headers: {x-id: "{{ id }}"}}}
virtual_services:
- name: default
  routes:
  - request_matcher: {path_prefix: /find}
    single_destination: {function: {upstream_name: pets, function_name: find}}
    extensions: {parameters: {path: "/find/{id}"}}
  - request_matcher: {path_prefix: /mark}
    single_destination: {function: {upstream_name: pets, function_name: mark}}
  - request_matcher: {path_prefix: /both}
    single_destination: {function: {upstream_name: pets, function_name: both}}
    extensions: {parameters: {path: "/both/{id}"}}
  - request_matcher: {path_prefix: /copy}
    single_destination: {function: {upstream_name: pets, function_name: copy}}
    extensions: {parameters: {headers: {x-pet: "{id}"}}}
  - request_matcher: {path_prefix: /}
    single_destination: {upstream: {name: pets}}
"""


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/copy?pet", "Envoy itself, since the request is plain"),
        ("/copy", "a Lua program"),
        ("/find/7", "Envoy itself, since the request is plain"),
        ("/find/7?a=b", "a Lua program, but x-version by Envoy itself"),
        ("/find/a%20b", "a Lua program, but x-version by Envoy itself"),
        ("/mark", "Envoy itself"),
        ("/both/7", "a Lua program, but x-version by Envoy itself"),
        ("/other", ""),
    ],
)
def test_who_makes_a_request_is_told(path: str, told: str) -> None:
    config = config_of(PETS)
    headers = [("x-pet", "7")] if path.endswith("pet") else []
    request = request_of("GET", f"http://localhost{path}", headers)
    (delivery,) = explain(request, tables_of(config, PLUGINS), FunctionRuntime()).deliveries
    assert delivery.made_by == told
