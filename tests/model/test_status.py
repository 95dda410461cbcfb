"""Verdicts: what became of an object the user wrote."""

from gloo.model.status import Problem, State, Status


def test_a_problem_reads_as_place_field_fact_hint_and_reference() -> None:
    problem = Problem(
        field="spec.region",
        problem="'europe' is no region",
        hint="e.g. eu-west-1",
        file="a.yaml",
        line=7,
        reference="ab12",
    )
    assert str(problem) == "a.yaml:7: spec.region: 'europe' is no region (e.g. eu-west-1) [x-gloo-error ab12]"


def test_a_problem_of_the_whole_object_has_no_field() -> None:
    assert str(Problem(problem="is empty")) == "is empty"


def test_an_object_waits_until_it_has_a_verdict() -> None:
    assert Status().state is State.PENDING


def test_the_states_have_the_names_of_2018() -> None:
    assert [state.value for state in State] == ["Pending", "Accepted", "Rejected"]
