"""REST: functions of a service that speaks HTTP, each a template for a request."""

import pytest
from tests.support.translating import clusters, routes, translated

from gloo.model.base import Json
from gloo.model.status import TemplatePlace

PETS = """\
name: pets
type: service
spec: {hosts: [{addr: 10.0.0.1, port: 80}]}
service_info: {type: REST}
functions:
- name: get
  spec: {path: "/pets/{{ id }}"}
- name: plain
"""
ROUTE = """\
name: default
routes:
- request_matcher: {path_prefix: /}
  single_destination: {function: {upstream_name: pets, function_name: %s}}
  extensions: %s
"""


def route(function: str, extensions: str = "{}") -> Json:
    *_, found = routes(translated(PETS, ROUTE % (function, extensions)), "default")
    return found


def program(found: Json, of: str = "envoy.filters.http.lua") -> str:
    text: str = found["typed_per_filter_config"][of]["filter_context"]["source"]
    return text


def test_a_function_is_a_program_that_travels_with_its_route() -> None:
    assert "/pets/" in program(route("get", "{parameters: {path: '/x/{id}'}}"))


@pytest.mark.parametrize(("header", "count"), [("x-version", 2), ("X-Envoy-Original-Path", 1)])
def test_plain_paths_have_a_route_of_their_own_unless_what_that_takes_away_is_set(header: str, count: int) -> None:
    text = PETS + f"- {{name: both, spec: {{path: '/a/{{{{ id }}}}', headers: {{{header}: '2'}}}}}}\n"
    found = routes(translated(text, ROUTE % ("both", "{parameters: {path: '/x/{id}'}}")), "default")
    assert len(found) == count


def test_a_function_without_templates_passes_the_request_on_as_it_is() -> None:
    assert "typed_per_filter_config" not in route("plain")


def test_the_list_and_the_map_of_parameters_mean_the_same() -> None:
    as_list = "{parameters: [{from: header, name: x-id, match: '{id}'}]}"
    as_map = "{parameters: {headers: {x-id: '{id}'}}}"
    assert program(route("get", as_list)) == program(route("get", as_map))


@pytest.mark.parametrize(
    ("extensions", "field"),
    [
        ("{parameters: [{from: header}]}", "routes[0].extensions.parameters[0]"),
        ("{parameters: [{form: path}]}", "routes[0].extensions.parameters[0].form"),
        ("{parameters: [{from: pth}]}", "routes[0].extensions.parameters[0].from"),
        ("{parameters: {pth: x}}", "routes[0].extensions.parameters.pth"),
    ],
)
def test_a_bad_parameter_is_told_with_its_place_and_its_route_answers_500(extensions: str, field: str) -> None:
    translation = translated(PETS, ROUTE % ("get", extensions))
    *_, found = routes(translation, "default")
    assert found["direct_response"]["status"] == 500
    (problem, *_) = translation.reports["VirtualService/default"].problems
    assert (problem.field, problem.line) == (field, 5)


def test_a_body_and_its_pass_through_are_not_said_together() -> None:
    text = PETS + '- name: both\n  spec: {body: "{}", passthrough_body: true}\n'
    (problem,) = translated(text).reports["Upstream/pets"].problems
    assert problem.field == "functions[2].spec"


ANSWERS = """\
- name: answers
  spec:
    response: %s
"""


def lua(found: Json) -> Json:
    return found["typed_per_filter_config"]["envoy.filters.http.lua"]


def test_a_function_with_a_response_template_runs_where_answers_are_seen() -> None:
    answer = "{when: {status: [404, 5xx]}, status: 502, headers: {x-a: b}, body: '%s'}"
    for body, sees_requests in (("{}", False), ('{{ request_header("range") }}', True)):
        *_, found = routes(translated(PETS + ANSWERS % (answer % body), ROUTE % ("answers", "{}")), "default")
        filters = found["typed_per_filter_config"]
        assert "status >= 500" in filters["gloo.answers"]["filter_context"]["source"]
        assert ("envoy.filters.http.lua" in filters) is sees_requests
    assert "gloo.answers" not in route("get")["typed_per_filter_config"]


def test_a_route_has_a_response_template_of_its_own_which_comes_first() -> None:
    upstream = PETS + ANSWERS % "{body: of the function}"
    extensions = "{response_template: {body: 'no {{ id }}'}, response_parameters: {headers: {x-id: '<{id}>'}}}"
    *_, found = routes(translated(upstream, ROUTE % ("answers", extensions)), "default")
    source = program(found, "gloo.answers")
    assert 0 < source.index("no ") < source.index("of the function")
    assert 'headers:get("x-id")' in source


def test_response_parameters_without_a_template_are_told() -> None:
    translation = translated(PETS, ROUTE % ("get", "{response_parameters: {headers: {x: '{id}'}}}"))
    (problem, *_) = translation.reports["VirtualService/default"].problems
    assert "needs a response_template" in problem.problem


def test_a_fault_in_a_routes_response_template_is_told_at_the_route() -> None:
    translation = translated(PETS, ROUTE % ("get", "{response_template: {body: '{{ id'}}"))
    (problem,) = translation.reports["VirtualService/default"].problems
    assert problem.field == "routes[0].extensions.response_template.body"


@pytest.mark.parametrize(
    ("response", "field"),
    [
        ("{body: '{{ x'}", "functions[2].spec.response.body"),
        ("{when: {status: 6xx}}", "functions[2].spec.response.when.status"),
        ("{status: 99}", "functions[2].spec.response.status"),
        ("{boby: x}", "functions[2].spec.response.boby"),
    ],
)
def test_a_fault_in_a_response_template_is_told_at_its_field(response: str, field: str) -> None:
    (problem,) = translated(PETS + ANSWERS % response).reports["Upstream/pets"].problems
    assert problem.field == field


def test_one_response_and_several_are_not_said_together() -> None:
    (problem,) = translated(PETS + ANSWERS % "{}\n    responses: [{}]").reports["Upstream/pets"].problems
    assert problem.field == "functions[2].spec"


def test_a_value_that_is_not_escaped_is_a_warning_and_the_function_works() -> None:
    translation = translated(PETS + "- name: raw\n  spec: {path: '/{{ x | raw }}'}\n", ROUTE % ("raw", "{}"))
    (problem,) = translation.reports["Upstream/pets"].problems
    assert (problem.field, problem.warning, "not escaped" in problem.problem) == ("functions[2].spec.path", True, True)
    assert "/" in program(routes(translation, "default")[0])


@pytest.mark.parametrize(
    ("spec", "lua_text"),
    [
        ("merge_extractors_to_body: true", "gloo.check_mergeable"),
        ("merge_json_keys: {a: '{{ b }}'}", "gloo.put_json"),
        ("header_body_transform: true", "gloo.wrapped(headers, text, false,"),
        ("header_body_transform: {add_request_metadata: true}", "gloo.wrapped(headers, text, true,"),
    ],
)
def test_a_body_can_be_made_without_a_template(spec: str, lua_text: str) -> None:
    *_, found = routes(translated(PETS + f"- name: made\n  spec: {{{spec}}}\n", ROUTE % ("made", "{}")), "default")
    assert lua_text in program(found)


def test_two_ways_to_make_a_body_are_not_said_together() -> None:
    text = PETS + '- name: both\n  spec: {merge_extractors_to_body: true, body: ""}\n'
    (problem,) = translated(text).reports["Upstream/pets"].problems
    assert "takes body or merge_extractors_to_body, not both" in problem.problem


def test_an_extractor_gives_a_variable() -> None:
    spec = "{extractors: {id: {path: true, regex: '/(.*)', subgroup: 1, mode: EXTRACT}}, path: '/{{ id }}'}"
    *_, found = routes(translated(PETS + f"- name: made\n  spec: {spec}\n", ROUTE % ("made", "{}")), "default")
    assert 'gloo.extract(gloo.path(headers:get(":path")), r0, 1)' in program(found)


@pytest.mark.parametrize(
    ("extractor", "field"),
    [
        ("{regex: a}", "functions[2].spec.extractors.id"),
        ("{path: true, body: {}, regex: a}", "functions[2].spec.extractors.id"),
        ("{path: true, regex: '('}", "functions[2].spec.extractors.id.regex"),
        ("{path: true, regex: a, subgroup: -1}", "functions[2].spec.extractors.id.subgroup"),
    ],
)
def test_a_fault_in_an_extractor_is_told_at_its_field(extractor: str, field: str) -> None:
    text = PETS + f"- name: made\n  spec: {{extractors: {{id: {extractor}}}}}\n"
    (problem,) = translated(text).reports["Upstream/pets"].problems
    assert problem.field == field


def _spec(spec: str, before: str = "") -> str:
    return PETS.replace("spec: {hosts: [{addr: 10.0.0.1", f"{before}spec: {{hosts: [{{addr: 10.0.0.1") + (
        f"- name: made\n  spec: {spec}\n"
    )


def test_a_function_that_reads_no_body_takes_its_names_from_routes() -> None:
    text = _spec("{parse_body: none, path: '/{{ id }}'}")
    assert not translated(text).reports["Upstream/pets"].problems
    *_, found = routes(translated(text, ROUTE % ("made", "{parameters: {path: '/x/{id}'}}")), "default")
    assert "reads_body = false" in program(found)
    (problem,) = translated(text, ROUTE % ("made", "{}")).reports["VirtualService/default"].problems
    assert "nothing can supply 'id'" in problem.problem


def test_all_that_is_wrong_with_a_function_is_told_each_at_its_template() -> None:
    spec = """{path: "/{{ nope(1) }}", headers: {":method": "{{ m }} x", x-a: "{{ a"}, body: '{"a": {{ 1 / 0 }}}',
      extractors: {e: {path: true, regex: "(a"}}, response: {status: "{{", body: "{% do x %}"}}"""
    problems = translated(_spec(spec)).reports["Upstream/pets"].problems
    assert [problem.field.removeprefix("functions[2].spec.") for problem in problems] == [
        *("extractors.e.regex", "path", 'headers[":method"]', "headers.x-a", "body", "response.status", "response.body")
    ]
    (divides,) = (problem for problem in problems if problem.field.endswith("spec.body"))
    assert divides.template == TemplatePlace(line=1, column=14, text='{"a": {{ 1 / 0 }}}')
    assert divides.problem == "line 1, column 14: this divides by zero"
    assert (divides.line, divides.column) == (10, 102)


def test_an_error_at_a_route_names_function_and_template_with_line_and_column() -> None:
    text = _spec("{parse_body: none, path: '/{{ id }}', headers: {x-a: '-{{ a }}'}}")
    first, second = translated(text, ROUTE % ("made", "{}")).reports["VirtualService/default"].problems
    told = "function pets/made can't be used here: "
    assert first.problem == told + "path: line 1, column 5: nothing can supply 'id'"
    assert second.problem == told + "headers.x-a: line 1, column 5: nothing can supply 'a'"
    assert second.template == TemplatePlace(line=1, column=5, text="-{{ a }}")
    assert first.reference == second.reference


def test_extraction_takes_parameters_of_the_route() -> None:
    text = _spec("{headers: {x-id: '{{ extraction(\"id\") }}'}}")
    assert not translated(text).reports["Upstream/pets"].problems
    translation = translated(text, ROUTE % ("made", "{parameters: {path: '/{id}'}}"))
    assert not translation.reports["VirtualService/default"].problems
    assert 'gloo.default(v1, "")' in program(routes(translation, "default")[-1])
    (problem,) = translated(text, ROUTE % ("made", "{}")).reports["VirtualService/default"].problems
    assert "headers.x-id: line 1, column 15: no parameter is called 'id'" in problem.problem


def test_a_method_is_a_header() -> None:
    (problem,) = translated(_spec("{method: POST}")).reports["Upstream/pets"].problems
    assert (problem.problem, problem.hint) == ("unknown field", 'write headers: {":method": POST}')


def test_an_annotation_of_the_upstream_is_part_of_the_program() -> None:
    text = _spec("{path: '/{{ cluster_metadata(\"region\") }}'}", "metadata: {annotations: {region: eu}}\n")
    *_, found = routes(translated(text, ROUTE % ("made", "{}")), "default")
    assert 'gloo.segment("eu"' in program(found)


def test_an_annotation_that_is_missing_rejects_the_route_that_needs_it() -> None:
    text = _spec("{path: '/{{ cluster_metadata(\"zone\") }}'}", "metadata: {annotations: {region: eu}}\n")
    (problem,) = translated(text, ROUTE % ("made", "{}")).reports["VirtualService/default"].problems
    assert (problem.field, problem.hint) == ("routes[0]", "known: region")
    assert "the upstream has no annotation 'zone'" in problem.problem


def test_a_data_source_is_part_of_the_program() -> None:
    text = _spec("{path: '/{{ data_source(\"t\") }}', data_sources: {t: {inline: hello}}}")
    *_, found = routes(translated(text, ROUTE % ("made", "{}")), "default")
    assert 'gloo.segment("hello"' in program(found)


def test_marks_of_a_host_come_with_its_answer() -> None:
    text = _spec("{response: {body: '-{{ host_metadata(\"zone\") }}'}}")
    text = text.replace("port: 80}", "port: 80, metadata: {zone: a}}")
    translation = translated(text, ROUTE % ("made", "{}"))
    endpoint = clusters(translation)["pets"]["load_assignment"]["endpoints"][0]["lb_endpoints"][0]
    assert endpoint["metadata"]["filter_metadata"] == {"gloo.host": {"zone": "a"}}
    *_, found = routes(translation, "default")
    assert "UPSTREAM_METADATA(gloo.host:zone)" in str(found["typed_per_filter_config"]["gloo.function_headers"])


@pytest.mark.parametrize(("size", "longest"), [("200KB", 200_000), ("1MiB", 2**20), ("7", 7)])
def test_the_longest_body_is_said_in_words(size: str, longest: int) -> None:
    text = _spec(f"{{body: '-{{{{ a }}}}', max_body: {size}, response: {{body: '-{{{{ b }}}}', max_body: {size}}}}}")
    *_, found = routes(translated(text, ROUTE % ("made", "{}")), "default")
    assert program(found).count(f"longest = {longest},") == 2


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        ("{path: /, max_body: 1 mb}", "functions[2].spec"),
        ("{path: '/{{ a }}', max_body: 2MiB}", "functions[2].spec.max_body"),
        ("{path: '/', response: {body: '-{{ a }}', max_body: 2MiB}}", "functions[2].spec.response.max_body"),
        ("{path: '/', response: {body: '-{{ a }}', parse_body: multipart}}", "functions[2].spec.response.parse_body"),
        ("{path: '/', data_sources: {x: hello}}", "functions[2].spec.data_sources.x"),
        ("{path: '/{{ host_metadata(\"zone\") }}'}", "functions[2].spec.path"),
    ],
)
def test_what_can_not_be_is_told_at_its_field(spec: str, field: str) -> None:
    (problem,) = translated(_spec(spec)).reports["Upstream/pets"].problems
    assert problem.field == field


def test_what_a_route_itself_does_not_escape_is_a_warning_on_the_route() -> None:
    extensions = "{response_template: {headers: {x-a: '{{ x | raw_string }}'}, body: '-{{ y }}'}}"
    translation = translated(PETS, ROUTE % ("get", extensions))
    (problem,) = translation.reports["VirtualService/default"].problems
    assert (problem.field, problem.warning) == ("routes[0].extensions.response_template.headers.x-a", True)
    assert "x-a" in program(routes(translation, "default")[0])


def test_a_response_template_of_a_route_names_the_texts_of_the_function() -> None:
    text = _spec("{path: /, data_sources: {t: {inline: hello}}}")
    extensions = "{response_template: {body: '-{{ data_source(\"t\") }}{{ x | raw }}'}}"
    translation = translated(text, ROUTE % ("made", extensions))
    assert [each.warning for each in translation.reports["VirtualService/default"].problems] == [True]
    assert '"hello"' in program(routes(translation, "default")[0], "gloo.answers")


def warned(headers: str, extensions: str = "{}") -> list[tuple[str, str]]:
    upstream = PETS + f'  spec: {{headers: {headers}, body: \'{{"a": "{{{{ x }}}}"}}\'}}\n'
    reports = translated(upstream, ROUTE % ("plain", extensions)).reports
    return [(p.field, p.hint) for report in reports.values() for p in report.problems if p.warning]


def test_a_body_of_json_that_its_type_makes_plain_text_is_a_warning() -> None:
    hint = "for JSON set content-type: application/json"
    assert warned("{Content-Type: text/plain}") == [("functions[1].spec.body", hint)]
    assert warned("{content-type: text/json}") == []
    on_route = "{response_template: {headers: {content-type: text/plain}, body: '[{{ x }}]'}}"
    assert warned("{}", on_route) == [("routes[0].extensions.response_template.body", hint)]
