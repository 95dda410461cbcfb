"""gloo apply: checked whole, then one line for each object."""

from pathlib import Path

from tests.cli.command_line import PETSTORE, gloo

from gloo.model.text import parse_text

TWO = PETSTORE.replace("name: petstore", "name: other") + (
    "---\nname: default\nroutes:\n- request_matcher: {path_prefix: /}\n"
    "  single_destination: {upstream: {name: petstore}}\n"
)


def test_new_objects_are_created_in_files_of_their_own(folder: Path) -> None:
    said = gloo("apply", "-f", "-", "-d", folder, stdin=TWO).stdout
    assert said.splitlines() == [
        "Upstream/other created (upstreams/other.yaml)",
        "VirtualService/default created (virtual_services/default.yaml)",
    ]
    assert gloo("check", folder).stdout == ""


def test_the_same_again_is_unchanged_and_not_written(folder: Path) -> None:
    file = folder / "upstreams/petstore.yaml"
    before = file.stat().st_mtime_ns
    assert gloo("apply", "-f", file, "-d", folder).stdout == "Upstream/petstore unchanged\n"
    assert file.stat().st_mtime_ns == before


def test_a_change_is_configured_and_leaves_comments_alone(folder: Path, tmp_path: Path) -> None:
    change = tmp_path / "change.txt"
    change.write_text(PETSTORE.replace("8081", "9000").replace("# where the pets are\n", ""))
    said = gloo("apply", "-f", change, "-d", folder).stdout
    assert said == "Upstream/petstore configured (upstreams/petstore.yaml)\n"
    assert (folder / "upstreams/petstore.yaml").read_text() == PETSTORE.replace("8081", "9000")


def test_a_bundle_is_applied_object_by_object(tmp_path: Path) -> None:
    bundle = '{"upstreams": [{"name": "a", "type": "service"}, {"name": "b", "type": "service"}]}'
    said = gloo("apply", "-f", "-", "-d", tmp_path, stdin=bundle).stdout
    assert [line.split()[:2] for line in said.splitlines()] == [["Upstream/a", "created"], ["Upstream/b", "created"]]


def test_one_object_that_can_not_be_read_refuses_all_with_every_place(folder: Path) -> None:
    text = TWO + "  extension: {}\n---\nname: Bad\ntype: service\n"
    said = gloo("apply", "-f", "-", "-d", folder, stdin=text, status=1).stderr
    assert "(standard input):16: VirtualService/default: routes[0].extension: unknown field" in said
    assert "(standard input):18: Upstream/Bad: name: 'Bad' is not allowed" in said
    assert not (folder / "virtual_services").exists()


def test_text_that_is_not_yaml_is_refused_with_its_line(folder: Path) -> None:
    assert (
        "(standard input):1: is neither YAML nor JSON"
        in gloo("apply", "-f", "-", "-d", folder, stdin="a: [\n", status=1).stderr
    )


def test_an_object_given_twice_is_refused(folder: Path) -> None:
    said = gloo("apply", "-f", "-", "-d", folder, stdin=PETSTORE + "---\n" + PETSTORE, status=1).stderr
    assert "(standard input):13: Upstream/petstore: is given twice" in said


def test_nothing_to_apply_is_refused(folder: Path) -> None:
    assert "holds no objects" in gloo("apply", "-f", "-", "-d", folder, stdin="", status=1).stderr


def test_a_missing_file_is_wrong_use(folder: Path) -> None:
    assert "none.yaml can't be read" in gloo("apply", "-f", "none.yaml", "-d", folder, status=2).stderr


def test_what_is_left_to_mend_is_told_after_the_change(folder: Path) -> None:
    text = "name: default\nroutes:\n- {request_matcher: {path_prefix: /}, single_destination: {upstream: {name: x}}}\n"
    result = gloo("apply", "-f", "-", "-d", folder, stdin=text)
    assert "created" in result.stdout
    assert f"{folder}/virtual_services/default.yaml:7: VirtualService/default: routes[0]" in result.stderr


def test_a_status_in_what_is_applied_is_not_written(folder: Path) -> None:
    gloo("apply", "-f", "-", "-d", folder, stdin=TWO + "status: {state: Accepted}\n")
    assert "status" not in parse_text((folder / "virtual_services/default.yaml").read_text())[0]
