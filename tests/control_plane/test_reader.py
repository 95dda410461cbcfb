"""States of a store become objects, at the cost of what changed; a broken document spoils only itself."""

from gloo.control_plane.reader import ConfigReader
from gloo.model.source import Document
from gloo.storage.base import DocumentProblem, State

ONE = Document("upstreams/a.yaml", "name: a\ntype: service", "Upstream")
TWO = Document("upstreams/b.yaml", "name: b\ntype: service", "Upstream")
BROKEN = Document("upstreams/a.yaml", "name: [", "Upstream")


def test_an_unchanged_document_keeps_its_objects() -> None:
    reader = ConfigReader()
    first = reader.read(State((ONE, TWO)))
    changed = Document(TWO.name, TWO.text + "\nspec: {}", TWO.kind)

    second = reader.read(State((ONE, changed)))

    assert second.objects[0] is first.objects[0]
    assert second.objects[1] is not first.objects[1]


def test_what_a_broken_document_held_goes_on_and_the_fault_has_its_line() -> None:
    reader = ConfigReader()
    reader.read(State((ONE, TWO)))

    reading = reader.read(State((BROKEN, TWO)))

    assert [item.name for item in reading.objects] == ["a", "b"]
    assert [(problem.file, problem.line) for problem in reading.problems] == [("upstreams/a.yaml", 1)]
    assert "the last good form stays in force" in reading.problems[0].hint


def test_a_document_that_was_never_good_holds_nothing() -> None:
    reading = ConfigReader().read(State((BROKEN, TWO)))

    assert [item.name for item in reading.objects] == ["b"]
    assert "nothing of it is used" in reading.problems[0].hint


def test_the_last_good_form_of_an_earlier_run_goes_on() -> None:
    before = ConfigReader()
    good = before.read(State((ONE,))).good

    reading = ConfigReader(good).read(State((BROKEN,)))

    assert [item.name for item in reading.objects] == ["a"]
    assert reading.good[ONE.name].text == ONE.text


def test_a_broken_document_stays_broken_and_kept_however_often_it_is_read() -> None:
    reader = ConfigReader()
    reader.read(State((ONE,)))

    for _ in range(3):
        reading = reader.read(State((BROKEN,)))

    assert [item.name for item in reading.objects] == ["a"]
    assert len(reading.problems) == 1


def test_a_removed_document_takes_its_objects_with_it() -> None:
    reader = ConfigReader()
    reader.read(State((ONE, TWO)))

    reading = reader.read(State(()))

    assert (reading.objects, dict(reading.good)) == ((), {})


def test_what_the_store_says_of_a_file_is_passed_on() -> None:
    reading = ConfigReader().read(State((), (DocumentProblem("x.yaml", "is not UTF-8 text", "save it as UTF-8"),)))

    assert str(reading.problems[0]) == "x.yaml:1: is not UTF-8 text (save it as UTF-8)"
