"""gloo envoy-config: what a further Envoy starts with."""

import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gloo.cli.folder import folder_option, settings_for
from gloo.cli.output import note

if TYPE_CHECKING:
    from gloo.control_plane.settings import Settings

_OWN_MEMORY = "its heap may have four fifths of the memory of this machine: elsewhere give GLOO_ENVOY_MEMORY, e.g. 2GiB"
EXAMPLE = """\b
Example, beside `gloo run shop --xds-address 18000 --role-ports internal=9080:9443`:
  gloo envoy-config -d shop --role internal --xds-address 18000 > internal.json
  envoy -c internal.json --disable-hot-restart"""


@click.command("envoy-config", epilog=EXAMPLE)
@folder_option
@click.option("--role", metavar="NAME", default="ingress", help="The role of the Envoy.  [default: ingress]")
@click.option("--name", metavar="NAME", help="Tells the Envoys of a role apart; by default host and process.")
@click.option("--xds-socket", metavar="PATH", help="As gloo run has it.")
@click.option("--xds-address", metavar="HOST:PORT", help="As gloo run has it; the host as the Envoy sees it.")
@click.option("--admin-socket", metavar="PATH", help="Where Envoy opens its admin API; without it there is none.")
def command(
    *,
    directory: str | None,
    role: str,
    name: str | None,
    xds_socket: str | None,
    xds_address: str | None,
    admin_socket: str | None,
) -> None:
    """Print the bootstrap of a further Envoy, of any role.

    Such an Envoy gets its configuration from a running gateway, by the socket or the address that `gloo run` was given.
    """
    from gloo.control_plane import xds_place
    from gloo.model.base import NAME_RULE, is_name
    from gloo.proxy.bootstrap import Bootstrap, bootstrap
    from gloo.proxy.memory import memory_of

    if not is_name(role):
        raise click.UsageError(f"{role!r} is no role ({NAME_RULE})")
    flags = {"xds_socket": xds_socket, "xds_address": "" if xds_socket else xds_address}
    settings = settings_for(directory, flags)
    place = _place(settings)
    if role != "ingress" and role not in xds_place.role_ports(settings):
        ports = f"gloo run --role-ports {role}=9080:9443"
        note(f"without `{ports}`, or the like, it has the ports of ingress: then it must not run on the same machine")
    told = Bootstrap(
        role=role,
        name=name or f"{socket.gethostname()}-{os.getppid()}",
        xds_socket=place,
        admin_socket=Path(admin_socket).absolute() if admin_socket else None,
        max_memory=memory_of(settings.envoy_memory),
    )
    click.echo(bootstrap(told))


def _place(settings: "Settings") -> Path | tuple[str, int]:
    """Return where gloo is for the Envoy; say whose memory counts if that may run elsewhere."""
    from gloo.control_plane import xds_place

    path, address = xds_place.xds_socket(settings), xds_place.xds_address(settings)
    if address is not None:
        if not settings.envoy_memory and not address.is_loopback:
            note(_OWN_MEMORY)
        return address.host, address.port
    if path is None:
        raise click.UsageError("it has to know where gloo is (give --xds-socket or --xds-address, as to gloo run)")
    return path
