"""Documents to typed objects."""

import pytest

from gloo.model.codec import ConfigObject, decode
from gloo.model.duration import Duration
from gloo.model.route import BrokenRoute
from gloo.model.source import Document
from gloo.model.text import TextError
from gloo.model.upstream import Upstream
from gloo.model.virtual_service import VirtualService

UPSTREAM = "name: petstore\ntype: service\nspec: {hosts: [{addr: 127.0.0.1, port: 8081}]}\n"


def decoded(text: str, kind: str = "") -> tuple[ConfigObject, ...]:
    return decode(Document("config.yaml", text, kind))


def one(text: str) -> ConfigObject:
    (item,) = decoded(text)
    return item


def faults(item: ConfigObject) -> list[tuple[str, str, int]]:
    return [(each.field, each.problem, item.source.line_of(each.field)) for each in item.problems]


def test_an_object_alone_tells_its_kind_by_its_fields() -> None:
    assert isinstance(one(UPSTREAM).value, Upstream)
    assert isinstance(one("name: default\nroutes: []\n").value, VirtualService)


def test_the_folder_of_a_document_tells_the_kind_too() -> None:
    (item,) = decoded("name: empty\n", "VirtualService")
    assert isinstance(item.value, VirtualService)


def test_camel_case_is_read_as_snake_case() -> None:
    item = one("name: a\ntype: service\nconnectionTimeout: 3s\nserviceInfo: {type: REST}\n")
    assert isinstance(item.value, Upstream)
    assert item.value.connection_timeout == Duration(3 * 10**9)
    assert item.value.service_info is not None


def test_a_file_may_hold_several_documents_and_lists() -> None:
    items = decoded(UPSTREAM + "---\nupstreams:\n- {name: b, type: service}\nvirtualServices:\n- {name: c}\n---\n")
    assert [item.ref for item in items] == ["Upstream/petstore", "Upstream/b", "VirtualService/c"]


def test_all_faults_are_found_each_with_its_line() -> None:
    item = one(
        "name: A_b\ntype: 5\nspce: {}\nconnection_timeout: soon\nfunctions:\n- nmae: x\n- name: ''\n"
        "  spec: []\nmetadata:\n  annotations: {a: 1}\n"
    )
    assert item.value is None
    assert sorted(faults(item), key=lambda fault: fault[2]) == [
        ("name", "'A_b' is not allowed", 1),
        ("type", "expected text, got a whole number", 2),
        ("spce", "unknown field", 3),
        ("connection_timeout", "'soon' is not a duration (e.g. 3s, 250ms, 1m30s)", 4),
        ("functions[0].nmae", "unknown field", 6),
        ("functions[0].name", "is required but missing", 6),
        ("functions[1].name", "expected text of length >= 1", 7),
        ("functions[1].spec", "expected a mapping, got a list", 8),
        ("metadata.annotations.a", "expected text, got a whole number", 10),
    ]


def test_an_unknown_field_comes_with_the_nearest_valid_name() -> None:
    (problem,) = one(UPSTREAM + "servceInfo: {type: REST}\n").problems
    assert problem.hint == "did you mean 'service_info'?"


def test_lines_hold_in_later_documents_after_comments_and_in_flow_style() -> None:
    items = decoded(
        UPSTREAM + "---\n# note\n\nname: b\ntype: service\nfoo: 1\n---\n{name: c, type: x, bar: 2,\n baz: 3}\n"
    )
    assert [line for item in items for _, _, line in faults(item)] == [9, 11, 12]


def test_lines_hold_inside_lists_of_objects() -> None:
    items = decoded("upstreams:\n- name: a\n  type: service\n- name: b\n  type: service\n  fields: 1\n")
    assert faults(items[1]) == [("fields", "unknown field", 6)]


def test_a_bad_route_leaves_the_other_routes_of_its_virtual_service_whole() -> None:
    item = one(
        "name: shop\nroutes:\n"
        "- request_matcher: {path_prefix: /a}\n  single_destination: {upstream: {name: x}}\n"
        "- request_matcher: {path_prefx: /b}\n  single_destination: {upstream: {name: x}}\n"
    )
    assert isinstance(item.value, VirtualService)
    good, bad = item.value.routes
    assert not isinstance(good, BrokenRoute)
    assert isinstance(bad, BrokenRoute)
    assert [problem.field for problem in bad.problems] == ["routes[1].request_matcher.path_prefx"]


def test_a_virtual_service_that_is_bad_outside_its_routes_is_bad_as_a_whole() -> None:
    item = one("name: shop\ndomains: example.org\nroutes:\n- {}\n")
    assert item.value is None
    assert [field for field, _, _ in faults(item)] == ["domains", "routes[0]"]


def test_an_object_without_a_readable_name_is_called_by_its_place() -> None:
    assert [item.name for item in decoded("upstreams:\n- 5\n- {type: service}\n")] == [
        "config.yaml#0#0",
        "config.yaml#0#1",
    ]


@pytest.mark.parametrize(
    ("text", "problem", "line"),
    [
        ("- a\n", "holds no object", 1),
        ("just words\n", "holds no object", 1),
        ("name: a\n", "neither an upstream nor a virtual service", 1),
        ("type: x\nkind: Upstream\n", "kind: unknown field", 2),
        ("upstreams: {a: b}\n", "upstreams: expected a list", 1),
        ("upstreams: []\nvirtual_servces: []\n", "virtual_servces: unknown field", 2),
    ],
)
def test_a_document_that_holds_no_objects_is_an_error_with_its_line(text: str, problem: str, line: int) -> None:
    with pytest.raises(TextError, match=problem) as caught:
        decoded(text)
    assert caught.value.line == line


def test_a_document_without_content_holds_nothing() -> None:
    assert decoded("# later\n") == ()
