"""gloo check: all that is wrong with a folder, without running it."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from gloo.cli.folder import folder_argument, settings_for
from gloo.cli.output import note, output_option, show

if TYPE_CHECKING:
    from gloo.cli.findings import Finding
    from gloo.control_plane.offline import Offline

EXAMPLE = """\b
Example:
  $ gloo check shop
  shop/upstreams/pets.yaml:2: Upstream/pets: type: 'servce' is no upstream type (did you mean 'service'?)"""


@click.command("check", epilog=EXAMPLE)
@folder_argument
@output_option("text", "json")
@click.option("--strict", is_flag=True, help="Count warnings as findings.")
def command(directory: str | None, output: str, strict: bool) -> None:
    """Check a folder without running it: every finding with file and line.

    The exit status is 0 when there is nothing to mend, 1 with findings, 2 when the command is used wrongly. Warnings
    are listed, but do not count.
    """
    from gloo.cli.discovered import tell_discovered
    from gloo.cli.findings import findings_of
    from gloo.control_plane.offline import translate_settings

    settings = settings_for(directory)
    folder = Path(settings.dir)
    offline = translate_settings(settings)
    findings = findings_of(offline)
    if output == "json":
        show([finding.json(folder) for finding in findings], output)
    else:
        for finding in findings:
            click.echo(finding.text(folder))
    tell_discovered(offline)
    note(_summary(settings.dir, offline, findings))
    if any(strict or not finding.problem.warning for finding in findings):
        click.get_current_context().exit(1)


def _summary(folder: str, offline: "Offline", findings: tuple["Finding", ...]) -> str:
    from gloo.cli.findings import count

    upstreams = count(len(offline.config.upstreams), "upstream")
    services = count(len(offline.config.virtual_services), "virtual service")
    serious = sum(not finding.problem.warning for finding in findings)
    warnings = f", {count(len(findings) - serious, 'warning')}" if serious < len(findings) else ""
    return f"{folder}: {upstreams}, {services}, {count(serious, 'finding')}{warnings}"
