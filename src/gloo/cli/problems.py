"""Problems as `gloo get` shows them, and what an x-gloo-error reference means."""

from collections.abc import Iterator
from pathlib import Path

from gloo.cli.findings import Finding, excerpt
from gloo.cli.listing import Entry
from gloo.cli.view import View

PROBLEM_HEADERS = ("REFERENCE", "OBJECT", "FIELD", "PLACE", "PROBLEM")


def problems(view: View) -> Iterator[Entry]:
    """Yield all problems; one that clients can see is called by its reference."""
    found = [Finding("", problem) for problem in view.problems]
    found += [Finding(ref, problem) for ref, status in view.statuses.items() for problem in status.problems]
    for finding in sorted(found, key=lambda each: (each.place, each.ref, each.problem.field)):
        problem = finding.problem
        place = f"{view.folder / problem.file}:{problem.line or 1}" if problem.file else ""
        said = f"{problem.problem} ({problem.hint})" if problem.hint else problem.problem
        row = (problem.reference, finding.ref, problem.field, place, said)
        yield Entry(problem.reference, row, finding.json(view.folder), finding.ref, excerpt(problem))


def explain(entry: Entry, folder: Path) -> str:
    """Return in full what *entry* means for a client and for the author."""
    told = entry.value
    lines = [
        f"{told['object'] or 'the folder'}: {told['field']}" if told["field"] else str(told["object"]),
        f"  problem: {told['problem']}",
        *entry.below,
        f"  hint:    {told['hint']}" if told["hint"] else "",
        f"  place:   {told['file']}:{told['line'] or 1}" if told["file"] else "",
        f"  effect:  its requests are answered 500 with x-gloo-error: {told['reference']}" if told["reference"] else "",
        f"  check:   gloo check {folder}",
    ]
    return "\n".join(line for line in lines if line)
