"""Headers that hold a secret of the upstream: named, and neither shown nor taken from the client."""

import pytest
from tests.support.translating import PLUGINS, config_of

from gloo.explain.answer import Delivery, explain
from gloo.explain.lua_run import FunctionRuntime
from gloo.explain.request import request_of
from gloo.explain.tables import tables_of
from gloo.model.secret import Secret

CONFIG = """
upstreams:
- name: of
  type: openfaas
  spec: {gateway: "http://of.test", secret_ref: basic}
  functions: [{name: f, spec: {function_name: f}}]
- name: az
  type: azure
  spec: {function_app_name: x, url: "http://az.test", secret_ref: keys}
  functions: [{name: g, spec: {auth_level: function}}, {name: a, spec: {auth_level: anonymous}}]
virtual_services:
- name: v
  routes:
  - request_matcher: {path_prefix: /of}
    single_destination: {function: {upstream_name: of, function_name: f}}
  - request_matcher: {path_prefix: /az/g}
    single_destination: {function: {upstream_name: az, function_name: g}}
  - request_matcher: {path_prefix: /az/a}
    single_destination: {function: {upstream_name: az, function_name: a}}
"""
SECRETS = (
    Secret(name="basic", data={"username": "user", "password": "canary"}),
    Secret(name="keys", data={"g": "canary", "_master": "canary"}),
)
OWN = [("authorization", "mine"), ("x-functions-key", "mine"), ("x-gloo-key-g", "mine")]


def _delivered(path: str) -> Delivery:
    tables = tables_of(config_of(CONFIG, secrets=SECRETS), PLUGINS)
    (delivery,) = explain(request_of("GET", path, OWN), tables, FunctionRuntime()).deliveries
    return delivery


@pytest.mark.parametrize(
    ("path", "left", "keyed"),
    [
        ("/of", ["x-functions-key", "x-gloo-key-g"], [("authorization", "gloo.upstream.authorization.openfaas/of")]),
        ("/az/g", ["authorization"], [("x-functions-key", "gloo.upstream.x-functions-key")]),
        ("/az/a", ["authorization", "x-functions-key"], []),
    ],
)
def test_a_clients_header_does_not_arrive_where_a_secret_takes_its_place(
    path: str, left: list[str], keyed: list[tuple[str, str]]
) -> None:
    delivery = _delivered(path)
    assert delivery.sent is not None
    assert [name for name, _ in delivery.sent.headers if name in dict(OWN)] == left
    assert [(each.name, each.filter) for each in delivery.keyed] == keyed
    assert "canary" not in repr(delivery)
