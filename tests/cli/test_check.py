"""gloo check: findings with file and line, and the exit status that scripts go by."""

import json
from pathlib import Path

from tests.cli.command_line import gloo, told

from gloo.control_plane.state import StateFolder
from gloo.model.source import Document

FIVE = """\
name: default
routes:
- request_matcher: {path_prefix: /good}
  single_destination: {upstream: {name: petstore}}
- request_matcher: {path_prefx: /typo}
  single_destination: {upstream: {name: petstore}}
- request_matcher: {path_prefix: /missing}
  single_destination: {upstream: {name: nowhere}}
- request_matcher: {path_regex: "/a(b"}
  single_destination: {upstream: {name: petstore}}
"""


def test_a_clean_folder_ends_with_0(folder: Path) -> None:
    result = gloo("check", folder)
    assert result.stdout == ""
    assert result.stderr == f"{folder}: 1 upstream, no virtual services, no findings\n"


def test_every_finding_has_file_line_object_and_field(folder: Path) -> None:
    (folder / "virtual_services").mkdir()
    (folder / "virtual_services/default.yaml").write_text(FIVE)
    (folder / "upstreams/odd.yaml").write_text("name: odd\ntype: servce\n")
    lines = gloo("check", folder, status=1).stdout.splitlines()
    vs = f"{folder}/virtual_services/default.yaml"
    assert len(lines) == 4, lines
    assert lines[0].startswith(f"{folder}/upstreams/odd.yaml:2: Upstream/odd: type: 'servce' is no upstream type (")
    assert lines[1].startswith(f"{vs}:5: VirtualService/default: routes[1].request_matcher.path_prefx: unknown field (")
    assert lines[2].startswith(
        f"{vs}:8: VirtualService/default: routes[2].single_destination.upstream.name: there is no"
    )
    assert lines[3].startswith(f"{vs}:9: VirtualService/default: routes[3].request_matcher.path_regex: ")


def test_a_file_that_is_not_yaml_is_a_finding_of_its_own(folder: Path) -> None:
    (folder / "broken.yaml").write_text("upstreams: [\n")
    assert f"{folder}/broken.yaml:1: is neither YAML nor JSON" in gloo("check", folder, status=1).stdout


def test_json_findings_have_every_key(folder: Path) -> None:
    (folder / "upstreams/odd.yaml").write_text("name: odd\ntype: servce\n")
    assert json.loads(gloo("check", folder, "-o", "json", status=1).stdout) == [
        {
            "file": f"{folder}/upstreams/odd.yaml",
            "line": 2,
            "column": 0,
            "object": "Upstream/odd",
            "field": "type",
            "problem": "'servce' is no upstream type",
            "hint": "did you mean 'service'?",
            "reference": "",
            "warning": False,
            "pending": False,
            "kept": False,
            "template": None,
        }
    ]


FUNCTIONS = """\
name: shop
type: service
spec: {hosts: [{addr: 127.0.0.1, port: 1}]}
service_info: {type: REST}
functions:
- name: get
  spec:
    path: /pets/{{ id }
    body: |
      {"name": 1,
       "größe": {{ nop(x) }}}
"""


def test_an_error_in_a_template_shows_its_line_with_a_caret_at_the_place(folder: Path) -> None:
    (folder / "upstreams/shop.yaml").write_text(FUNCTIONS)
    place, hint = f"{folder}/upstreams/shop.yaml", "(did you mean now()?)"
    brace = "'}' can't stand here (write }} to end a value)"
    assert gloo("check", folder, status=1).stdout.splitlines() == [
        f"{place}:8: Upstream/shop: functions[0].spec.path: line 1, column 13: {brace}",
        "    /pets/{{ id }",
        "                ^",
        f"{place}:11: Upstream/shop: functions[0].spec.body: line 2, column 14: unknown function 'nop' {hint}",
        '     "größe": {{ nop(x) }}}',
        "                 ^",
    ]
    first, second = json.loads(gloo("check", folder, "-o", "json", status=1).stdout)
    assert (second["line"], second["column"]) == (11, 20)
    assert second["template"] == {"line": 2, "column": 14, "text": ' "größe": {{ nop(x) }}}'}
    assert (first["line"], first["column"]) == (8, 23)
    listed = gloo("get", "problems", "-d", folder).stdout
    assert listed.endswith(
        f"{folder}/upstreams/shop.yaml:11: functions[0].spec.body\n"
        '     "größe": {{ nop(x) }}}\n                 ^\n'
    )


def test_of_a_long_line_the_place_is_shown(folder: Path) -> None:
    long = "x" * 300 + "{{ nope(1) }}" + "y" * 300
    (folder / "upstreams/shop.yaml").write_text(FUNCTIONS.replace("/pets/{{ id }", "/" + long))
    lines = gloo("check", folder, status=1).stdout.splitlines()
    assert lines[1][lines[2].index("^") :].startswith("nope(1)")
    assert len(lines[1]) <= 104


def test_json_of_a_clean_folder_is_an_empty_list(folder: Path) -> None:
    assert told("check", folder) == []


def test_a_warning_is_listed_but_counts_only_when_strict(folder: Path) -> None:
    (folder / "claims.yaml").write_text(f"virtual_services:\n- name: a\n  routes: [{DOUBLE}, {DOUBLE}]\n")
    result = gloo("check", folder)
    assert ": warning: " in result.stdout
    assert "no findings, 1 warning" in result.stderr
    gloo("check", folder, "--strict", status=1)


DOUBLE = "{request_matcher: {path_exact: /a}, extensions: {direct_response: {status: 200}}}"
SPEC = "{hosts: [{addr: 127.0.0.1, port: 1}]}"


def test_a_name_given_twice_is_a_finding_on_the_one_that_is_left_out_with_both_places(folder: Path) -> None:
    (folder / "virtual_services").mkdir()
    (folder / "virtual_services/more.yaml").write_text("domains: []\nname: shop\n")
    (folder / "shops.yaml").write_text("virtual_services: [{name: shop}]\n")
    stays, left_out = gloo("check", folder, status=1).stdout.splitlines()
    assert stays.startswith(f"{folder}/shops.yaml:1: VirtualService/shop: name: warning: another VirtualService")
    assert "in virtual_services/more.yaml:2, is left out" in stays
    assert left_out.startswith(
        f"{folder}/virtual_services/more.yaml:2: VirtualService/virtual_services/more.yaml#0: name:"
    )
    assert "the VirtualService in shops.yaml:1 has the name 'shop'; this one is left out" in left_out
    rows = gloo("get", "vs", "-d", folder).stdout.splitlines()[1:]
    assert [row.split()[0] for row in rows if "Rejected" in row] == ["virtual_services/more.yaml#0"]
    assert [row.split()[0] for row in rows if "Accepted" in row] == ["shop"]


def test_the_last_good_form_that_a_gateway_left_is_told(folder: Path) -> None:
    (folder / "virtual_services").mkdir()
    service = folder / "virtual_services/shop.yaml"
    good = "name: shop\ndomains: [x.org]\n"
    with StateFolder(folder / ".gloo").opened() as state:
        document = Document("virtual_services/shop.yaml", good, "VirtualService")
        state.record({}, (), {document.name: document})

    for broken, said in (
        (
            "name: shop\ndomaains: [x.org]\n",
            ":2: VirtualService/shop: domaains: unknown field (did you mean 'domains'?; ",
        ),
        ("nam: shop\ndomains: [x.org]\n", ":1: VirtualService/shop: nam: unknown field (did you mean 'name'?; "),
        ("name: shop\ndomains: ['a b']\n", ":2: VirtualService/shop: domains[0]: 'a b' is no domain ("),
        ("name: [", ":1: is neither YAML nor JSON: "),
    ):
        service.write_text(broken)
        lines = gloo("check", folder, status=1).stdout
        assert said in lines
        assert "the last good form stays in force" in lines
        row = gloo("get", "vs", "-d", folder).stdout.splitlines()[1]
        assert row.split()[:4] == ["shop", "x.org", "-", "Rejected"]
        assert row.endswith("; the last good form stays in force")


def test_a_missing_folder_is_wrong_use_and_says_what_to_do(tmp_path: Path) -> None:
    missing = tmp_path / "none"
    assert f"there is no folder {missing} (make it: mkdir -p {missing}" in gloo("check", missing, status=2).stderr


def test_a_file_in_place_of_the_folder_is_wrong_use(folder: Path) -> None:
    assert "is no folder" in gloo("check", folder / "upstreams/petstore.yaml", status=2).stderr


def test_all_faults_of_an_object_are_found_at_once(folder: Path) -> None:
    route = (
        "{request_matcher: {verbs: [A B]}, single_destination: {upstream: {name: gone}}, extensions: {timeout: soon}}"
    )
    (folder / "virtual_services").mkdir()
    (folder / "virtual_services/odd.yaml").write_text(f"name: odd\ndomains: [odd.example]\nroutes: [{route}]\n")
    spec = "{hosts: [{addr: a, port: 0}]}"
    (folder / "upstreams/odd.yaml").write_text(f"name: odd\ntype: service\nconnection_timeout: soon\nspec: {spec}\n")
    findings = json.loads(gloo("check", folder, "-o", "json", status=1).stdout)
    assert {each["field"] for each in findings if each["object"].endswith("/odd")} == {
        "routes[0].request_matcher.verbs[0]",
        "routes[0].single_destination.upstream.name",
        "routes[0].extensions.timeout",
        "connection_timeout",
        "spec.hosts[0].port",
    }
