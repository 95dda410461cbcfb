"""What gloo remembers about a folder, for itself and for who asks."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from gloo.control_plane.state import (
    DATABASE,
    Remembered,
    RunningGateway,
    StateFolder,
    read_discovered,
    read_remembered,
    read_statuses,
)
from gloo.discovery.known import Known
from gloo.errors import StorageError
from gloo.model.codec import decode
from gloo.model.source import Document
from gloo.model.status import Problem, State, Status
from gloo.model.upstream import Function

REJECTED = Status(state=State.REJECTED, reason="no", problems=(Problem(field="spec", problem="no"),))
KEY = ("Upstream", "b")
DOCUMENT = Document("a.yaml", "name: a", "Upstream")


def test_verdicts_and_findings_are_read_back(tmp_path: Path) -> None:
    with StateFolder(tmp_path / ".gloo").opened() as state:
        state.record({"Upstream/a": REJECTED}, (Problem(problem="is not YAML", file="b.yaml", line=2),), {})

        recorded = read_statuses(tmp_path / ".gloo")

    assert recorded.statuses == {"Upstream/a": REJECTED}
    assert recorded.problems[0].file == "b.yaml"


def test_a_verdict_goes_with_its_object(tmp_path: Path) -> None:
    with StateFolder(tmp_path).opened() as state:
        state.record({"Upstream/a": REJECTED, "Upstream/b": Status()}, (), {})
        state.record({"Upstream/b": Status()}, (), {})

        assert list(read_statuses(tmp_path).statuses) == ["Upstream/b"]


def test_discovered_functions_are_kept_for_the_next_run_until_they_are_forgotten(tmp_path: Path) -> None:
    known = Known(question="q", functions=(Function(name="f", spec={"a": 1}),), asked=2.5, answered=1.5, failures=1)
    assert read_discovered(tmp_path) == {}
    with StateFolder(tmp_path).opened() as state:
        state.record_discovered({"a": known, "b": known})
        state.record_discovered({"a": known})
    with StateFolder(tmp_path).opened() as state:
        assert read_discovered(tmp_path) == {"a": known}
        state.record_discovered({})
        assert read_discovered(tmp_path) == {}


def test_a_state_of_an_earlier_version_knows_no_functions(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / DATABASE)) as database:
        database.execute("CREATE TABLE facts (name TEXT)")
    assert read_discovered(tmp_path) == {}


def test_what_another_version_noted_of_functions_counts_as_nothing(tmp_path: Path) -> None:
    with StateFolder(tmp_path).opened() as state:
        state.record_discovered({"a": Known(question="q")})
        with closing(sqlite3.connect(tmp_path / DATABASE)) as database, database:
            database.execute("UPDATE discovered SET known = '{\"questions\": 1}'")
        assert read_discovered(tmp_path) == {}


def test_verdicts_of_an_earlier_run_are_forgotten_and_its_good_documents_are_not(tmp_path: Path) -> None:
    with StateFolder(tmp_path).opened() as state:
        state.record({"Upstream/a": REJECTED}, (), {"a.yaml": DOCUMENT})

    with StateFolder(tmp_path).opened() as state:
        assert dict(state.remembered.documents) == {"a.yaml": DOCUMENT}
        assert read_statuses(tmp_path).statuses == {}


def test_what_the_next_run_needs_is_read_back_until_it_is_not_so_any_more(tmp_path: Path) -> None:
    bundle = Document("list.yaml", "upstreams:\n- {name: a, type: x}\n- {name: b, type: y}\n")
    forms = {(each.kind, each.name): each for each in decode(bundle)}
    with StateFolder(tmp_path).opened() as state:
        state.record({}, (), {}, forms=forms, seen={"one": 1.5, "two": 2.5}, served={"cert": "d1"})
        state.record({}, (), {}, forms={KEY: forms[KEY]}, seen={"two": 2.5}, served={"cert": "d2"})

    for _ in range(2):
        with StateFolder(tmp_path).opened() as state:
            left = state.remembered
        assert left == read_remembered(tmp_path)
        assert dict(left.forms) == {KEY: Document("list.yaml", '{"name":"b","type":"y"}', "Upstream")}
        assert (left.seen, left.served) == ({"two": 2.5}, {"cert": "d2"})

    with StateFolder(tmp_path).opened() as state:
        state.record({}, (), {})
    assert read_remembered(tmp_path) == Remembered()


def test_a_state_of_an_earlier_version_leaves_nothing_to_the_next_run(tmp_path: Path) -> None:
    assert read_remembered(tmp_path) == Remembered()
    with closing(sqlite3.connect(tmp_path / DATABASE)) as database:
        database.execute("CREATE TABLE facts (name TEXT)")
    assert read_remembered(tmp_path) == Remembered()


def test_a_gateway_is_running_for_as_long_as_it_holds_the_folder(tmp_path: Path) -> None:
    gateway = RunningGateway(pid=os.getpid(), http="http://localhost:8080")
    with StateFolder(tmp_path).opened() as state:
        state.record_running(gateway)
        assert read_statuses(tmp_path).running == gateway

    assert read_statuses(tmp_path).running is None


def test_a_second_gateway_is_told_who_holds_the_folder(tmp_path: Path) -> None:
    second = StateFolder(tmp_path)
    with (
        StateFolder(tmp_path).opened(),
        pytest.raises(StorageError, match=f"process {os.getpid()}"),
        second.opened(),
    ):
        pass


def test_a_folder_without_any_run_has_nothing_recorded(tmp_path: Path) -> None:
    assert read_statuses(tmp_path / "none").statuses == {}


def test_the_folder_hides_itself_from_version_control_and_from_others(tmp_path: Path) -> None:
    folder = tmp_path / ".gloo"
    with StateFolder(folder).opened():
        assert (folder / ".gitignore").read_text() == "*\n"
        assert folder.stat().st_mode & 0o777 == 0o700


def test_a_spoilt_database_is_named_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / DATABASE).write_bytes(b"no database at all, but long enough to be looked at" * 100)

    with pytest.raises(StorageError, match="removed"), StateFolder(tmp_path).opened():
        pass
    with pytest.raises(StorageError, match="can't be read"):
        read_statuses(tmp_path)


def test_a_place_that_can_not_be_made_is_named_with_the_flag(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(StorageError, match="--state-dir"), StateFolder(tmp_path / "file" / "state").opened():
        pass
