"""Running the tests of a folder, and what came of each."""

import asyncio
import tempfile
from collections.abc import Sequence
from http.client import HTTPException
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from gloo.cli.explain import tables_for
from gloo.cli.trial import Trial, running_trial
from gloo.control_plane.settings import Settings
from gloo.errors import ConfigError, StorageError
from gloo.explain.answer import Explanation, explain
from gloo.explain.cases import PlacedCase, answer_in, read_cases, request_in
from gloo.explain.judging import Seen, differences, disagreements, seen_offline
from gloo.explain.lua_run import Answer, FunctionRuntime
from gloo.explain.request import Request
from gloo.explain.responding import answered
from gloo.explain.tables import Tables
from gloo.explain.token_form import claims_of
from gloo.explain.tokens import token_in
from gloo.model.base import Json, Value, replace
from gloo.model.source import Document
from gloo.model.status import Problem

FOLDER = "tests"


class Verdict(Value, frozen=True):
    """What came of one test; it holds when there are no failures.

    Args:
        skipped: why Envoy was not asked.
    """

    name: str
    file: str
    line: int
    failures: tuple[str, ...] = ()
    skipped: str = ""


class _Judged(Value, frozen=True):
    """A verdict, and what Envoy is asked for another, with what the upstream answers in `answer`.

    `fetched` is whose keys Envoy would have to fetch for that.
    """

    verdict: Verdict
    request: Request | None = None
    answer: Answer | None = None
    seen: Seen | None = None
    fetched: str = ""


def run_tests(folder: Path, settings: Settings, *, with_envoy: bool) -> tuple[Verdict, ...]:
    """Run the tests of *folder*, in the order of files and lines.

    Raises:
        StorageError: the configuration or a test can't be read.
        ProxyError: *with_envoy*, and Envoy can't be run.
    """
    tables, runtime = tables_for(settings), FunctionRuntime()
    cases, problems = _cases(folder)
    broken = [Verdict(each.field or "unreadable", each.file, each.line, (_told(each),)) for each in problems]
    judged = [_judge(each, tables, runtime) for each in cases]
    if with_envoy:
        judged = asyncio.run(_with_envoy(judged, tables, settings))
    return tuple(sorted((*broken, *(each.verdict for each in judged)), key=lambda each: (each.file, each.line)))


def _told(problem: Problem) -> str:
    return f"{problem.problem} ({problem.hint})" if problem.hint else problem.problem


def _cases(folder: Path) -> tuple[list[PlacedCase], list[Problem]]:
    cases: list[PlacedCase] = []
    problems: list[Problem] = []
    for file in sorted((folder / FOLDER).glob("*.y*ml")):
        try:
            text = file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise StorageError(f"{file} can't be read: {error}") from error
        found, faults = read_cases(Document(str(file), text))
        cases += found
        problems += faults
    return cases, problems


def _judge(placed: PlacedCase, tables: Tables, runtime: FunctionRuntime) -> _Judged:
    verdict = Verdict(placed.case.name, placed.file, placed.line)
    try:
        request, answer = request_in(placed.case), answer_in(placed.case)
    except ConfigError as error:
        return _Judged(replace(verdict, failures=(str(error),)))
    found = explain(request, tables, runtime)
    found = found if answer is None else answered(found, answer, tables, runtime)
    seen = seen_offline(found)
    failures = tuple(str(each) for each in differences(placed.case.expect, seen))
    return _Judged(replace(verdict, failures=failures), request, answer, seen, _fetched(found, tables))


def _fetched(found: Explanation, tables: Tables) -> str:
    """Return who issued a token in the request by keys that Envoy fetches; empty for nobody."""
    jwt = tables.jwt(found.service) if found.service else None
    if jwt is None or found.chosen is None or found.chosen.demand is None:
        return ""
    for name in found.chosen.demand.providers:
        provider = jwt.providers[name]
        token = token_in(found.request, provider) if provider.jwks.url is not None else None
        if token is not None and (claims_of(token) or {}).get("iss") == provider.issuer:
            return name
    return ""


async def _with_envoy(judged: Sequence[_Judged], tables: Tables, settings: Settings) -> list[_Judged]:
    """Ask Envoy as well; where it does not do what was said offline, the test fails."""
    from gloo.cli.logs import configure_logs

    configure_logs(Settings(log_level="error"))
    with tempfile.TemporaryDirectory(prefix="gloo-test-") as place:
        async with running_trial(tables.config, settings, Path(place)) as trial:
            return [await _asked(each, trial) for each in judged]


async def _asked(judged: _Judged, trial: Trial) -> _Judged:
    if judged.request is None or judged.seen is None:
        return judged
    if judged.request.scheme == "https":
        return replace(judged, verdict=replace(judged.verdict, skipped="Envoy is not asked over TLS"))
    if judged.fetched:
        skipped = f"nothing stands in for the keys of {judged.fetched}"
        return replace(judged, verdict=replace(judged.verdict, skipped=skipped))
    named = {each.destination.partition("/")[0] for each in judged.seen.passages if each.sent is not None}
    if unknown := sorted(named - trial.upstreams.keys()):
        return replace(judged, verdict=replace(judged.verdict, skipped=f"nothing stands in for {unknown[0]}"))
    try:
        unlike = disagreements(judged.seen, await trial.ask(judged.request, judged.answer))
        told = tuple(f"Envoy does otherwise: {each}" for each in unlike)
    except (OSError, HTTPException) as error:
        told = (f"Envoy gives no whole answer: {error}",)
    failures = (*judged.verdict.failures, *told)
    return replace(judged, verdict=replace(judged.verdict, failures=failures))


def verdict_text(verdict: Verdict) -> str:
    """Return *verdict* for people: a line, and one more for each failure."""
    sign = "FAIL" if verdict.failures else "ok  "
    skipped = f" ({verdict.skipped})" if verdict.skipped else ""
    first = f"{sign}  {verdict.file}:{verdict.line}: {verdict.name}{skipped}"
    return "\n".join((first, *(f"      {failure}" for failure in verdict.failures)))


def verdict_json(verdict: Verdict) -> Json:
    """Return *verdict* for programs."""
    return {
        "name": verdict.name,
        "file": verdict.file,
        "line": verdict.line,
        "passed": not verdict.failures,
        "failures": list(verdict.failures),
        "skipped": verdict.skipped,
    }


def junit_xml(verdicts: Sequence[Verdict]) -> str:
    """Return *verdicts* in the form that CI systems read."""
    failed = sum(bool(each.failures) for each in verdicts)
    cases = "".join(map(_junit_case, verdicts))
    return f'<testsuite name="gloo" tests="{len(verdicts)}" failures="{failed}">\n{cases}</testsuite>\n'


def _junit_case(verdict: Verdict) -> str:
    place = f"classname={quoteattr(verdict.file)} line={quoteattr(str(verdict.line))}"
    told = escape("\n".join(verdict.failures))
    inner = f'<failure message="not as expected">{told}</failure>' if told else ""
    return f"  <testcase name={quoteattr(verdict.name)} {place}>{inner}</testcase>\n"
