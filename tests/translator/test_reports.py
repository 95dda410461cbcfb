"""Verdicts on the objects of one translation."""

from gloo.errors import ConfigError, MissingReference, TemplateError
from gloo.model.status import Problem, State
from gloo.translator.reports import problem_of, reference_of, status_of

PENDING, WRONG, WARNING = Problem(problem="p", pending=True), Problem(problem="w"), Problem(problem="?", warning=True)


def test_the_gravest_problem_makes_the_verdict() -> None:
    assert status_of(()).state is State.ACCEPTED
    assert status_of((WARNING,)).state is State.ACCEPTED
    assert status_of((WARNING, PENDING)).state is State.PENDING
    assert status_of((PENDING, WRONG)).state is State.REJECTED


def test_a_verdict_gives_its_reasons_but_no_warnings() -> None:
    assert status_of((Problem(field="a.b", problem="is wrong"), WRONG, WARNING)).reason == "a.b: is wrong; w"


def test_a_problem_stands_below_the_place_it_was_found_at() -> None:
    assert problem_of(ConfigError("", "[0].port", "x", "h"), "hosts") == Problem(
        field="hosts[0].port", problem="x", hint="h"
    )
    assert problem_of(MissingReference("", "", "x"), "at").pending
    template = problem_of(TemplateError("body", "x", line=2, column=3), "spec")
    assert (template.field, template.problem) == ("spec.body", "line 2, column 3: x")


def test_a_reference_tells_faults_apart_and_says_nothing_itself() -> None:
    one = reference_of("Upstream/a", WRONG)
    assert one == reference_of("Upstream/a", WRONG)
    assert one != reference_of("Upstream/b", WRONG)
    assert len(one) == 8
