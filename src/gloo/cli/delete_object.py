"""Deleting an object, and naming what still points to it."""

import asyncio
from pathlib import Path

import click

from gloo.cli import kinds
from gloo.cli.after import tell_findings
from gloo.control_plane.offline import translate_settings
from gloo.control_plane.settings import Settings
from gloo.errors import NotFound
from gloo.model.codec import ConfigObject
from gloo.model.snapshot import ConfigSnapshot
from gloo.model.strict import nearest
from gloo.model.virtual_service import VirtualService
from gloo.storage import FileStorage


def delete_object(settings: Settings, kind: str, name: str) -> None:
    """Delete one object of the folder of *settings*; raises NotFound if there is none of that name."""
    config = translate_settings(settings).config
    _check_exists(config, kind, name)
    document = asyncio.run(FileStorage(Path(settings.dir)).delete(kinds.STORED[kind], name))
    click.echo(f"{kinds.STORED[kind]}/{name} deleted ({document})")
    if kind == kinds.UPSTREAM:
        tell_findings(settings, {item.ref for item in config.virtual_services.values() if _uses(item, name)})


def _check_exists(config: ConfigSnapshot, kind: str, name: str) -> None:
    known = config.upstreams if kind == kinds.UPSTREAM else config.virtual_services
    if name not in known:
        hint = nearest(name, list(known)) if known else f"there are no {kind}s"
        raise NotFound(f"{kinds.STORED[kind]}/{name} does not exist ({hint})")


def _uses(item: ConfigObject, upstream: str) -> bool:
    service = item.value
    if not isinstance(service, VirtualService):
        return False
    return any(each.upstream_name == upstream for route in service.routes for each in route.destinations)
