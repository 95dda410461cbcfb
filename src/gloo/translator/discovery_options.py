"""What an upstream says about discovery, checked; what is wrong with it keeps nobody from using the upstream."""

from collections.abc import Mapping
from typing import Any

from gloo.errors import ConfigError
from gloo.model.base import Model
from gloo.model.path import join_path
from gloo.model.secret import Secret
from gloo.model.status import Problem
from gloo.model.strict import decode_struct
from gloo.model.upstream import Upstream
from gloo.plugins.base import UpstreamPlugin
from gloo.plugins.registry import Plugins
from gloo.translator.lacking_secrets import lacking_secret
from gloo.translator.reports import problem_of


def discovery_secrets(upstream: Upstream, plugin: UpstreamPlugin[Any, Any, Any], spec: Model) -> tuple[str, ...]:
    """Return the names of the secrets with which *upstream* is asked for its functions; none when it is not asked."""
    if upstream.discovery is None or not upstream.discovery.functions or plugin.discovery_model is None:
        return ()
    options, _ = decode_struct(dict(upstream.discovery.spec), plugin.discovery_model)
    if options is None:
        return ()
    try:
        return plugin.discovery_secrets(upstream, spec, options)
    except ConfigError:
        return ()


def discovery_problems(
    upstream: Upstream, plugins: Plugins, spec: Model, secrets: Mapping[str, Secret], spoilt: Mapping[str, str]
) -> tuple[Problem, ...]:
    """Return what is wrong with `discovery` of *upstream*; *secrets* are those that exist, *spoilt* why others can't be
    used."""
    discovery, plugin = upstream.discovery, plugins.upstreams[upstream.type]
    if discovery is None or not discovery.functions:
        return ()
    if plugin.discovery_model is None:
        able = ", ".join(sorted(name for name, each in plugins.upstreams.items() if each.discovery_model is not None))
        told = f"an upstream of type {upstream.type!r} can't be asked for its functions"
        return (Problem(field="discovery.functions", problem=told, hint=f"types that can: {able}"),)
    if upstream.service_info is not None:
        told = "functions that are discovered have no place beside service_info"
        return (Problem(field="discovery.functions", problem=told, hint="leave one of them out"),)
    options, problems = decode_struct(dict(discovery.spec), plugin.discovery_model, at="discovery.spec")
    if options is None:
        return problems
    try:
        names = plugin.discovery_secrets(upstream, spec, options)
    except ConfigError as error:
        return (problem_of(error, "discovery"),)
    missing = [name for name in names if name not in secrets]
    return tuple(_without(name, options, spoilt.get(name, "")) for name in missing)


def _without(name: str, options: Model, spoilt: str) -> Problem:
    field = join_path("discovery", "spec.secret_ref") if name == getattr(options, "secret_ref", "") else "discovery"
    return problem_of(lacking_secret(field, name, spoilt, then="functions are discovered"))
