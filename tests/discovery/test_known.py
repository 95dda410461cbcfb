"""What is known of an upstream follows its answers, and outlives its failures."""

from tests.discovery.upstreams import faas, has

from gloo.discovery.known import Known, answered, failed
from gloo.errors import ConfigError, DiscoveryError, MissingReference

FAAS = faas()


def names(known: Known) -> list[str]:
    return [function.name for function in known.functions]


def texts(known: Known) -> list[str]:
    return [problem.problem for problem in known.problems]


def test_an_answer_is_all_that_is_known_in_the_order_of_names() -> None:
    first = answered(FAAS, None, has("b", "a"), now=1)
    assert names(first) == ["a", "b"]
    assert (first.asked, first.answered, first.failures, first.problems) == (1, 1, 0, ())
    second = answered(FAAS, first, has("c"), now=2)
    assert names(second) == ["c"]


def test_the_same_answer_is_the_same_object() -> None:
    first = answered(FAAS, None, has("b", "a"), now=1)
    assert answered(FAAS, first, has("a", "b"), now=2).functions is first.functions


def test_a_failure_keeps_what_is_known_and_is_told_without_a_time() -> None:
    first = answered(FAAS, None, has("a"), now=1)
    second = failed(FAAS, first, DiscoveryError("no answer", "look"), now=2)
    third = failed(FAAS, second, DiscoveryError("no answer", "look"), now=3)
    assert (names(third), third.asked, third.answered, third.failures) == (["a"], 3, 1, 2)
    assert second.problems == third.problems
    (problem,) = third.problems
    assert (problem.field, problem.problem, problem.warning) == ("discovery", "no answer", True)
    assert problem.hint == "look; the 1 functions that are known stay"
    assert answered(FAAS, third, has("a"), now=4).problems == ()


def test_what_only_the_user_can_mend_is_no_warning() -> None:
    (problem,) = failed(FAAS, None, ConfigError("", "spec.secret_ref", "has no key", "or x"), now=1).problems
    assert (problem.field, problem.warning, problem.hint) == ("discovery.spec.secret_ref", False, "or x")


def test_what_does_not_exist_yet_is_a_warning() -> None:
    (problem,) = failed(FAAS, None, MissingReference("", "spec.secret_ref", "there are no keys"), now=1).problems
    assert problem.warning


def test_what_did_not_answer_is_kept_and_told() -> None:
    first = answered(FAAS, None, has("a", "b"), now=1)
    second = answered(FAAS, first, has("a", "c", silent=("us-east1",)), now=2)
    assert names(second) == ["a", "b", "c"]
    assert texts(second) == ["us-east1 did not answer; what was known of it stays"]
    assert names(answered(FAAS, second, has("a", "c"), now=3)) == ["a", "c"]


def test_more_functions_than_are_wanted_are_cut_off_and_told() -> None:
    known = answered(faas(most=2), None, has("c", "a", "b"), now=1)
    assert (names(known), texts(known)) == (["a", "b"], ["it has more than 2 functions, the others are left out"])
    assert all(problem.warning for problem in known.problems)


def test_what_can_not_be_called_is_told_up_to_a_number() -> None:
    known = answered(FAAS, None, has(left_out=tuple(f"f{index}: odd" for index in range(7))), now=1)
    assert texts(known)[0] == "a function is left out: f0: odd"
    assert texts(known)[-1] == "2 more functions are left out"
    assert len(known.problems) == 6
