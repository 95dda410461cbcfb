"""gloo version: what runs here."""

import re
import subprocess

import click

from gloo import __version__
from gloo.cli.output import output_option, show
from gloo.errors import GlooError

EXAMPLE = "\b\nExample:\n  gloo version -o json"
_VERSION = re.compile(r"/(\d+\.\d+\.\d+[^/\s]*)/")
_PATIENCE = 10  # seconds for Envoy to tell its version


@click.command("version", epilog=EXAMPLE)
@output_option("text", "json", "yaml")
@click.option("--envoy", metavar="PROGRAM", envvar="GLOO_ENVOY", default="", help="The Envoy program to ask.")
def command(output: str, envoy: str) -> None:
    """Print the versions of gloo and Envoy, and the plugins."""
    from gloo.plugins.registry import load_plugins

    plugins, faults = load_plugins()
    told = {
        "gloo": __version__,
        "envoy": _envoy_version(envoy),
        "upstream_types": sorted(plugins.upstreams),
        "service_types": sorted(plugin.service_type for plugin in plugins.services.values()),
        "route_plugins": [type(plugin).__name__ for plugin in plugins.routes],
        "plugin_faults": [str(fault) for fault in faults],
    }
    if output != "text":
        show(told, output)
        return
    for name, value in told.items():
        text = ", ".join(value) if isinstance(value, list) else value
        if text:
            click.echo(f"{name.replace('_', ' ')}: {text}")


def _envoy_version(setting: str) -> str:
    """Ask Envoy; an Envoy that can't be asked is told as such, the rest is still worth knowing."""
    from gloo.proxy.binary import find_envoy

    try:
        program = find_envoy(setting or None)
        said = subprocess.run(  # noqa: S603 - the program that the user named, or the one that gloo runs
            [program, "--version"], capture_output=True, text=True, timeout=_PATIENCE, check=True
        ).stdout
    except GlooError as error:
        return f"none: {error}"
    except (OSError, subprocess.SubprocessError) as error:
        return f"unknown: {program} does not tell: {error}"
    found = _VERSION.search(said)
    return f"{found[1] if found else said.strip()} ({program})"
