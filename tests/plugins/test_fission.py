"""Fission: functions behind its router."""

import pytest
from tests.support.translating import routes, translated

from gloo.model.base import Json

FISSION = """\
name: fission
type: fission
spec: {router: "http://router.fission:8888/base/", namespace: own}
functions:
- {name: resize, spec: %s}
"""
ROUTE = """\
name: default
routes:
- request_matcher: {path_prefix: /}
  single_destination: {function: {upstream_name: fission, function_name: resize}}
"""


@pytest.mark.parametrize(
    ("spec", "path"),
    [
        ("{}", "+/base/fission-function/own/resize"),
        ("{namespace: default}", "+/base/fission-function/resize"),
        ("{function_name: figures, namespace: finance, version: live}", "+/base/fission-function/finance/figures:live"),
        ("{trigger: /price}", "=/base/price"),
        ("{trigger: /shop/}", "+/base/shop"),
    ],
)
def test_a_call_goes_to_the_path_that_fission_has_for_the_function(spec: str, path: str) -> None:
    (route,) = routes(translated(FISSION % spec, ROUTE), "default")
    assert added(route) == {"x-gloo-path": path}
    assert route["route"]["auto_host_rewrite"] is True


def added(route: Json) -> Json:
    return {each["header"]["key"]: each["header"]["value"] for each in route["request_headers_to_add"]}


@pytest.mark.parametrize(
    ("text", "field"),
    [
        (FISSION.replace("http://router.fission:8888/base/", "router:8888") % "{}", "spec"),
        (FISSION.replace("namespace: own", "namespace: A") % "{}", "spec"),
        (FISSION % "{function_name: a/b}", "functions[0].spec"),
        (FISSION % '{version: "a:b"}', "functions[0].spec"),
        (FISSION % "{trigger: '/shop/{id}'}", "functions[0].spec"),
        (FISSION % "{trigger: /shop, function_name: a}", "functions[0].spec"),
        (FISSION.replace("name: resize", "name: Re size") % "{}", "functions[0].spec.function_name"),
    ],
)
def test_what_fission_would_not_take_is_told_with_its_place(text: str, field: str) -> None:
    (problem,) = translated(text).reports["Upstream/fission"].problems
    assert problem.field == field
