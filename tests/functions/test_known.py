"""Texts of the configuration in templates: annotations of the upstream, and data sources."""

import json

import pytest
from tests.functions.exchange import Reply, exchange
from tests.functions.gateway import Gateway, Request

from gloo.errors import TemplateError
from gloo.functions import FunctionTemplate, ResponseTemplate, compile_function
from gloo.functions.known import LONGEST_DATA, Known

KNOWN = Known({"region": 'eu "1"', "weight": "3"}, {"terms": "a\n<b>", "empty": ""})


def rendered(gateway: Gateway, body: str, known: Known = KNOWN) -> bytes | None:
    program = compile_function(FunctionTemplate("u/f", body=body, known=known))
    return gateway.send(program, Request()).request.body


def test_an_annotation_is_a_text_that_is_escaped_where_it_stands(gateway: Gateway) -> None:
    template = '{"a": "{{ cluster_metadata("region") }}", "b": {{ clusterMetadata("weight") }}}'
    assert json.loads(rendered(gateway, template) or b"") == {"a": 'eu "1"', "b": "3"}


def test_an_annotation_that_may_be_missing_has_a_default(gateway: Gateway) -> None:
    template = '-{{ default(cluster_metadata("zone"), "none") }}{{ exists(cluster_metadata("zone")) }}'
    assert rendered(gateway, template) == b"-nonefalse"
    assert rendered(gateway, '-{{ default(cluster_metadata("weight"), 1) }}') == b"-3"


def test_an_annotation_that_is_missing_is_refused_when_it_is_loaded() -> None:
    template = FunctionTemplate("u/f", headers=(("x-zone", 'a {{ cluster_metadata("zone") }}'),), known=KNOWN)
    with pytest.raises(TemplateError, match="the upstream has no annotation 'zone'") as caught:
        compile_function(template)
    assert (caught.value.field, caught.value.column) == ("headers.x-zone", 24)
    assert caught.value.hint == "known: region, weight"


def test_before_the_upstream_is_known_any_annotation_will_do() -> None:
    compile_function(FunctionTemplate("u/f", body='-{{ cluster_metadata("zone") }}'))


def test_a_data_source_is_a_text(gateway: Gateway) -> None:
    assert rendered(gateway, '{"a": {{ data_source("terms") }}, "b": "{{ data_source("empty") }}"}') == (
        b'{"a": "a\\n<b>", "b": ""}'
    )
    assert rendered(gateway, '<p>{{ data_source("terms") }}</p>') == b"<p>a\n&lt;b&gt;</p>"


def test_a_data_source_of_the_environment_is_read_when_a_request_needs_it(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = Known(data={"terms": "x"}, variables={"key": "FUNCTION_KEY", "none": "FUNCTION_NONE"})
    body = '-{{ data_source("key") | upper }}{{ default(data_source("none"), "n") }}{{ exists(data_source("none")) }}'
    for value in ("a", "b"):
        monkeypatch.setenv("FUNCTION_KEY", value)
        assert rendered(gateway, body, known) == f"-{value.upper()}nfalse".encode()
    failed = gateway.send(
        compile_function(FunctionTemplate("u/f", body='-{{ data_source("none") }}', known=known)), Request()
    )
    assert (failed.status, failed.code) == (500, "missing_env")
    with pytest.raises(TemplateError, match="no data source 'y'") as caught:
        compile_function(FunctionTemplate("u/f", path='/{{ data_source("y") }}', known=known))
    assert caught.value.hint == "known: key, none, terms"


def test_answers_know_the_same() -> None:
    body = '{"region": "{{ cluster_metadata("region") }}", "terms": {{ data_source("terms") }}}'
    template = FunctionTemplate("u/f", responses=(ResponseTemplate(body=body),), known=KNOWN)
    assert json.loads(exchange(template, Reply(200)).body) == {"region": 'eu "1"', "terms": "a\n<b>"}


def test_an_unknown_data_source_is_refused_when_it_is_loaded() -> None:
    with pytest.raises(TemplateError, match="the function has no data source 'x'") as caught:
        compile_function(FunctionTemplate("u/f", path='/{{ data_source("x") }}', known=KNOWN))
    assert (caught.value.column, caught.value.hint) == (18, "known: empty, terms")


def test_a_data_source_is_bounded() -> None:
    compile_function(FunctionTemplate("u/f", path="/", known=Known(data={"x": "é" * (LONGEST_DATA // 2)})))
    with pytest.raises(TemplateError, match="longer than 4096 bytes") as caught:
        compile_function(FunctionTemplate("u/f", path="/", known=Known(data={"x": "é" * (LONGEST_DATA // 2 + 1)})))
    assert caught.value.field == "data_sources.x"
