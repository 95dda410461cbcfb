"""gloo discover: ask upstreams for their functions, now."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from gloo.cli.folder import folder_option, settings_for
from gloo.cli.output import note, output_option, show, show_table
from gloo.errors import StorageError

if TYPE_CHECKING:
    from gloo.control_plane.discover_now import Answer
    from gloo.model.base import Json

EXAMPLE = """\b
Examples:
  gloo discover -d shop
  gloo discover faas -d shop -o json
  gloo discover faas -d shop --write"""
_HEADERS = ("FUNCTION", "UPSTREAM", "SOURCE")


@click.command("discover", epilog=EXAMPLE)
@click.argument("upstream", required=False)
@click.option("--write", is_flag=True, help="Put the functions into the files of their upstreams.")
@folder_option
@output_option("table", "json", "yaml")
def command(*, upstream: str | None, write: bool, directory: str | None, output: str) -> None:
    """Ask upstreams for their functions, now.

    Without a name those are asked that say discovery: {functions: true}; an upstream that is named is asked all the
    same. What is found is noted for gloo check and its like, unless a gateway runs on the folder, which asks by itself.
    With --write it becomes part of the upstream's file; functions that are written there stay as they are, and none
    is removed. The exit status is 1 when an upstream can't be asked.
    """
    import asyncio

    from gloo.control_plane.discover_now import discover_now, keep_answers, make_asking

    settings = settings_for(directory)
    folder = Path(settings.dir)
    answers = asyncio.run(discover_now(settings, upstream, make_asking(folder)))
    try:
        keep_answers(settings, answers)
    except StorageError as error:
        note(f"what was found is not noted: {error}")
    if output == "table":
        none = "no functions" if answers else f"{folder} holds no upstream with discovery: {{functions: true}}"
        show_table(_HEADERS, [row for answer in answers for row in _rows(answer)], none=none)
    else:
        show([_json(answer) for answer in answers], output)
    for answer in answers:
        for problem in answer.problems:
            note(f"{answer.item.ref}: {problem}")
    if write:
        from gloo.cli.discover_write import write_functions

        asyncio.run(write_functions(folder, answers))
    if any(answer.failed for answer in answers):
        click.get_current_context().exit(1)


def _rows(answer: "Answer") -> list[tuple[str, str, str]]:
    return [(each["name"], answer.item.name, each["source"]) for each in _functions(answer)]


def _functions(answer: "Answer") -> list["Json"]:
    from gloo.cli.discover_write import written_names
    from gloo.model.strict import to_builtins

    written = written_names(answer.item)
    functions = answer.known.functions if answer.known is not None else ()
    return [{**to_builtins(each), "source": "written" if each.name in written else "discovered"} for each in functions]


def _json(answer: "Answer") -> "Json":
    from gloo.model.strict import to_builtins

    return {
        "upstream": answer.item.name,
        "answered": not answer.failed,
        "functions": _functions(answer),
        "problems": [to_builtins(problem) for problem in answer.problems],
    }
