"""What users write beside `spec`, put on a cluster."""

import json

import pytest
from tests.support.translating import PLUGINS, clusters, config_of, translated

from gloo.model.base import Json
from gloo.model.status import State
from gloo.translator.upstream_needs import needs_of

HOST = {"addr": "10.0.0.1", "port": 80}
CHECK = {"http": {"path": "/"}}


def upstream(**fields: Json) -> str:
    return json.dumps({"name": "a", "type": "service", "spec": {"hosts": [HOST]}, **fields})


@pytest.mark.parametrize(
    ("fields", "field", "said"),
    [
        ({"health_checks": [{"grpc": {}}]}, "health_checks[0].grpc", "needs HTTP/2"),
        (
            {"health_checks": [CHECK, {"http": {"path": "/", "host": "h"}}]},
            "health_checks[0]",
            "has no host, another check has one",
        ),
        ({"ssl_config": {}, "spec": {"hosts": [HOST], "tls": False}}, "spec.tls", "there is an ssl_config"),
        ({"ssl_config": {}, "spec": {"hosts": [HOST], "tls_verify": False}}, "spec.tls_verify", "beside ssl_config"),
        (
            {"dns": {"family": "auto"}, "spec": {"hosts": [HOST], "enable_ipv6": True}},
            "spec.enable_ipv6",
            "beside dns.family",
        ),
        ({"ssl_config": {"trusted_ca": "no PEM"}}, "ssl_config.trusted_ca", "no certificate in PEM form"),
        ({"connection_timeout": 5}, "connection_timeout", "5ns is too short"),
        ({"connection": {"idle_timeout": "400us"}}, "connection.idle_timeout", "400us is too short"),
    ],
)
def test_options_that_contradict_each_other_reject_the_upstream(fields: Json, field: str, said: str) -> None:
    (problem,) = translated(upstream(**fields)).reports["Upstream/a"].problems
    assert problem.field == field
    assert said in problem.problem


def test_options_are_on_the_cluster_whatever_its_type() -> None:
    found = clusters(
        translated(
            upstream(
                load_balancer={"type": "maglev"},
                health_checks=[CHECK],
                outlier_detection={},
                circuit_breakers={"max_requests": 1},
                connection={"buffer_limit": 1024},
                http2=True,
                proxy_protocol="v2",
            )
        )
    )["a"]
    assert found["lb_policy"] == "MAGLEV"
    assert {
        "health_checks",
        "outlier_detection",
        "circuit_breakers",
        "per_connection_buffer_limit_bytes",
        "typed_extension_protocol_options",
        "transport_socket",
    } <= found.keys()


@pytest.mark.parametrize(
    ("fields", "config"),
    [
        ({"ssl_config": {}}, "auto_config"),
        ({"ssl_config": {}, "health_checks": [CHECK]}, "auto_config"),
        ({"ssl_config": {}, "health_checks": [{"grpc": {}}]}, "explicit_http_config"),
        ({}, "explicit_http_config"),
    ],
    ids=["tls", "http check", "grpc check", "in the clear"],
)
def test_http2_is_left_to_alpn_over_tls_unless_nothing_less_would_do(fields: Json, config: str) -> None:
    found = clusters(translated(upstream(http2=True, **fields)))["a"]
    (options,) = found["typed_extension_protocol_options"].values()
    assert options[config] == {"http2_protocol_options": {}}


def test_dns_without_a_name_to_resolve_is_a_warning() -> None:
    status = translated(upstream(dns={"refresh_rate": "1s"})).reports["Upstream/a"]
    assert status.state is State.ACCEPTED
    assert [(problem.field, problem.warning) for problem in status.problems] == [("dns", True)]


def test_a_secret_that_is_not_there_makes_it_pending_and_says_its_name() -> None:
    text = upstream(ssl_config={"secret_ref": "ours", "ca_secret_ref": "theirs"})
    status = translated(text).reports["Upstream/a"]
    assert status.state is State.PENDING
    assert "no secret named" in status.problems[0].problem
    assert status.problems[0].field.startswith("ssl_config.")


def test_the_secrets_of_ssl_config_are_asked_for() -> None:
    config = config_of(upstream(ssl_config={"secret_ref": "ours", "ca_secret_ref": "theirs"}))
    assert set(needs_of(config.upstreams["a"], PLUGINS).secrets) == {"ours", "theirs"}
