"""gloo discover: asking now, and what other commands make of the answers."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from tests.cli.command_line import gloo, told

from gloo.control_plane.state import RunningGateway, StateFolder, read_discovered

CONFIG = """\
upstreams:
# functions of the team of pictures
- name: faas
  type: openfaas
  spec: {{gateway: "http://127.0.0.1:{port}"}}
  discovery: {{functions: true}}
  functions:
  - name: resize  # ours
    spec: {{function_name: resize-v2}}
- name: quiet
  type: openfaas
  spec: {{gateway: "http://127.0.0.1:{port}"}}
virtual_services:
- name: default
  routes:
  - request_matcher: {{path_prefix: /}}
    single_destination: {{function: {{upstream_name: faas, function_name: report}}}}
"""


class Gateway(BaseHTTPRequestHandler):
    """Answers as the gateway of OpenFaaS, with the functions that stand in its server."""

    def do_GET(self) -> None:
        server = self.server
        assert isinstance(server, Served)
        server.asked.append(self.path)
        body = json.dumps([{"name": name} for name in server.functions]).encode()
        self.send_response(server.status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        """Write nothing."""


class Served(ThreadingHTTPServer):
    """The server, and what it was asked."""

    functions: tuple[str, ...] = ("resize", "report")
    status = 200

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Gateway)
        self.asked: list[str] = []


@pytest.fixture
def faas() -> Iterator[Served]:
    with Served() as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join(10)


@pytest.fixture
def shop(tmp_path: Path, faas: Served) -> Path:
    (tmp_path / "gloo.yaml").write_text(CONFIG.format(port=faas.server_port))
    return tmp_path


def test_functions_are_listed_with_their_source(shop: Path, faas: Served) -> None:
    rows = [line.split() for line in gloo("discover", "-d", shop).stdout.splitlines()]
    assert rows == [
        ["FUNCTION", "UPSTREAM", "SOURCE"],
        ["report", "faas", "discovered"],
        ["resize", "faas", "written"],
    ]
    assert faas.asked == ["/system/functions"]
    assert "report" not in (shop / "gloo.yaml").read_text().partition("virtual_services")[0]


def test_only_an_upstream_that_is_named_is_asked_without_saying_so(shop: Path, faas: Served) -> None:
    (answer,) = told("discover", "quiet", "-d", shop)
    assert (answer["upstream"], answer["answered"], len(answer["functions"])) == ("quiet", True, 2)
    assert read_discovered(shop / ".gloo") == {}


def test_other_commands_ask_nobody_and_take_the_last_answer(shop: Path, faas: Served) -> None:
    before = gloo("check", shop, status=1)
    assert "the functions of faas are not known yet" in before.stderr
    assert "upstream 'faas' has no function 'report'" in before.stdout
    gloo("discover", "-d", shop)
    after = gloo("check", shop)
    assert "2 functions of faas are those of " in after.stderr
    for command in (("explain", "GET", "/x", str(shop)), ("translate", str(shop)), ("functions", "-d", str(shop))):
        assert "functions of faas are those of" in gloo(*command).stderr
    assert len(faas.asked) == 1


def test_functions_say_whether_they_are_written_or_discovered(shop: Path, faas: Served) -> None:
    gloo("discover", "-d", shop)
    rows = [line.split()[:3] for line in gloo("functions", "-d", shop).stdout.splitlines()[1:]]
    assert rows == [["faas/resize", "openfaas", "written"], ["faas/report", "openfaas", "discovered"]]
    found = told("get", "functions", "-d", shop)
    assert [(each["name"], each["source"]) for each in found] == [("resize", "written"), ("report", "discovered")]


def test_an_upstream_is_shown_as_written_with_what_is_known_beside(shop: Path, faas: Served) -> None:
    assert "not asked yet" in gloo("get", "us", "-d", shop).stdout
    gloo("discover", "-d", shop)
    faas.status = 500
    gloo("discover", "-d", shop, status=1)
    shown = told("get", "us", "faas", "-d", shop)
    assert [each["name"] for each in shown["functions"]] == ["resize"]
    known = shown["status"]["discovery"]
    assert (known["functions"], known["failures"]) == (2, 1)
    assert "was answered 500" in known["problems"][0]["problem"]
    assert "2, 0s ago, then 1 failed" in gloo("get", "us", "-d", shop).stdout.replace("1s ago", "0s ago")


def test_what_is_shown_can_be_applied_as_it_is(shop: Path, faas: Served) -> None:
    gloo("discover", "-d", shop)
    shown = gloo("get", "us", "faas", "-d", shop, "-o", "yaml").stdout
    assert "discovery:" in shown
    assert "Upstream/faas unchanged" in gloo("apply", "-f", "-", "-d", shop, stdin=shown).stdout


def test_written_functions_stay_and_new_ones_follow_with_all_comments_kept(shop: Path, faas: Served) -> None:
    faas.functions = ("resize", "report", "upload")
    assert "Upstream/faas configured (gloo.yaml)" in gloo("discover", "--write", "-d", shop).stderr
    text = (shop / "gloo.yaml").read_text()
    assert "# functions of the team of pictures" in text
    assert "- name: resize  # ours\n    spec: {function_name: resize-v2}" in text
    assert [each["source"] for each in told("get", "functions", "-d", shop)] == ["written"] * 3
    again = gloo("discover", "faas", "--write", "-d", shop)
    assert "Upstream/faas unchanged" in again.stderr
    assert (shop / "gloo.yaml").read_text() == text


def test_an_upstream_that_does_not_answer_is_told_and_writes_nothing(shop: Path, faas: Served) -> None:
    gloo("discover", "-d", shop)
    faas.status = 503
    before = (shop / "gloo.yaml").read_text()
    failed = gloo("discover", "--write", "-d", shop, status=1)
    assert "Upstream/faas: " in failed.stderr
    assert "/system/functions was answered 503" in failed.stderr
    assert (shop / "gloo.yaml").read_text() == before


def test_a_type_that_can_not_be_asked_is_told(tmp_path: Path) -> None:
    (tmp_path / "gloo.yaml").write_text(
        "upstreams: [{name: a, type: service, spec: {hosts: [{addr: h.test, port: 1}]}}]"
    )
    assert "an upstream of type 'service' can't be asked" in gloo("discover", "a", "-d", tmp_path, status=1).stderr
    assert "there is no upstream 'b'" in gloo("discover", "b", "-d", tmp_path, status=1).stderr
    assert "holds no upstream with discovery: {functions: true}" in gloo("discover", "-d", tmp_path).stderr


def test_a_running_gateway_keeps_its_own_answers(shop: Path, faas: Served) -> None:
    with StateFolder(shop / ".gloo").opened() as state:
        state.record_running(RunningGateway(pid=1, http="http://localhost:1"))
        gloo("discover", "-d", shop)
        assert read_discovered(shop / ".gloo") == {}
