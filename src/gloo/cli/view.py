"""A folder's objects with the verdicts on them: from the gateway that runs there, else from an offline translation."""

import time
from collections.abc import Mapping
from pathlib import Path

from gloo.cli.output import note
from gloo.control_plane.offline import Offline, translate_settings
from gloo.control_plane.settings import Settings, state_folder
from gloo.control_plane.state import RunningGateway, read_statuses
from gloo.model.base import Value
from gloo.model.codec import ConfigObject
from gloo.model.path import Path as FieldPath
from gloo.model.path import parse_path
from gloo.model.status import Problem, State, Status

_UNJUDGED = Status(state=State.PENDING, reason="the running gateway has not judged it yet")


class View(Value, frozen=True):
    """What `gloo get` shows; *now* is in seconds since 1970."""

    settings: Settings
    offline: Offline
    statuses: Mapping[str, Status]
    problems: tuple[Problem, ...]
    running: RunningGateway | None
    now: float

    @property
    def folder(self) -> Path:
        return Path(self.settings.dir)

    def status(self, item: ConfigObject) -> Status:
        """Return the verdict on *item*."""
        return self.statuses.get(item.ref, _UNJUDGED)

    def part(self, item: ConfigObject, at: FieldPath) -> Status:
        """Return the verdict on a part of *item*: what was found at the path *at* or below it."""
        whole = self.status(item)
        found = tuple(each for each in whole.problems if parse_path(each.field)[: len(at)] == at)
        serious = [each for each in found if not each.warning]
        if item.ref not in self.statuses:
            return whole
        if not serious:
            return Status(state=State.ACCEPTED, problems=found)
        state = State.PENDING if all(each.pending for each in serious) else State.REJECTED
        return Status(state=state, reason="; ".join(_told(each) for each in serious), problems=found)


def view_of(settings: Settings) -> View:
    """Read a folder and the verdicts on it; say on standard error whose verdicts they are, and what can't be read."""
    folder = Path(settings.dir)
    offline = translate_settings(settings)
    recorded = read_statuses(state_folder(settings))
    if recorded.running is None:
        note(f"no gateway runs on {folder}: states are what an offline translation says")
        statuses, problems = offline.translation.reports, offline.problems
    else:
        statuses, problems = recorded.statuses, recorded.problems
    for problem in problems:
        note(f"{folder / problem.file}:{problem.line or 1}: {problem.problem}" if problem.file else str(problem))
    return View(settings, offline, statuses, problems, recorded.running, time.time())


def _told(problem: Problem) -> str:
    hint = f" ({problem.hint})" if problem.hint else ""
    reference = f" [x-gloo-error {problem.reference}]" if problem.reference else ""
    return f"{problem.problem}{hint}{reference}"
