"""gloo call: one call of a function."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from tests.cli.command_line import gloo, told


class _Echo(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = json.dumps({"path": self.path, "host": self.headers["host"]}).encode()
        self.send_response(200 if self.path != "/pets/0" else 404)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing: what matters is asserted."""


@pytest.fixture
def live(folder: Path) -> Iterator[int]:
    """The port of an upstream that says what it was asked; the folder names it."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Echo)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    file = folder / "upstreams/petstore.yaml"
    get = 'spec: {headers: {":method": GET}, path:'
    file.write_text(file.read_text().replace("8081", str(server.server_port)).replace("spec: {path:", get))
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_function_is_called_on_the_host_of_its_upstream(folder: Path, live: int) -> None:
    result = gloo("call", "petstore/get_pet", "--arg", "id=a b", "-d", folder)
    assert json.loads(result.stdout) == {"path": "/pets/a%20b", "host": f"127.0.0.1:{live}"}
    assert result.stderr.startswith(f"200 from 127.0.0.1:{live}")
    assert told("call", "petstore/get_pet", "--arg", "id=1", "-d", folder)["status"] == 200


def test_an_error_of_the_upstream_is_one_of_the_command(folder: Path, live: int) -> None:
    assert "404 from" in gloo("call", "petstore/get_pet", "--arg", "id=0", "-d", folder, status=1).stderr


def test_a_dry_run_prints_the_request(folder: Path) -> None:
    said = gloo("call", "petstore/get_pet", "--arg", "id=7", "--dry-run", "-d", folder).stdout
    assert said.splitlines()[1:2] == ["host: 127.0.0.1:8081"]
    gloo("route", "add", "--path-prefix", "/pet/", "--function", "petstore/get_pet", "-d", folder)
    sent = told("call", "petstore/get_pet", "--arg", "id=7", "--dry-run", "--via", "gateway", "-d", folder)
    assert (sent["method"], sent["path"], sent["body"]) == ("POST", "/pet/", '{"id": 7}')


def test_what_can_not_be_called_is_told(folder: Path) -> None:
    assert "did you mean" in gloo("call", "petstore/get_pt", "-d", folder, status=1).stderr
    assert "'id' is missing" in gloo("call", "petstore/get_pet", "-d", folder, status=1).stderr
    assert "gives no value" in gloo("call", "petstore/get_pet", "--arg", "id", "-d", folder, status=2).stderr
    assert "no route calls it" in gloo("call", "petstore/get_pet", "--via", "gateway", "-d", folder, status=1).stderr


SPLIT = """\
- request_matcher: {path_prefix: /split/}
  multiple_destinations:
  - {function: {upstream_name: petstore, function_name: get_pet}, weight: 1}
  - {upstream: {name: petstore}, weight: 1}
"""
ALONE = """\
- request_matcher: {path_prefix: /alone/}
  single_destination: {function: {upstream_name: petstore, function_name: get_pet}}
"""


@pytest.mark.parametrize(("routes", "path"), [(SPLIT, "/split/"), (SPLIT + ALONE, "/alone/")])
def test_a_call_by_a_route_that_calls_nothing_else_comes_first(folder: Path, routes: str, path: str) -> None:
    (folder / "virtual_services").mkdir(exist_ok=True)
    (folder / "virtual_services/split.yaml").write_text(f"name: split\ndomains: [a.test]\nroutes:\n{routes}")
    result = gloo("call", "petstore/get_pet", "--arg", "id=7", "--dry-run", "--via", "gateway", "-d", folder)
    assert path in result.stdout.splitlines()[0]
    assert ("the call may go to petstore\n" in result.stderr) == (path == "/split/")


def test_without_a_gateway_there_is_no_way_through_it(folder: Path) -> None:
    gloo("route", "add", "--path-prefix", "/pet/", "--function", "petstore/get_pet", "-d", folder)
    asked = ("call", "petstore/get_pet", "--arg", "id=1", "--via", "gateway", "-d", folder)
    assert "no gateway runs" in gloo(*asked, status=1).stderr


def test_a_response_template_makes_the_answer_unless_it_is_wanted_raw(folder: Path, live: int) -> None:
    file = folder / "upstreams/petstore.yaml"
    template = """, response: {body: '{"asked": "{{ path }}"}'}}"""
    file.write_text(file.read_text().replace('{{ id }}"}', '{{ id }}"' + template))
    asked = ("call", "petstore/get_pet", "--arg", "id=7", "-d", folder)
    result = gloo(*asked)
    assert result.stdout == '{"asked": "/pets/7"}'
    assert "response of the function makes of it: 200" in result.stderr
    assert (told(*asked)["template"], told(*asked)["from"]) == ("response", 200)
    assert json.loads(gloo(*asked, "--raw").stdout)["path"] == "/pets/7"


def test_an_argument_that_the_function_has_no_use_for_is_told_with_the_nearest(folder: Path) -> None:
    said = gloo("call", "petstore/get_pet", "--arg", "idd=7", "-d", folder, status=1).stderr
    assert "the function has no use for 'idd' (did you mean 'id'?)" in said


def test_a_body_is_passed_on(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "body").write_text("[1]")
    asked = ("call", "petstore/get_pet", "--arg", "id=7", "--dry-run", "-d", folder)
    sent = told(*asked, "--body", f"@{tmp_path / 'body'}")
    assert (sent["method"], sent["body"]) == ("POST", "[1]")
    assert (told(*asked)["method"], told(*asked)["body"]) == ("GET", None)


MADE = """\
- {name: fixed, spec: {body: '{"a": 1}'}}
- {name: made, spec: {path: "/{{ id }}", body: '{"name": "{{ name }}"}'}}
- {name: taken, spec: {extractors: {x: {body: true, regex: "a(.*)", subgroup: 1}}, body: '{"x": "{{ x }}"}'}}
- {name: whole, spec: {body: '{"x": {{ body() }}}'}}
"""


@pytest.fixture
def makers(folder: Path) -> Path:
    """The folder, with functions that make bodies."""
    file = folder / "upstreams/petstore.yaml"
    file.write_text(file.read_text() + MADE)
    return folder


@pytest.mark.parametrize(
    ("function", "arguments", "problem"),
    [
        ("fixed", (), "--body: the function makes a body of its own, and looks at none (leave it out)"),
        ("made", ("--arg", "id=1", "--arg", "name=x"), "--body: 'id' is a field of it, which --arg gives"),
        ("made", ("--arg", "nam=x"), "the function has no use for 'nam' (did you mean 'name'?)"),
    ],
)
def test_a_body_that_the_function_does_not_look_at_is_told(
    makers: Path, function: str, arguments: tuple[str, ...], problem: str
) -> None:
    asked = ("call", f"petstore/{function}", *arguments, "--body", "zz", "--dry-run")
    assert problem in gloo(*asked, "-d", makers, status=1).stderr
    gloo("route", "add", "--path-prefix", "/x", "--function", f"petstore/{function}", "-d", makers)
    assert problem in gloo(*asked, "--via", "gateway", "-d", makers, status=1).stderr


@pytest.mark.parametrize(
    ("function", "body", "made"),
    [
        ("made", '{"id": 1, "name": "x"}', '{"name": "x"}'),
        ("taken", "abc", '{"x": "bc"}'),
        ("whole", "zz", '{"x": "zz"}'),
    ],
)
def test_a_body_may_be_what_the_function_makes_its_own_of(makers: Path, function: str, body: str, made: str) -> None:
    assert told("call", f"petstore/{function}", "--body", body, "--dry-run", "-d", makers)["body"] == made
