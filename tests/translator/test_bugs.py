"""A bug is told by what it is and where it happened, and not by its words."""

from gloo.translator.bugs import Bug, bug_in, new_bugs


def boom() -> Exception:
    try:
        raise ValueError("hidden")
    except ValueError as error:
        return error


def test_a_bug_has_a_place_and_a_reference_but_no_words() -> None:
    bug, problem = bug_in("Upstream/a", boom(), at="spec")
    assert (bug.ref, bug.kind) == ("Upstream/a", "ValueError")
    assert bug.frames[-1].endswith(" boom")
    assert (problem.field, problem.problem) == ("spec", "a bug in gloo: ValueError at an unknown place")
    assert bug.reference in problem.hint
    assert "hidden" not in repr((bug, problem))


def test_a_bug_is_new_once() -> None:
    known: set[Bug] = set()
    first, again = bug_in("Upstream/a", boom())[0], bug_in("Upstream/a", boom())[0]
    other = bug_in("Upstream/b", boom())[0]
    assert list(new_bugs([first], known)) == [first]
    assert list(new_bugs([again, other], known)) == [other]
