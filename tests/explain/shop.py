"""A small configuration that the tests of this package ask about."""

from tests.support.translating import PLUGINS, config_of

from gloo.explain.answer import Explanation, explain
from gloo.explain.lua_run import FunctionRuntime
from gloo.explain.request import request_of
from gloo.explain.tables import Tables, tables_of

SHOP = """
upstreams:
- name: pets
  type: service
  spec: {hosts: [{addr: pets.test, port: 8081}]}
  service_info: {type: REST}
  functions:
  - name: get
    spec: {headers: {":method": GET}, path: "/pets/{{ id }}"}
  - name: add
    spec: {path: /pets, body: '{"name": "{{ name }}", "tags": {{ default(tags, []) }}}'}
  - name: broken
    spec: {path: "{{ "}
- name: plain
  type: service
  spec: {hosts: [{addr: 127.0.0.1, port: 8082}]}
virtual_services:
- name: shop
  domains: [shop.test]
  routes:
  - request_matcher: {path_exact: /pet, verbs: [GET], headers: {x-a: "1"}, cookies: {c: "2"}}
    single_destination: {upstream: {name: plain}}
  - request_matcher: {path_prefix: /pet/}
    single_destination: {function: {upstream_name: pets, function_name: get}}
    extensions: {parameters: {path: "/pet/{id}", headers: {x-id: "{id}"}}, timeout: 3s}
  - request_matcher: {path_exact: /add, verbs: [POST]}
    single_destination: {function: {upstream_name: pets, function_name: add}}
  - request_matcher: {path_prefix: /split}
    multiple_destinations:
    - {upstream: {name: plain}, weight: 3}
    - {function: {upstream_name: pets, function_name: get}, weight: 1}
  - request_matcher: {path_prefix: /lost}
    single_destination: {upstream: {name: nowhere}}
  - request_matcher: {path_prefix: /old}
    extensions: {redirect: {host: new.test, prefix: /new}}
  - request_matcher: {path_prefix: /hello}
    extensions: {direct_response: {status: 200, body: hi, headers: {x-own: "1"}}}
- name: wild
  domains: ["*.shop.test"]
  routes:
  - request_matcher: {path_prefix: /}
    single_destination: {upstream: {name: plain}}
"""


def shop() -> Tables:
    """Return the shop as it is asked."""
    return tables_of(config_of(SHOP), PLUGINS)


def told(
    method: str,
    path: str,
    headers: tuple[tuple[str, str], ...] = (),
    *,
    body: bytes | None = None,
    host: str = "shop.test",
    config: str = SHOP,
) -> Explanation:
    """Return what becomes of a request in the shop, or in *config*."""
    request = request_of(method, path, (("host", host), *headers), body)
    return explain(request, tables_of(config_of(config), PLUGINS), FunctionRuntime())
