"""Local: Python functions that the gateway runs."""

import pytest
from tests.support.translating import clusters, routes, translated

from gloo.plugins.base import PythonFunction, PythonWorker
from gloo.plugins.local import socket_of

SHOP = """\
name: shop
type: local
spec: {module: functions/shop.py}
functions:
- name: bad
  spec: {handler: "a b"}
- name: price of
  spec: {handler: prices.one, kind: google}
- name: plain
"""
ROUTES = """\
name: default
routes:
- request_matcher: {path_prefix: /price}
  single_destination: {function: {upstream_name: shop, function_name: price of}}
"""


def test_its_cluster_is_a_socket_of_the_runtime_folder() -> None:
    cluster = clusters(translated(SHOP))["shop"]
    (locality,) = cluster["load_assignment"]["endpoints"]
    address = locality["lb_endpoints"][0]["endpoint"]["address"]
    assert address == {"pipe": {"path": socket_of("shop")}}
    assert len(socket_of("a" * 253)) == 20


def test_a_route_says_by_a_header_which_function_it_calls_and_overwrites_what_a_client_says() -> None:
    (found,) = routes(translated(SHOP, ROUTES), "default")
    (added,) = found["request_headers_to_add"]
    assert added["header"] == {"key": "x-gloo-function", "value": "price%%20of"}
    assert added["append_action"] == "OVERWRITE_IF_EXISTS_OR_ADD"


def test_a_worker_is_wanted_for_the_good_functions() -> None:
    translation = translated(SHOP)
    functions = (
        PythonFunction("price of", "prices.one", "google", "functions[1]"),
        PythonFunction("plain", "plain", "lambda", "functions[2]"),
    )
    assert translation.workers == {
        "shop": PythonWorker("shop", "functions/shop.py", functions, socket_of("shop")),
    }
    (problem,) = translation.reports["Upstream/shop"].problems
    assert (problem.field, problem.problem) == ("functions[0].spec.handler", "'a b' is no name in a Python module")


@pytest.mark.parametrize("module", ["/etc/shop.py", "../shop.py", "a/../../shop.py", "shop.txt", ""])
def test_a_module_is_a_python_file_below_the_configuration_folder(module: str) -> None:
    translation = translated(SHOP.replace("functions/shop.py", f"'{module}'"))
    assert translation.workers == {}
    assert translation.reports["Upstream/shop"].problems[0].field.startswith("spec")


@pytest.mark.parametrize(
    "option", ["http2: true", "ssl_config: {}", "proxy_protocol: v1", "service_info: {type: REST}"]
)
def test_an_option_that_no_worker_follows_is_refused(option: str) -> None:
    translation = translated(f"{SHOP}{option}\n")
    assert translation.workers == {}
    assert option.partition(":")[0] in translation.reports["Upstream/shop"].reason
