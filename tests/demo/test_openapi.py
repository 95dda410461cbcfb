import re

from starlette.routing import Route

from gloo.demo.api import application
from gloo.demo.openapi import document

UNDOCUMENTED = {("/openapi.json", "GET"), ("/healthz", "GET")}


def test_it_describes_each_operation_that_the_server_has_and_no_other() -> None:
    described = {(path, verb.upper()) for path, item in paths().items() for verb in item if verb != "parameters"}
    served = {
        (re.sub(r":\w+}", "}", route.path), verb)
        for route in application().routes
        if isinstance(route, Route)
        for verb in (route.methods or set()) - {"HEAD"}
    }
    assert described == served - UNDOCUMENTED


def test_every_operation_has_a_name_of_its_own() -> None:
    names = [item[verb]["operationId"] for item in paths().values() for verb in item if verb != "parameters"]
    assert sorted(names) == ["createPet", "deletePet", "findPet", "getPet", "listPets", "replacePet"]


def test_every_reference_resolves() -> None:
    whole = document("http://x")
    components = whole["components"]
    assert isinstance(components, dict)
    for name in re.findall(r"#/components/schemas/(\w+)", str(whole)):
        assert name in components["schemas"]


def paths() -> dict[str, dict[str, dict[str, str]]]:
    found = document("http://x")["paths"]
    assert isinstance(found, dict)
    return found
