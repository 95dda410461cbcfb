"""Processes that upstreams need on this machine, and what is found out while they run."""

from collections.abc import Mapping

from gloo.model.snapshot import ConfigSnapshot
from gloo.model.status import Problem, Status
from gloo.plugins.base import PythonWorker
from gloo.translator.reports import Reports, located, status_of
from gloo.translator.upstreams import TranslatedUpstream

Findings = Mapping[str, tuple[Problem, ...]]
"""What is wrong with running upstreams, by their names."""


def workers_of(upstreams: Mapping[str, TranslatedUpstream]) -> dict[str, PythonWorker]:
    """Return the processes that the accepted upstreams need, by name."""
    accepted = ((name, found.accepted) for name, found in upstreams.items())
    return {name: each.worker for name, each in accepted if each is not None and each.worker is not None}


def with_findings(
    reports: Reports, findings: Findings, *, config: ConfigSnapshot, workers: Mapping[str, PythonWorker]
) -> Reports:
    """Add *findings* to the verdicts of the upstreams that have a process now."""
    return with_problems(reports, {name: each for name, each in findings.items() if name in workers}, config)


def with_problems(reports: Reports, findings: Findings, config: ConfigSnapshot) -> Reports:
    """Add *findings* to the verdicts of the upstreams that exist."""
    added = {
        f"Upstream/{name}": _with(reports[f"Upstream/{name}"], located(config.upstreams[name], found))
        for name, found in findings.items()
        if found and name in config.upstreams
    }
    return {**reports, **added} if added else reports


def _with(status: Status, found: tuple[Problem, ...]) -> Status:
    """Return *status* with those of *found* that it does not tell already."""
    told = {problem.problem for problem in status.problems}
    return status_of((*status.problems, *(problem for problem in found if problem.problem not in told)))
