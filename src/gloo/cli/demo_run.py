"""Running the demo: the petstore, the gateway, and the words of welcome."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import click

from gloo.cli.demo_folder import known_port, make_demo_folder, set_port
from gloo.control_plane.app import run_gateway
from gloo.control_plane.settings import Settings
from gloo.control_plane.state import RunningGateway
from gloo.demo.child import running_petstore
from gloo.errors import ProxyError
from gloo.proxy.ports import check_free

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


async def run_demo(settings: Settings, *, fresh: bool) -> None:
    """Run petstore and gateway until SIGINT or SIGTERM; a *fresh* folder is filled. Raises as `run_gateway`."""
    bind = check_free(settings.bind, settings.http_port, flag="--http-port")
    check_free(bind, settings.https_port, flag="--https-port")
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
