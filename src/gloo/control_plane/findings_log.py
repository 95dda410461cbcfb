"""The log of findings: each is told when it is new, and its end is told too."""

from collections.abc import Iterable

import structlog

from gloo.control_plane.reader import Reading
from gloo.model.status import Problem, State
from gloo.translator.bugs import Bug
from gloo.translator.reports import Reports

_log = structlog.get_logger("gloo.control_plane")


def log_reports(reports: Reports, before: Reports, of_files: tuple[Problem, ...] = ()) -> None:
    """Log the verdicts that differ from those *before*: all that is wrong, or that nothing is wrong any more.

    What is wrong with files as a whole is not told once more on each object.
    """
    for ref, status in reports.items():
        known = before.get(ref)
        if status == known:
            continue
        for problem in (each for each in status.problems if each not in of_files):
            _log.warning(f"{ref}: {problem}", state=status.state.value)
        if known is not None and known.problems and status.state is State.ACCEPTED and not status.problems:
            _log.info(f"{ref}: {status.state.value}")


def log_problems(reading: Reading, before: Reading | None) -> None:
    """Log what is wrong with files as a whole and was not so *before*."""
    for problem in reading.problems:
        if before is None or problem not in before.problems:
            _log.warning(str(problem))


def log_bugs(bugs: Iterable[Bug]) -> None:
    """Log *bugs* with all that is known of them; without their words, which may hold a secret."""
    for bug in bugs:
        at = " > ".join(bug.frames)
        _log.error(f"a bug in gloo, reported on {bug.ref}", bug=bug.reference, error=bug.kind, at=at)
