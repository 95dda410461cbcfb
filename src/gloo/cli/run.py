"""gloo run: the gateway of a folder."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from gloo.cli.folder import settings_for
from gloo.cli.setting_options import setting_options
from gloo.control_plane.settings import Settings

if TYPE_CHECKING:
    from gloo.control_plane.state import RunningGateway

EXAMPLE = """\b
Examples:
  gloo run shop
  gloo run shop --http-port 9090 --bind 127.0.0.1
  GLOO_LOG_FORMAT=json gloo run --settings /etc/gloo/settings.yaml"""


@click.command("run", epilog=EXAMPLE)
@click.argument("directory", metavar="[DIR]", required=False)
@setting_options("dir")
def command(*, directory: str | None, settings_file: str | None, **flags: Any) -> None:
    """Run the gateway of a folder until Ctrl-C.

    DIR holds upstreams/*.yaml, virtual_services/*.yaml, secrets/, or *.yaml with lists of them; changes are live
    within a second. Each option can also be given by the variable in brackets, or by its name in the settings file;
    a flag beats a variable, a variable beats the file.
    """
    import asyncio

    from gloo.cli.logs import configure_logs
    from gloo.control_plane.app import run_gateway

    settings = settings_for(directory, flags, file=settings_file)
    configure_logs(settings)
    asyncio.run(run_gateway(settings, on_ready=ready_line(settings)))


def ready_line(settings: Settings) -> Callable[["RunningGateway"], None]:
    """Return what prints the one line that says where the gateway is to be found."""

    def tell(running: "RunningGateway") -> None:
        addresses = " and ".join(address for address in (running.http, running.https) if address)
        click.echo(f"gloo is ready: {addresses}, configuration in {settings.dir} (Ctrl-C stops it)")

    return tell
