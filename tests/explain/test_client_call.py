"""Calls as clients make them: what comes out is the request that explain turns into the call."""

from typing import Any

import pytest
from tests.explain.shop import SHOP
from tests.support.translating import PLUGINS, config_of

from gloo.errors import ConfigError, MissingReference
from gloo.explain.answer import explain
from gloo.explain.calling import Given, find_function
from gloo.explain.client_call import client_request
from gloo.explain.lua_run import FunctionRuntime
from gloo.explain.tables import tables_of


def _sent(name: str, arguments: list[tuple[str, Any]], config: str = SHOP) -> tuple[str, str]:
    """Return the path of the client's request, and that of the upstream's."""
    tables = tables_of(config_of(config), PLUGINS)
    request = client_request(find_function(name, tables), Given(arguments), tables)
    (delivery,) = explain(request, tables, FunctionRuntime()).deliveries
    assert delivery.sent is not None, delivery.refused
    return request.path, delivery.sent.path


@pytest.mark.parametrize(
    "parameters",
    [
        '{query: {i: "{id}"}}',
        '{headers: {X-I: "{id}"}}',
        '{cookies: {c: "{id}"}}',
        '[{from: query, name: i, match: "p-{id}"}]',
        "{}",
    ],
)
def test_values_go_where_the_route_looks_for_them(parameters: str) -> None:
    config = SHOP.replace('{path: "/pet/{id}", headers: {x-id: "{id}"}}', parameters)
    assert _sent("pets/get", [("id", "a+b")], config)[1] == "/pets/a%2Bb"


@pytest.mark.parametrize(
    "parameters",
    [
        "[{from: cookie, name: team}, {from: cookie, name: id}]",
        '[{from: authority, match: "{team}.example.org"}, {from: query, name: id}]',
        '[{from: body, name: key, match: "{team}:{id}"}]',
        '[{from: body, name: keys.both, match: "{team}:{id}"}]',
        '[{from: path, match: "/pet/{team}?year={year}"}, {from: query, name: id}]',
    ],
)
def test_no_value_takes_the_place_of_another(parameters: str) -> None:
    config = SHOP.replace('{path: "/pet/{id}", headers: {x-id: "{id}"}}', parameters)
    config = config.replace("/pets/{{ id }}", "/pets/{{ id }}/{{ team }}").replace("[shop.test]", '["*"]')
    further = [("year", "2020")] if "{year}" in parameters else []
    assert _sent("pets/get", [("id", "7"), ("team", "blue"), *further], config)[1] == "/pets/7/blue"


@pytest.mark.parametrize(
    ("parameter", "argument"),
    [
        ("{from: path}", ("path", "/pet/7")),
        ("{from: authority}", ("authority", "a.shop.test")),
        ("{from: query, name: q, match: any}", ("q", "v")),
    ],
)
def test_a_parameter_without_braces_gets_the_whole_value(parameter: str, argument: tuple[str, str]) -> None:
    config = SHOP.replace('{path: "/pet/{id}", headers: {x-id: "{id}"}}', f"[{parameter}]")
    config = config.replace("{{ id }}", f"{{{{ {argument[0]} }}}}").replace("[shop.test]", '["*"]')
    config = config.replace('"*.shop.test"', "w.test")
    assert _sent("pets/get", [argument], config)[1] == f"/pets/{argument[1].replace('/', '%2F')}"


def test_a_value_in_a_path_is_escaped() -> None:
    assert _sent("pets/get", [("id", "a b/c")]) == ("/pet/a%20b%2Fc", "/pets/a%20b%2Fc")


def test_other_values_go_into_the_body() -> None:
    assert _sent("pets/add", [("name", "x"), ("tags", [1])]) == ("/add", "/pets")


def test_a_function_without_a_route_can_only_be_called_directly() -> None:
    tables = tables_of(config_of(SHOP.replace("function_name: add", "function_name: get")), PLUGINS)
    with pytest.raises(MissingReference, match="no route calls it"):
        client_request(find_function("pets/add", tables), Given(), tables)


def test_a_path_that_only_an_expression_describes_can_not_be_told() -> None:
    tables = tables_of(config_of(SHOP.replace("path_exact: /add", "path_regex: /add+")), PLUGINS)
    with pytest.raises(ConfigError, match="regular expression"):
        client_request(find_function("pets/add", tables), Given([("name", "x")]), tables)


EXTRACTORS = """
        v: {header: accept, regex: "application/vnd\\\\.pets\\\\.v([0-9]+)\\\\+json", subgroup: 1}
        t: {query: q, regex: "(?:tok-)?([a-z]{2,4})x*", subgroup: 1}
        c: {cookie: c, regex: "[a-z]+"}
        s: {path: true, regex: "/pet/(.*)", subgroup: 1}
        slug: {header: x-s, regex: "[^a-z]+", mode: replace_all, replacement_text: "-"}
"""
EXTRACTING = SHOP.replace(
    """spec: {headers: {":method": GET}, path: "/pets/{{ id }}"}""",
    f"""
    spec:
      extractors:{EXTRACTORS}
      path: "/{{{{ v }}}}/{{{{ t }}}}/{{{{ c }}}}/{{{{ s }}}}/{{{{ slug }}}}\"""",
)


def test_values_of_extractors_stand_in_a_text_that_their_regex_takes_them_from() -> None:
    arguments = [("v", 3), ("t", "abc"), ("c", "q"), ("s", "x"), ("slug", "a-b")]
    assert _sent("pets/get", arguments, EXTRACTING) == ("/pet/x?q=abc", "/3/abc/q/x/a-b")


@pytest.mark.parametrize("argument", [("v", "x"), ("t", "A"), ("slug", "A"), ("s", "?x")])
def test_a_value_that_an_extractor_never_takes_is_told(argument: tuple[str, str]) -> None:
    with pytest.raises(ConfigError, match="what text"):
        _sent("pets/get", [argument], EXTRACTING)


def test_a_name_that_the_function_has_no_use_for_is_told_with_the_nearest() -> None:
    with pytest.raises(ConfigError, match=r"no use for 'nam'.*did you mean 'name'"):
        _sent("pets/add", [("nam", 1)])


def _tenants(domains: str, parameters: str) -> str:
    config = SHOP.replace('{path: "/pet/{id}", headers: {x-id: "{id}"}}', parameters)
    return config.replace("domains: [shop.test]", f"domains: {domains}").replace('["*.shop.test"]', "[wild.test]")


@pytest.mark.parametrize("domains", ["['*']", "['*.shop.test']"])
def test_a_value_of_the_host_goes_into_the_host(domains: str) -> None:
    config = _tenants(domains, '[{from: authority, match: "{id}.shop.test"}]')
    assert _sent("pets/get", [("id", "Ann")], config)[1] == "/pets/ann"


def test_a_whole_host_is_a_value_too() -> None:
    config = _tenants("['*']", "[{from: authority, name: id}]")
    assert _sent("pets/get", [("id", "ann.test")], config)[1] == "/pets/ann.test"


def test_a_host_that_the_virtual_service_does_not_answer_for_is_told() -> None:
    config = _tenants("['*.shop.test']", '[{from: authority, match: "{id}.elsewhere.test"}]')
    with pytest.raises(ConfigError, match=r"host 'ann.elsewhere.test'.*its domains: \*.shop.test"):
        _sent("pets/get", [("id", "ann")], config)


@pytest.mark.parametrize(
    ("source", "value", "sent"), [("path", "/pet/7", "/pets/%2Fpet%2F7"), ("authority", "a.b", "/pets/a.b")]
)
def test_a_parameter_without_name_and_pattern_is_called_as_its_source(source: str, value: str, sent: str) -> None:
    config = _tenants("['*']", f"[{{from: {source}}}]").replace('"/pets/{{ id }}"', f'"/pets/{{{{ {source} }}}}"')
    assert _sent("pets/get", [(source, value)], config)[1] == sent
