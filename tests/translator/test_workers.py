"""Processes of upstreams, and verdicts on what they say."""

from tests.support.translating import config_of, translated

from gloo.model.status import Problem, State
from gloo.translator.workers import with_findings, with_problems

LOCAL = "name: a\ntype: local\nspec: {module: a.py}\n"
FOUND = {"a": (Problem(field="spec.module", problem="is bad"),), "gone": (Problem(problem="x"),)}


def test_a_finding_becomes_a_verdict_with_its_line_and_one_on_an_upstream_that_is_gone_does_not() -> None:
    translation = translated(LOCAL)
    reports = with_findings(translation.reports, FOUND, config=config_of(LOCAL), workers=translation.workers)
    assert reports.keys() == {"Upstream/a"}
    assert (reports["Upstream/a"].state, reports["Upstream/a"].problems[0].line) == (State.REJECTED, 3)


def test_without_findings_the_verdicts_stay_the_same_object() -> None:
    translation = translated(LOCAL)
    assert with_findings(translation.reports, {}, config=config_of(LOCAL), workers={}) is translation.reports


def test_what_a_verdict_tells_already_is_not_told_twice() -> None:
    translation, config = translated(LOCAL), config_of(LOCAL)
    once = with_problems(translation.reports, FOUND, config)
    assert len(with_problems(once, FOUND, config)["Upstream/a"].problems) == 1
