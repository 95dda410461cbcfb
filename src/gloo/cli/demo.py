"""gloo demo: a gateway with a petstore behind it, to try things out."""

from pathlib import Path
from typing import Any

import click

from gloo.cli.folder import settings_for
from gloo.cli.setting_options import setting_options

EXAMPLE = "\b\nExamples:\n  gloo demo\n  gloo demo --dir playground --http-port 9090"
_FOLDER = "gloo-demo"


@click.command("demo", epilog=EXAMPLE)
@click.option(
    "--dir",
    "directory",
    metavar="DIR",
    default=_FOLDER,
    show_default=True,
    help="Where the demo's configuration is made; what is there already stays as it is.",
)
@setting_options("dir")
def command(*, directory: str, settings_file: str | None, **flags: Any) -> None:
    """Run the gateway with a small petstore behind it, to try it out.

    Makes a folder with an upstream, its functions and routes to them, starts a petstore and the gateway, and prints
    what to try. The folder is yours then: edit it, and run the demo again. Nothing but the demo's own petstore and
    Envoy is started; both end with it.
    """
    import asyncio

    from gloo.cli.demo_folder import is_fresh
    from gloo.cli.demo_run import run_demo
    from gloo.cli.logs import configure_logs

    folder = Path(directory)
    if fresh := is_fresh(folder):
        folder.mkdir(parents=True, exist_ok=True)
    settings = settings_for(directory, flags, file=settings_file)
    configure_logs(settings)
    asyncio.run(run_demo(settings, fresh=fresh))
