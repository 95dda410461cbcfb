"""What else is wrong with an upstream that is left out already: all of its parts are checked, each by itself.

A part that depends on a faulty one is not told: it may be right once that is. Only faulty upstreams come here.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from gloo.errors import ConfigError
from gloo.model.artifact import Artifact
from gloo.model.base import Model, Value, replace
from gloo.model.codec import ConfigObject
from gloo.model.path import join_path
from gloo.model.rest import RestOfUpstream
from gloo.model.secret import Secret
from gloo.model.status import Problem
from gloo.model.strict import decode_struct, field_names
from gloo.model.upstream import Upstream
from gloo.plugins.base import FunctionPlugin, ServicePlugin, UpstreamPlugin
from gloo.plugins.registry import Plugins
from gloo.translator.bugs import Bug, bug_in
from gloo.translator.discovery_options import discovery_problems
from gloo.translator.lacking_secrets import lacking_secret
from gloo.translator.reports import collected, problem_of
from gloo.translator.upstream_functions import accepted_functions
from gloo.translator.upstream_needs import secrets_named
from gloo.translator.upstream_options import check_idle_timeout


class Found(Value, frozen=True):
    """What an upstream names and there is: secrets, why others can't be used, artifacts."""

    _unshown = ("secrets",)

    secrets: Mapping[str, Secret]
    spoilt: Mapping[str, str]
    artifacts: Mapping[str, Artifact]


_APART = frozenset(
    {
        *("load_balancer", "health_checks", "outlier_detection", "circuit_breakers", "connection"),
        *("connection_timeout", "name", "discovery", "metadata", "status"),
    }
)
"""Fields that no plugin looks at to say whether an upstream is right."""
_SHORTEST = 1_000_000  # nanoseconds; Envoy counts milliseconds, and takes no zero


def check_connection_timeout(upstream: Upstream) -> None:
    """Raise ConfigError for a time in which nobody connects."""
    if upstream.connection_timeout.nanoseconds < _SHORTEST:
        raise ConfigError("", "connection_timeout", f"{upstream.connection_timeout} is too short", "at least 1ms")


def check_secrets(named: Iterable[tuple[str, str]], found: Found) -> None:
    """Raise ConfigError unless all that is *named*, with its field, is among the secrets that were *found*."""
    for field, name in named:
        if name not in found.secrets:
            raise lacking_secret(field, name, found.spoilt.get(name, ""))


def upstream_faults(item: ConfigObject, plugins: Plugins, found: Found) -> tuple[tuple[Problem, ...], tuple[Bug, ...]]:
    """Return all that is wrong with the parts of an upstream that can be read, each once, and what bug ended that."""
    if isinstance(item.value, Upstream):
        rest = RestOfUpstream(item.value, frozenset(), tuple(enumerate(item.value.functions)))
    elif item.rest is not None:
        rest = item.rest
    else:
        return (), ()
    problems: list[Problem] = []
    bugs: tuple[Bug, ...] = ()
    try:
        problems.extend(_faults(rest, plugins, found, whole=item.value is not None))
    except Exception as error:  # noqa: BLE001 - what was found by then is told, and the bug
        bug, problem = bug_in(item.ref, error)
        problems, bugs = [*problems, problem], (bug,)
    return tuple(dict.fromkeys(problem for problem in problems if not problem.warning)), bugs


def _faults(rest: RestOfUpstream, plugins: Plugins, found: Found, *, whole: bool) -> Iterator[Problem]:
    upstream = rest.upstream
    plugin = plugins.upstreams.get(upstream.type) if "type" not in rest.missing else None
    if "type" not in rest.missing:
        yield from collected(partial(plugins.upstream, upstream.type))
    yield from collected(partial(check_connection_timeout, upstream), partial(check_idle_timeout, upstream))
    spec: Model | None = None
    if plugin is not None and "spec" not in rest.missing and (upstream.spec or _knows_all(rest)):
        spec, problems = decode_struct(dict(upstream.spec), plugin.spec_model, at="spec")
        yield from problems
    service, problems = _service(upstream, plugins)
    yield from problems
    if plugin is not None and spec is not None:
        yield from _of_spec(rest, plugin, spec, found, whole=whole)
        if whole:
            parts = (upstream, plugins, spec, found.secrets, found.spoilt)
            yield from _kept(partial(discovery_problems, *parts))
    functions: FunctionPlugin[Any, Any] | None = service
    if upstream.service_info is None:
        functions = plugin if _knows_all(rest) and "service_info" not in rest.missing else None
    if functions is not None:
        artifacts = found.artifacts if whole else None
        yield from _kept(lambda: accepted_functions(upstream, rest.functions, functions, artifacts)[2])


def _knows_all(rest: RestOfUpstream) -> bool:
    """Tell whether there is no field that is unknown, which may be meant for one that is not given."""
    return rest.missing <= {*field_names(Upstream)}


def _kept(step: Callable[[], tuple[Problem, ...]]) -> Iterator[Problem]:
    """Yield what *step* returns, and what it raises."""
    kept: list[Problem] = []
    yield from collected(lambda: kept.extend(step()))
    yield from kept


def _service(upstream: Upstream, plugins: Plugins) -> tuple[ServicePlugin[Any, Any, Any] | None, tuple[Problem, ...]]:
    """Return the plugin of the upstream's service, if it has one, and what is wrong with what it says of that."""
    if upstream.service_info is None:
        return None, ()
    try:
        service = plugins.service(upstream.service_info.type)
    except ConfigError as error:
        return None, (problem_of(error),)
    raw = dict(upstream.service_info.properties)
    return service, decode_struct(raw, service.properties_model, at="service_info.properties")[1]


def _of_spec(
    rest: RestOfUpstream, plugin: UpstreamPlugin[Any, Any, Any], spec: Model, found: Found, *, whole: bool
) -> Iterator[Problem]:
    """Yield what its type's plugin says of an upstream, as far as its secrets are there."""
    if not whole and (plugin.secrets(spec) or not rest.missing <= _APART):
        return
    lacking = tuple(
        problem
        for named in (secrets_named(rest.upstream, plugin, spec) if whole else ())
        for problem in collected(partial(check_secrets, (named,), found))
    )
    yield from lacking
    if not any(name not in found.secrets for name in plugin.secrets(spec)):
        cluster = partial(plugin.cluster, rest.upstream, spec, found.secrets)
        yield from (replace(each, field=join_path("spec", each.field)) for each in collected(cluster))
