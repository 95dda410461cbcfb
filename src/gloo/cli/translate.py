"""gloo translate: what Envoy would get."""

from typing import TYPE_CHECKING

import click

from gloo.cli.folder import folder_argument, settings_for
from gloo.cli.output import note, output_option, show
from gloo.envoy.snapshot import EnvoySnapshot, ResourceType
from gloo.errors import NotFound

if TYPE_CHECKING:
    from gloo.model.base import Json

_LONG = 4000
_SCRIPT = "function envoy_on_request"
"""In the scripts of filters, which are the same for everybody; the programs of functions have none."""

EXAMPLE = "\b\nExamples:\n  gloo translate shop\n  gloo translate shop -o json | jq '.ingress.clusters[].name'"
_NAMES = {
    ResourceType.LISTENER: "listeners",
    ResourceType.EXTENSION: "extensions",
    ResourceType.ROUTE: "routes",
    ResourceType.CLUSTER: "clusters",
    ResourceType.ENDPOINT: "endpoints",
    ResourceType.SECRET: "secrets",
}


@click.command("translate", epilog=EXAMPLE)
@folder_argument
@output_option("yaml", "json")
@click.option("--role", metavar="NAME", help="Only what Envoys of this role get.")
@click.option("--full", is_flag=True, help="Print long texts, as the Lua runtime, in full.")
def command(*, directory: str | None, output: str, role: str | None, full: bool) -> None:
    """Print what Envoy would get for a folder.

    It is the road that a running gateway goes, without Envoy: listeners, extensions, routes, clusters, endpoints by
    role. Secrets
    are named, their values never shown. Findings are counted on standard error; gloo check lists them.
    """
    from gloo.cli.discovered import tell_discovered
    from gloo.cli.findings import count, findings_of
    from gloo.control_plane.offline import translate_settings
    from gloo.model.strict import nearest

    settings = settings_for(directory)
    offline = translate_settings(settings)
    tell_discovered(offline)
    snapshots = offline.translation.snapshots
    if role is not None and role not in snapshots:
        raise NotFound(f"no virtual service has the role {role!r} ({nearest(role, list(snapshots))})")
    plain = {name: _plain(snapshot) for name, snapshot in snapshots.items() if role in {None, name}}
    show(plain if full else _shortened(plain), output)
    findings = findings_of(offline)
    if findings:
        note(f"{count(len(findings), 'finding')} (gloo check {settings.dir} lists them)")


def _plain(snapshot: EnvoySnapshot) -> "Json":
    from gloo.envoy.readable import readable

    return {
        name: [readable(resource) for resource in snapshot.of_type(kind).values()]
        for kind, name in _NAMES.items()
        if snapshot.of_type(kind)
    }


def _shortened(value: "Json") -> "Json":
    """Return *value* with a note in place of each text that would bury the rest."""
    if isinstance(value, dict):
        return {name: _shortened(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_shortened(item) for item in value]
    if not isinstance(value, str) or (len(value) <= _LONG and _SCRIPT not in value):
        return value
    return f"({len(value.splitlines())} lines, {len(value)} characters: --full shows them)"
