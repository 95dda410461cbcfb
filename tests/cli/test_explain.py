"""gloo explain: what becomes of a request, and why."""

from pathlib import Path

import pytest
from tests.cli.command_line import gloo, told


@pytest.fixture
def shop(folder: Path) -> Path:
    function = ("--path-prefix", "/pet/", "--function", "petstore/get_pet")
    gloo("route", "add", "--path-exact", "/hello", "--http-method", "POST", "--upstream", "petstore", "-d", folder)
    gloo("route", "add", *function, "-d", folder)
    return folder


def test_the_road_of_a_request_is_told_step_by_step(shop: Path) -> None:
    said = gloo("explain", "POST", "http://a.test/pet/", shop, "-d", '{"id": 7}', "-H", "x-a: 1").stdout
    for line in (
        "POST http://a.test/pet/",
        "virtual service default: domain * (it takes what no other domain does)",
        "  routes[0] no: path: expected /hello, got /pet/",
        "function petstore/get_pet",
        "  id = 7  from body field",
        "upstream petstore gets",
        "  POST /pets/7",
        "  x-a: 1",
    ):
        assert line in said.splitlines(), said


def test_programs_get_the_same_as_json(shop: Path) -> None:
    found = told("explain", "GET", "/pet/", shop, "-d", '{"id": 7}')
    assert (found["route"], found["destinations"][0]["request"]["path"]) == ("default/1", "/pets/7")
    assert found["tried"][0]["refusal"] == {"matcher": "path", "expected": "/hello", "actual": "/pet/"}
    assert found["destinations"][0]["parameters"] == [{"name": "id", "source": "body field", "value": "7"}]


def test_the_answer_of_the_gateway_is_told(shop: Path) -> None:
    said = gloo("explain", "GET", "/pet/", shop).stdout
    assert "the function refuses; the gateway answers 400" in said
    assert "'id' is missing" in said


def test_without_a_route_the_status_is_1(shop: Path) -> None:
    assert "no route matches" in gloo("explain", "GET", "/hello", shop, status=1).stdout


def test_a_body_may_come_from_a_file(shop: Path, tmp_path: Path) -> None:
    (tmp_path / "body.json").write_text('{"id": 8}')
    assert "GET /pets/8" in gloo("explain", "GET", "/pet/", shop, "-d", f"@{tmp_path / 'body.json'}").stdout
    assert "can't be read" in gloo("explain", "GET", "/pet/", shop, "-d", "@nowhere", status=2).stderr


def test_a_method_that_envoy_does_not_take_is_answered_before_any_route(shop: Path) -> None:
    said = gloo("explain", "get", "/pet/", shop).stdout.splitlines()
    assert said[1:3] == [
        "no route is asked: over HTTP/1.1 Envoy takes no method 'get', but GET",
        "the gateway answers 400",
    ]
    assert told("explain", "FOO", "/", shop)["reason"] == "over HTTP/1.1 Envoy takes no method 'FOO'"


@pytest.mark.parametrize(
    "arguments", [("GET", "pets"), ("GET", ""), ("G T", "/"), ("GET", "/#a"), ("GET", "/", "-H", "no-colon")]
)
def test_what_is_no_request_is_told_as_such(folder: Path, arguments: tuple[str, ...]) -> None:
    method, url, *options = arguments
    gloo("explain", method, url, folder, *options, status=2)


def test_a_call_that_no_client_waits_for_is_told_with_what_the_client_gets(shop: Path) -> None:
    file = shop / "virtual_services/default.yaml"
    file.write_text(file.read_text() + "  extensions: {async: true}\n")
    said = gloo("explain", "GET", "/pet/", shop).stdout.splitlines()
    assert "the client gets at once 202" in said
    assert "the function refuses; nothing is sent, and the log alone tells of the 400" in said
    found = told("explain", "GET", "/pet/", shop)
    (destination,) = found["destinations"]
    assert (found["answer"]["status"], destination["answer"], destination["unheard"]["status"]) == (202, None, 400)


def test_a_secret_is_told_by_its_header(tmp_path: Path) -> None:
    (tmp_path / "gloo.yaml").write_text(
        "upstreams:\n- name: of\n  type: openfaas\n  spec: {gateway: 'http://of.test', secret_ref: basic}\n"
        "  functions: [{name: f, spec: {function_name: f}}]\n"
        "virtual_services:\n- name: v\n  routes:\n  - request_matcher: {}\n"
        "    single_destination: {function: {upstream_name: of, function_name: f}}\n"
    )
    folder = tmp_path / "secrets"
    folder.mkdir(mode=0o700)
    secret = folder / "basic.yaml"
    secret.touch(mode=0o600)
    secret.write_text("username: user\npassword: canary\n")
    asked = ("explain", "GET", "/", tmp_path, "-H", "authorization: mine")
    said = gloo(*asked).stdout
    assert "  ... with authorization from the upstream's secret" in said.splitlines()
    assert "mine" not in said
    (destination,) = told(*asked)["destinations"]
    assert destination["changed_further_by"] == ["gloo.upstream.authorization.openfaas/of"]


ANSWERS = """path: "/pets/{{ id }}"
    responses:
    - {when: {status: 404}, body: '{"error": "none"}'}
    - {body: '{"n": "{{ name }}"}'}"""


@pytest.fixture
def answering(shop: Path) -> Path:
    file = shop / "upstreams/petstore.yaml"
    file.write_text(file.read_text().replace('spec: {path: "/pets/{{ id }}"}', f"spec:\n    {ANSWERS}"))
    return shop


def test_the_response_templates_are_told(answering: Path) -> None:
    said = gloo("explain", "GET", "/pet/", answering, "-d", '{"id": 7}').stdout.splitlines()
    assert "  responses[0] is for 404" in said
    assert "  any other answer passes as it is" in said
    assert not any("the client gets" in line for line in said)


def test_of_an_answer_it_is_told_which_template_takes_it_and_what_the_client_gets(answering: Path) -> None:
    asked = ("explain", "GET", "/pet/", answering, "-d", '{"id": 7}')
    said = gloo(*asked, "--answer-body", '{"name": "Momo"}', "--answer-header", "X-A: 1").stdout.splitlines()
    told_of_it = ("  responses[1] is for 2xx: takes it", "the client gets 200", "  x-a: 1", '  {"n": "Momo"}')
    assert [line for line in told_of_it if line not in said] == []
    assert "  any other answer passes as it is: so does this one" in gloo(*asked, "--answer-status", "500").stdout
    (destination,) = told(*asked, "--answer-status", "404")["destinations"]
    assert destination["responses"][0] == {"template": "responses[0]", "takes": "404"}
    assert (destination["reply"]["template"], destination["reply"]["answer"]["body"]) == (
        "responses[0]",
        '{"error": "none"}',
    )


@pytest.mark.parametrize("options", [("--answer-status", "99"), ("--answer-header", "no-colon")])
def test_what_is_no_answer_is_told_as_such(shop: Path, options: tuple[str, str]) -> None:
    gloo("explain", "GET", "/pet/", shop, *options, status=2)


def test_an_event_route_that_says_no_is_told_once_with_all_its_forms(folder: Path) -> None:
    gloo("route", "add", "--event", "paid", "--upstream", "petstore", "-d", folder)
    said = gloo("explain", "POST", "/events", folder, status=1).stdout
    (line,) = [line for line in said.splitlines() if "routes[0]" in line]
    for name in ("x-event-type", "ce-type", "content-type"):
        assert f"header {name}: expected" in line


def test_problems_are_told_with_a_file_that_can_be_opened(folder: Path) -> None:
    route = "- request_matcher: {path_exact: /b}\n  single_destination: {upstream: {name: nowhere}}\n"
    file = folder / "virtual_services" / "broken.yaml"
    file.parent.mkdir(exist_ok=True)
    file.write_text(f"name: broken\nroutes:\n{route}")
    said = gloo("explain", "GET", "/b", folder).stdout
    assert f"  {file}:4: routes[0]" in said


def test_a_role_that_does_not_exist_is_no_answer(tmp_path: Path) -> None:
    text = "name: default\nroles: [internal]\nroutes: []\n"
    (tmp_path / "gloo.yaml").write_text(text)
    said = gloo("explain", "GET", "/", tmp_path, "--role", "nope", status=2).stderr
    assert "no virtual service names 'nope' (there are ingress, internal)" in said
    gloo("explain", "GET", "/", tmp_path, "--role", "internal", status=1)
