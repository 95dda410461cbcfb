"""gloo demo: a gateway with a petstore behind it, to try things out."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import click

from gloo.cli.demo_folder import is_fresh, known_port, make_demo_folder, set_port
from gloo.cli.folder import settings_for
from gloo.cli.logs import configure_logs
from gloo.cli.setting_options import setting_options
from gloo.control_plane.app import run_gateway
from gloo.control_plane.settings import Settings
from gloo.control_plane.state import RunningGateway
from gloo.demo.child import running_petstore
from gloo.errors import ProxyError
from gloo.proxy.ports import check_free

EXAMPLE = "\b\nExamples:\n  gloo demo\n  gloo demo --dir playground --http-port 9090"
_FOLDER = "gloo-demo"
_INVITATION = """\
gloo is ready: {http} -> petstore on http://127.0.0.1:{port}, configuration in {folder}/

Try:
  curl {http}/pet/1
      calls the function get_pet of the petstore with the id from the path
  curl {http}/adopt -d '{{"name": "Momo \\"the cat\\""}}'
      builds the function's body from yours; values can't break out of their place
  curl -i {http}/store/pets/2
      goes to the petstore as it is, without a function

Edit {folder}/virtual_services/default.yaml: changes are live at once. Ctrl-C ends it all."""


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
    folder = Path(directory)
    if fresh := is_fresh(folder):
        folder.mkdir(parents=True, exist_ok=True)
    settings = settings_for(directory, flags, file=settings_file)
    configure_logs(settings)
    check_free(
        check_free(settings.bind, settings.http_port, flag="--http-port"), settings.https_port, flag="--https-port"
    )
    asyncio.run(_run(settings, fresh=fresh))


async def _run(settings: Settings, *, fresh: bool) -> None:
    async with _petstore(Path(settings.dir), fresh=fresh) as port:
        await run_gateway(settings, on_ready=_invite(settings, port))


@asynccontextmanager
async def _petstore(folder: Path, *, fresh: bool) -> AsyncIterator[int]:
    """Run the petstore where the configuration expects it, or tell the configuration where it runs."""
    expected = 0 if fresh else await known_port(folder)
    async with AsyncExitStack() as stack:
        try:
            port = await stack.enter_async_context(running_petstore(expected))
        except ProxyError:
            if not expected:
                raise
            port = await stack.enter_async_context(running_petstore())  # another program has that port today
        if fresh:
            make_demo_folder(folder, port)
        elif expected and port != expected:
            await set_port(folder, port)
        yield port


def _invite(settings: Settings, port: int) -> Callable[[RunningGateway], None]:
    def tell(running: RunningGateway) -> None:
        click.echo(_INVITATION.format(http=running.http, port=port, folder=settings.dir.rstrip("/")))

    return tell
