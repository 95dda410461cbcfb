"""gloo lint: the routes of a folder that no request can reach."""

from pathlib import Path

import click

from gloo.cli.folder import folder_argument, settings_for
from gloo.cli.output import note, output_option, show

EXAMPLE = """\b
Example:
  $ gloo lint shop
  shop/virtual_services/web.yaml:9: VirtualService/web: routes[2]: warning: can never be reached: routes[0] ..."""


@click.command("lint", epilog=EXAMPLE)
@folder_argument
@output_option("text", "json")
def command(directory: str | None, output: str) -> None:
    """Name the routes that no request can reach.

    Each stands with the earlier ones that take its requests. `gloo check` warns of them too, among all else. Here the
    exit status is 1 when there is one.
    """
    from gloo.cli.findings import Finding, count, sorted_findings
    from gloo.control_plane.offline import translate_settings
    from gloo.translator.shadows import shadow_warnings

    settings = settings_for(directory)
    folder = Path(settings.dir)
    orders = translate_settings(settings).translation.orders
    findings = sorted_findings(Finding(ref, each) for ref, order in orders.items() for each in shadow_warnings(order))
    if output == "json":
        show([finding.json(folder) for finding in findings], output)
    else:
        for finding in findings:
            click.echo(finding.line(folder))
    services = count(len(orders), "virtual service")
    note(f"{settings.dir}: {services}, {count(len(findings), 'route')} that nothing reaches")
    if findings:
        click.get_current_context().exit(1)
