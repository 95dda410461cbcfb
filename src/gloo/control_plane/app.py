"""A gateway on one machine: the control loop, its xDS server and one Envoy, from start to stop."""

import asyncio
import gc
import os
import signal
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from functools import partial
from pathlib import Path

import structlog

from gloo.control_plane.aws_keys import ask_aws
from gloo.control_plane.discover_now import make_asking
from gloo.control_plane.loop import ControlLoop, Stores
from gloo.control_plane.secret_stores import secret_storage
from gloo.control_plane.sessions import Ask, SessionSecrets
from gloo.control_plane.settings import Settings, state_folder
from gloo.control_plane.state import RunningGateway, StateFolder, read_discovered
from gloo.control_plane.trust import trusted_roots
from gloo.control_plane.xds_place import Address, check_socket, with_role_ports, xds_address, xds_socket
from gloo.discovery.loop import DiscoveryLoop
from gloo.envoy.snapshot import ResourceType
from gloo.errors import StorageError
from gloo.local_functions.workers import Workers
from gloo.plugins.registry import load_plugins
from gloo.proxy.admin import Admin
from gloo.proxy.binary import find_envoy
from gloo.proxy.bootstrap import Bootstrap, bootstrap
from gloo.proxy.launch import Launch
from gloo.proxy.memory import memory_of
from gloo.proxy.ports import check_free
from gloo.proxy.runtime_folder import runtime_folder
from gloo.proxy.supervisor import Envoy, Patience
from gloo.proxy.validate import validate
from gloo.storage.base import ArtifactStorage
from gloo.storage.file import FileStorage
from gloo.storage.file_artifacts import FileArtifacts
from gloo.translator import Gateway
from gloo.translator.domains import DEFAULT_ROLE
from gloo.translator.listeners import HTTPS
from gloo.xds.server import AdsServer

_log = structlog.get_logger("gloo")


async def run_gateway(settings: Settings, *, on_ready: Callable[[RunningGateway], None]) -> None:
    """Run the gateway of a folder until SIGINT or SIGTERM.

    *on_ready* is called once, when Envoy answers with the first configuration.

    Raises:
        StorageError: the folder can't be read, or another gateway holds it.
        ProxyError: Envoy can't be found or started, or a port is taken.
    """
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    gateway = asyncio.create_task(_serve(settings, on_ready), name="gateway")
    stopped = asyncio.create_task(stop.wait(), name="stop")
    try:
        await asyncio.wait((gateway, stopped), return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopped.cancel()
        if not gateway.done():
            _log.info("stopping")
            gateway.cancel()  # whatever it waits for: it may not be ready yet
        with suppress(asyncio.CancelledError):
            await gateway


async def _serve(settings: Settings, on_ready: Callable[[RunningGateway], None]) -> None:
    async with running_gateway(settings) as (running, _loop):
        on_ready(running)
        await asyncio.get_running_loop().create_future()


@asynccontextmanager
async def running_gateway(
    settings: Settings, *, ask: Ask = ask_aws, artifacts: ArtifactStorage | None = None
) -> AsyncIterator[tuple[RunningGateway, ControlLoop]]:
    """Run the gateway during the block, which begins when it is ready; raises as `run_gateway`.

    *ask* gets the keys that no secret holds; the *artifacts* are by default those below the folder.
    """
    secrets = SessionSecrets(secret_storage(settings), ask=ask)
    folder = _folder(settings)
    stores = Stores(FileStorage(folder), secrets, artifacts or FileArtifacts(folder))
    gateway, binary, address = _gateway(settings), find_envoy(settings.envoy or None), _xds_address(settings)
    async with AsyncExitStack() as stack:
        stack.enter_context(_patient_collector())
        state = stack.enter_context(StateFolder(state_folder(settings)).opened())
        place = stack.enter_context(runtime_folder())
        workers = Workers(Path(settings.dir), place)
        loop = _control_loop(stores, gateway, folder=Path(settings.dir), state=state, binary=binary, workers=workers)
        xds = xds_socket(settings) or place / "xds.sock"
        check_socket(xds)
        await stack.enter_async_context(AdsServer(loop.cache, socket=xds, address=str(address) if address else None))
        await stack.enter_async_context(_task(loop.run(), "control loop"))
        await stack.enter_async_context(_task(workers.run(loop.note), "workers"))
        envoy = _envoy(settings, place, binary, xds)
        await stack.enter_async_context(envoy.running())
        await loop.wait_published()
        await workers.wait_started()
        await envoy.wait_ready()
        await loop.cache.settled(DEFAULT_ROLE, timeout=5, nodes=1, taken=True)
        running = RunningGateway(
            pid=os.getpid(),
            http=_url("http", gateway.bind, gateway.http_port),
            https=_url("https", gateway.bind, gateway.https_port) if _speaks_tls(loop) else "",
            admin=str(place / "admin.sock"),
        )
        state.record_running(running)
        gc.freeze()
        yield running, loop


@contextmanager
def _patient_collector() -> Iterator[None]:
    """Let the garbage collector look less often: configuration is much, lives long and makes no cycles.

    With Python's own thresholds half of the time of a first translation goes into looking at objects that stay.
    """
    before = gc.get_threshold()
    gc.set_threshold(100_000, 50, 100)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


def _folder(settings: Settings) -> Path:
    folder = Path(settings.dir)
    if not folder.is_dir():
        raise StorageError(f"{folder} is no folder (give the folder that holds your configuration)")
    return folder


def _gateway(settings: Settings) -> Gateway:
    bind = check_free(settings.bind, settings.http_port, flag="--http-port")
    check_free(bind, settings.https_port, flag="--https-port")
    own = Gateway(bind, settings.http_port, settings.https_port, trusted_roots(), settings.later_calls)
    return with_role_ports(own, settings)


def _xds_address(settings: Settings) -> Address | None:
    """Return where Envoys of others get their configuration by TCP; say aloud who else does."""
    address = xds_address(settings)
    if address is not None and address.is_ip:
        check_free(address.host, address.port, flag="--xds-address")
    if address is not None and not address.is_loopback:
        _log.warning(
            "whoever reaches the xDS address gets all configuration, keys of certificates included",
            address=str(address),
        )
    return address


def _control_loop(
    stores: Stores, gateway: Gateway, *, folder: Path, state: StateFolder, binary: Path, workers: Workers
) -> ControlLoop:
    plugins, faults = load_plugins()
    for fault in faults:
        _log.error(str(fault))
    return ControlLoop(
        stores,
        plugins,
        gateway=gateway,
        state=state,
        validate=partial(validate, binary),
        published=lambda translation: workers.follow(translation.workers),
        discovery=_discovery(folder, state),
    )


def _discovery(folder: Path, state: StateFolder) -> DiscoveryLoop:
    """Return what asks upstreams for their functions, and knows what the last run knew."""
    ask = make_asking(folder).ask
    return DiscoveryLoop(ask, known=read_discovered(state.folder), record=state.record_discovered)


@asynccontextmanager
async def _task(work: Coroutine[None, None, None], name: str) -> AsyncIterator[None]:
    """Do *work* beside the block, and end it after."""
    async with asyncio.TaskGroup() as group:
        task = group.create_task(work, name=name)
        yield
        task.cancel()


def _envoy(settings: Settings, place: Path, binary: Path, xds: Path) -> Envoy:
    admin = Admin(place / "admin.sock")
    told = Bootstrap(
        role=DEFAULT_ROLE,
        name=str(os.getpid()),
        xds_socket=xds,
        admin_socket=admin.socket,
        max_memory=memory_of(settings.envoy_memory),
    )
    launch = Launch(
        binary=binary,
        bootstrap=bootstrap(told),
        folder=place,
        concurrency=settings.concurrency or None,
    )
    return Envoy(launch, admin, patience=Patience(drain=settings.drain_seconds))


def _speaks_tls(loop: ControlLoop) -> bool:
    """Tell whether some virtual service answers over TLS, so that there is a listener for it."""
    snapshots = loop.translation.snapshots if loop.translation else {}
    return DEFAULT_ROLE in snapshots and HTTPS in snapshots[DEFAULT_ROLE].of_type(ResourceType.LISTENER)


def _url(scheme: str, bind: str, port: int) -> str:
    """Return an address that a user of this machine can open."""
    host = "localhost" if bind in {"::", "0.0.0.0"} else f"[{bind}]" if ":" in bind else bind  # noqa: S104 - compared
    return f"{scheme}://{host}:{port}"
