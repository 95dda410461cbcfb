"""The JSON Schema agrees with the decoder: what one takes the other takes, what one refuses the other refuses."""

from collections.abc import Iterator, Mapping
from importlib.resources import files
from typing import Annotated, Any

import jsonschema
import pytest
from msgspec import Meta

from gloo.model.base import Model
from gloo.model.text import parse_text
from gloo.plugins.base import Nothing, UpstreamPlugin
from gloo.plugins.registry import Plugins, load_plugins
from gloo.plugins.schema import json_schema
from gloo.plugins.schema_types import Definitions

PLUGINS, _ = load_plugins()


def faults(value: object, kind: str = "", plugins: Plugins = PLUGINS) -> list[str]:
    return [error.message for error in jsonschema.Draft202012Validator(json_schema(plugins, kind)).iter_errors(value)]


def upstream(**fields: object) -> dict[str, object]:
    spec = {"hosts": [{"addr": "127.0.0.1", "port": 80}]}
    return {"name": "petstore", "type": "service", "spec": spec, **fields}


def service(**route: object) -> dict[str, object]:
    single = {"function": {"upstream_name": "petstore", "function_name": "get_pet"}}
    one = {"request_matcher": {"path_prefix": "/"}, "single_destination": single, **route}
    return {"name": "default", "routes": [one]}


def demo_documents() -> Iterator[object]:
    for folder in ("upstreams", "virtual_services"):
        for file in files("gloo.demo").joinpath("config", folder).iterdir():
            yield from parse_text(file.read_text())


@pytest.mark.parametrize("kind", ["", "Upstream", "VirtualService"])
def test_the_schema_is_one(kind: str) -> None:
    jsonschema.Draft202012Validator.check_schema(json_schema(PLUGINS, kind))


def test_the_configuration_of_the_demo_is_taken() -> None:
    documents = list(demo_documents())
    assert len(documents) == 2
    assert [faults(each) for each in documents] == [[], []]


def test_a_file_with_lists_of_objects_is_taken() -> None:
    assert faults({"upstreams": [upstream()], "virtual_services": [service()]}) == []
    assert faults({"upstream": []}) != []


@pytest.mark.parametrize(
    ("fields", "part"),
    [
        ({"type": "servce"}, "servce"),
        ({"spec": {"hosts": []}}, "[]"),
        ({"spec": {"hsts": []}}, "hsts"),
        ({"spec": {"hosts": [{"addr": "a", "port": 99999}]}}, "99999"),
        ({"connection_timeout": "soon"}, "soon"),
        ({"name": "No_Name"}, "No_Name"),
        ({"functions": [{"name": "f", "spec": {"path": "/"}}]}, "path"),
        ({"service_info": {"type": "rest"}, "functions": [{"name": "f", "spec": {"pth": "/"}}]}, "pth"),
    ],
)
def test_a_fault_in_an_upstream_is_found_where_it_is(fields: Mapping[str, object], part: str) -> None:
    assert any(part in fault for fault in faults(upstream(**fields), "Upstream"))


def test_functions_of_a_protocol_may_have_its_fields_in_any_case_of_its_name() -> None:
    for name in ("REST", "rest", "Rest"):
        functions = [{"name": "f", "spec": {"path": "/pets/{{ id }}", "headers": {":method": "GET"}}}]
        assert faults(upstream(service_info={"type": name}, functions=functions), "Upstream") == []


def test_a_duration_is_text_or_nanoseconds() -> None:
    for value in ("5s", "1m30s", 0, 10**9):
        assert faults(upstream(connection_timeout=value), "Upstream") == []


def test_extensions_take_both_forms_of_parameters_and_no_unknown_key() -> None:
    for parameters in ({"path": "/{id}"}, [{"from": "header", "name": "x-id"}]):
        assert faults(service(extensions={"parameters": parameters}), "VirtualService") == []
    assert faults(service(extensions={"paramters": {}}), "VirtualService") != []
    assert faults(service(extensions={"parameters": [{"from": "moon"}]}), "VirtualService") != []


def described(schema: Mapping[str, Any]) -> Iterator[tuple[str, bool]]:
    for name, definition in schema["$defs"].items():
        yield name, bool(definition.get("description"))


def test_every_structure_has_a_description() -> None:
    assert [name for name, has in described(json_schema(PLUGINS)) if not has] == []


class ServiceSpec(Model, frozen=True, kw_only=True):
    """Has the name of another plugin's structure, and holds itself."""

    depth: Annotated[int, Meta(ge=1, description="how deep")]
    inner: Annotated["ServiceSpec | None", Meta(description="one more")] = None


class Parameters(Model, frozen=True, kw_only=True):
    """Reads a key that another plugin reads too, as something else."""

    parameters: Annotated[int | None, Meta(description="a number")] = None


class Deep(UpstreamPlugin[ServiceSpec, Nothing, Parameters]):
    upstream_type = "deep"
    spec_model = ServiceSpec
    extension_model = Parameters


def test_two_plugins_may_use_one_name_and_one_key() -> None:
    plugins = Plugins.of([*PLUGINS.all, Deep()])
    assert faults(upstream(type="deep", spec={"depth": 1, "inner": {"depth": 2}}), "Upstream", plugins) == []
    assert faults(upstream(type="deep", spec={"depth": 1, "inner": {"depth": 0}}), "Upstream", plugins) != []
    assert faults(upstream(), "Upstream", plugins) == []
    assert faults(service(extensions={"parameters": 7}), "VirtualService", plugins) == []
    assert faults(service(extensions={"parameters": {"path": "/{id}"}}), "VirtualService", plugins) == []


def test_a_type_without_a_schema_is_a_mistake_of_its_plugin() -> None:
    with pytest.raises(TypeError, match="has no JSON Schema"):
        Definitions().of(set[str])


def test_discovery_has_the_form_of_its_type() -> None:
    faas = {"name": "faas", "type": "openfaas", "spec": {"gateway": "http://h"}}
    good = {"functions": True, "every": "1m", "spec": {"all_namespaces": True}}
    assert faults({**faas, "discovery": good}, "Upstream") == []
    assert faults({**faas, "discovery": {**good, "spec": {"qualifiers": []}}}, "Upstream") != []
    assert faults(upstream(discovery={"functions": True}), "Upstream") != []
    assert faults(upstream(discovery={"functions": False}), "Upstream") == []
