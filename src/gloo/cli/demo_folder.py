"""The folder of the demo: made once, then it is the user's; only the petstore's port is kept right."""

import shutil
from importlib.resources import as_file, files
from pathlib import Path

from gloo.cli.objects import find
from gloo.errors import StorageError
from gloo.model.codec import UPSTREAM, written
from gloo.model.upstream import Upstream
from gloo.storage import Edit, FileStorage

UPSTREAM_NAME = "petstore"
_PORT = 8081
_UPSTREAM_FILE = "upstreams/petstore.yaml"


def make_demo_folder(folder: Path, port: int) -> None:
    """Write the demo's configuration into the new *folder*, its petstore on *port*."""
    with as_file(files("gloo.demo").joinpath("config")) as config:
        shutil.copytree(config, folder, dirs_exist_ok=True)
    file = folder / _UPSTREAM_FILE
    file.write_text(file.read_text().replace(f"port: {_PORT}", f"port: {port}"))


def is_fresh(folder: Path) -> bool:
    """Tell whether the demo may fill *folder*: it is not there, or empty but for gloo's own state.

    Raises:
        StorageError: it holds something that is not the demo.
    """
    if not folder.exists():
        return True
    if not folder.is_dir():
        raise StorageError(f"{folder} is no folder (name another: --dir NAME)")
    if all(path.name == ".gloo" for path in folder.iterdir()):
        return True
    if not (folder / _UPSTREAM_FILE).exists():
        raise StorageError(f"{folder} holds something else than the demo (name another folder: --dir NAME)")
    return False


async def known_port(folder: Path) -> int:
    """Return the port where the folder's petstore is expected on this machine; 0 where its author moved it."""
    upstream = await _upstream(folder)
    hosts = upstream.spec.get("hosts") if upstream else None
    host = hosts[0] if isinstance(hosts, list) and len(hosts) == 1 else None
    is_ours = isinstance(host, dict) and host.get("addr") == "127.0.0.1" and isinstance(host.get("port"), int)
    return int(host["port"]) if is_ours and host else 0


async def set_port(folder: Path, port: int) -> None:
    """Change the petstore's port in its upstream, and nothing else."""
    storage = FileStorage(folder)
    item = find(await storage.list(), UPSTREAM, UPSTREAM_NAME)
    if item is not None:
        old = written(item)
        hosts = [{**old["spec"]["hosts"][0], "port": port}]
        await storage.apply(Edit(UPSTREAM, {**old, "spec": {**old["spec"], "hosts": hosts}}, old))


async def _upstream(folder: Path) -> Upstream | None:
    item = find(await FileStorage(folder).list(), UPSTREAM, UPSTREAM_NAME)
    return item.value if item is not None and isinstance(item.value, Upstream) else None
