"""gloo test: the tests beside a configuration."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from gloo.cli.folder import folder_argument, settings_for
from gloo.cli.output import note, output_option, show

if TYPE_CHECKING:
    from gloo.cli.verdicts import Verdict

EXAMPLE = """\b
Example:
  $ cat shop/tests/pets.yaml
  name: a pet by its path
  request: {path: /pet/7}
  upstream_response: {json: {name: Momo}}
  expect:
    upstream_request: {method: GET, path: /pets/7}
    response: {status: 200, json: {name: Momo}}
  $ gloo test shop"""


@click.command("test", epilog=EXAMPLE)
@folder_argument
@click.option("--envoy", "with_envoy", is_flag=True, help="Ask a throw-away Envoy too; both must agree.")
@click.option("--junit", metavar="FILE", type=click.Path(dir_okay=False), help="Write the results as JUnit XML too.")
@output_option("text", "json")
def command(*, directory: str | None, with_envoy: bool, junit: str | None, output: str) -> None:
    """Run the tests in DIR/tests/*.yaml against the configuration in DIR.

    A test says a request and what is to become of it: the route, the destination, the request that the upstream gets,
    and, where it says what the upstream answers, what the client gets. Nothing is started, unless --envoy is given:
    then every request goes through an Envoy as well, with stand-ins for the upstreams. The exit status is 1 when a test
    fails.
    """
    from gloo.cli.verdicts import junit_xml, run_tests, verdict_json, verdict_text

    settings = settings_for(directory)
    verdicts = run_tests(Path(settings.dir), settings, with_envoy=with_envoy)
    if output == "json":
        show([verdict_json(each) for each in verdicts], output)
    else:
        for each in verdicts:
            click.echo(verdict_text(each))
    if junit is not None:
        Path(junit).write_text(junit_xml(verdicts), encoding="utf-8")
    note(_summary(settings.dir, verdicts))
    if not verdicts or any(each.failures for each in verdicts):
        click.get_current_context().exit(1)


def _summary(folder: str, verdicts: tuple["Verdict", ...]) -> str:
    from gloo.cli.findings import count

    if not verdicts:
        return f"{folder}/tests holds no tests"
    failed = sum(bool(each.failures) for each in verdicts)
    return f"{folder}: {count(len(verdicts), 'test')}, {failed or 'none'} failed"
