"""Upstreams to clusters; a bad one is left out, and so is a bad function of a good one."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from gloo.envoy.route import Target
from gloo.envoy.snapshot import Resource
from gloo.errors import ConfigError, TemplateError
from gloo.model.artifact import Artifact
from gloo.model.balancing import BalancerType
from gloo.model.base import Model, Value, replace
from gloo.model.codec import ConfigObject
from gloo.model.duration import Duration, check_milliseconds
from gloo.model.secret import Secret
from gloo.model.snapshot import ConfigSnapshot
from gloo.model.status import Problem
from gloo.model.strict import decode_struct
from gloo.model.upstream import Function, Upstream
from gloo.plugins.base import FunctionPlugin, PythonWorker, ServicePlugin, UpstreamPlugin
from gloo.plugins.registry import Plugins
from gloo.translator.bugs import Bug, bug_in
from gloo.translator.discovery_options import discovery_problems
from gloo.translator.lacking_secrets import SpoiltSecret, lacking_secret
from gloo.translator.memo import Memo
from gloo.translator.refusals import Refusals
from gloo.translator.reports import located, problem_of, problems_of
from gloo.translator.upstream_needs import needs_of, secrets_named, with_artifacts
from gloo.translator.upstream_options import with_options


class AcceptedFunction(Value, frozen=True):
    """A function that routes can call, with the plugin that knows how, and the annotations of its upstream."""

    plugin: FunctionPlugin[Any, Any]
    fields: Model
    timeout: Duration | None = None
    idempotent: bool | None = None
    annotations: Mapping[str, str] = {}


class AcceptedUpstream(Value, frozen=True):
    """An upstream that routes can point to.

    Args:
        whole: where a request goes that goes here, without a function.
        secrets: what Envoy gets beside the cluster.
        credentials: the secrets that its plugin named, for calls of its functions.
        worker: the process that it needs on this machine.
        pending_functions: those of `bad_functions` that only wait for something that may still come.
        asked: its functions are discovered, so that there may be more of them later.
        balancer: how it chooses a host.
    """

    name: str
    plugin: UpstreamPlugin[Any, Any, Any]
    spec: Model
    cluster: Resource
    whole: Target
    functions: Mapping[str, AcceptedFunction]
    credentials: Mapping[str, Secret]
    bad_functions: frozenset[str] = frozenset()
    pending_functions: frozenset[str] = frozenset()
    secrets: tuple[Resource, ...] = ()
    worker: PythonWorker | None = None
    asked: bool = False
    balancer: BalancerType = "round_robin"

    def target(self, weight: int) -> Target:
        """Return where a request goes that goes here, among other places by *weight*."""
        return self.whole if weight == 1 else replace(self.whole, weight=weight)


class TranslatedUpstream(Value, frozen=True):
    """What became of one upstream."""

    accepted: AcceptedUpstream | None
    problems: tuple[Problem, ...]
    bugs: tuple[Bug, ...] = ()

    @property
    def is_pending(self) -> bool:
        """Tell whether it can't be used yet, for want of something that may still come."""
        return self.accepted is None and all(problem.pending for problem in self.problems if not problem.warning)

    @property
    def is_rejected(self) -> bool:
        """Tell whether it can't be used through its own fault."""
        return self.accepted is None and not self.is_pending


_SHORTEST = 1_000_000  # nanoseconds; Envoy counts milliseconds, and takes no zero


class _Faults(Exception):  # carries findings from a step to its leaf; never leaves this file
    def __init__(self, *problems: Problem) -> None:
        self.problems = problems


def translate_upstreams(
    config: ConfigSnapshot, plugins: Plugins, *, refusals: Refusals, memo: Memo
) -> dict[str, TranslatedUpstream]:
    """Translate every upstream, by name."""
    return {
        name: memo.once(_translate_upstream, item, plugins, refusals, *_named(item, plugins, config, memo))
        for name, item in config.upstreams.items()
    }


_Named = Secret | SpoiltSecret | Artifact


def _named(item: ConfigObject, plugins: Plugins, config: ConfigSnapshot, memo: Memo) -> tuple[_Named, ...]:
    """Return those of the secrets and artifacts that an upstream names that exist."""
    needs = memo.once(needs_of, item, plugins)
    secrets = (config.secrets[name] for name in needs.secrets if name in config.secrets)
    spoilt = (
        memo.once(SpoiltSecret, name, config.spoilt[name])
        for name in needs.secrets
        if name in config.spoilt and name not in config.secrets
    )
    return (*secrets, *spoilt, *(config.artifacts[name] for name in needs.artifacts if name in config.artifacts))


def _translate_upstream(item: ConfigObject, plugins: Plugins, refusals: Refusals, *named: _Named) -> TranslatedUpstream:
    if not isinstance(item.value, Upstream):
        return TranslatedUpstream(None, located(item, item.problems))
    secrets = {each.name: each for each in named if isinstance(each, Secret)}
    spoilt = {each.name: each.problem for each in named if isinstance(each, SpoiltSecret)}
    artifacts = {each.name: each for each in named if isinstance(each, Artifact)}
    try:
        accepted, problems = _accept(item.value, plugins, secrets=secrets, spoilt=spoilt, artifacts=artifacts)
        for resource in (accepted.cluster, *accepted.secrets):
            refusals.check_resource(resource)
    except _Faults as faults:
        return TranslatedUpstream(None, located(item, (*item.problems, *faults.problems)))
    except ConfigError as error:
        return TranslatedUpstream(None, located(item, (*item.problems, problem_of(error))))
    except Exception as error:  # noqa: BLE001 - a bug about one upstream must not stop the others
        bug, problem = bug_in(item.ref, error)
        return TranslatedUpstream(None, located(item, (*item.problems, problem)), (bug,))
    return TranslatedUpstream(accepted, located(item, (*item.problems, *problems)))


def _accept(
    upstream: Upstream,
    plugins: Plugins,
    *,
    secrets: Mapping[str, Secret],
    spoilt: Mapping[str, str],
    artifacts: Mapping[str, Artifact],
) -> tuple[AcceptedUpstream, tuple[Problem, ...]]:
    plugin = plugins.upstream(upstream.type)
    if upstream.connection_timeout.nanoseconds < _SHORTEST:
        raise ConfigError("", "connection_timeout", f"{upstream.connection_timeout} is too short", "at least 1ms")
    spec = _decoded(upstream.spec, plugin.spec_model, at="spec")
    _check_secrets(secrets_named(upstream, plugin, spec), secrets, spoilt)
    try:
        cluster = plugin.cluster(upstream, spec, secrets)
    except ConfigError as error:
        raise _Faults(problem_of(error, "spec")) from error
    function_plugin: FunctionPlugin[Any, Any] = plugin
    if upstream.service_info is not None:
        service: ServicePlugin[Any, Any, Any] = plugins.service(upstream.service_info.type)
        properties = _decoded(upstream.service_info.properties, service.properties_model, at="service_info.properties")
        cluster, function_plugin = service.cluster(cluster, properties), service
    equipped = with_options(cluster, upstream, secrets)
    functions, pending, problems = _functions(upstream, function_plugin, artifacts)
    accepted = AcceptedUpstream(
        upstream.name,
        plugin,
        spec,
        equipped.cluster.resource(),
        _whole(upstream, plugin, spec),
        functions,
        {name: secrets[name] for name in plugin.secrets(spec)},
        frozenset(function.name for function in upstream.functions) - functions.keys(),
        pending,
        (*equipped.secrets, *equipped.cluster.secrets),
        worker=_worker(upstream, plugin, spec, functions),
        asked=upstream.discovery is not None and upstream.discovery.functions,
        balancer=balancer.type if (balancer := equipped.cluster.load_balancer) is not None else "round_robin",
    )
    return accepted, (*equipped.warnings, *problems, *discovery_problems(upstream, plugins, spec, secrets, spoilt))


def _check_secrets(named: Iterable[tuple[str, str]], secrets: Mapping[str, Secret], spoilt: Mapping[str, str]) -> None:
    """Raise ConfigError unless all that is *named*, with its field, is among *secrets*."""
    for field, name in named:
        if name not in secrets:
            raise lacking_secret(field, name, spoilt.get(name, ""))


def _whole(upstream: Upstream, plugin: UpstreamPlugin[Any, Any, Any], spec: Model) -> Target:
    target: Target = plugin.target(Target(upstream.name), spec)
    return replace(target, auto_host_rewrite=True) if upstream.ssl_config is not None else target


def _worker(
    upstream: Upstream, plugin: UpstreamPlugin[Any, Any, Any], spec: Model, functions: Mapping[str, AcceptedFunction]
) -> PythonWorker | None:
    own = {name: function.fields for name, function in functions.items() if function.plugin is plugin}
    return plugin.worker(upstream, spec, own)


def _decoded(raw: Mapping[str, Any], model: type[Model], *, at: str) -> Model:
    value, problems = decode_struct(dict(raw), model, at=at)
    if value is None:
        raise _Faults(*problems)
    return value


def _functions(
    upstream: Upstream, plugin: FunctionPlugin[Any, Any], artifacts: Mapping[str, Artifact]
) -> tuple[dict[str, AcceptedFunction], frozenset[str], tuple[Problem, ...]]:
    """Decode and check the functions; a bad one is reported and left out, and those that are Pending are named."""
    accepted: dict[str, AcceptedFunction] = {}
    pending: set[str] = set()
    problems: list[Problem] = []
    for index, function in enumerate(upstream.functions):
        at = f"functions[{index}]"
        if function.name in accepted:
            problems.append(Problem(field=f"{at}.name", problem=f"{function.name!r} is given twice", hint="rename one"))
            continue
        fields, found = _function(upstream, function, plugin, artifacts, at=f"{at}.spec")
        try:
            check_milliseconds(function.timeout, "timeout", zero="for no limit")
        except ConfigError as error:
            fields, found = None, (*found, problem_of(error, at))
        problems += found
        if any(problem.pending for problem in found):
            pending.add(function.name)
        if fields is not None:
            rules = (function.timeout, function.idempotent)
            accepted[function.name] = AcceptedFunction(plugin, fields, *rules, upstream.metadata.annotations)
    return accepted, frozenset(pending), tuple(problems)


def _function(
    upstream: Upstream,
    function: Function,
    plugin: FunctionPlugin[Any, Any],
    artifacts: Mapping[str, Artifact],
    *,
    at: str,
) -> tuple[Model | None, tuple[Problem, ...]]:
    fields, problems = decode_struct(dict(function.spec), plugin.function_model, at=at)
    if fields is None:
        hint = _service_hint(upstream, plugin)
        return None, tuple(msgspec.structs.replace(problem, hint=hint or problem.hint) for problem in problems)
    name = f"{upstream.name}/{function.name}"
    try:
        fields = with_artifacts(fields, plugin, artifacts)
        plugin.check_function(name, fields)
    except (ConfigError, TemplateError) as error:
        return None, problems_of(error, at)
    warnings = (problem_of(warning, at) for warning in plugin.function_warnings(name, fields))
    return fields, tuple(msgspec.structs.replace(warning, warning=True) for warning in warnings)


def _service_hint(upstream: Upstream, plugin: FunctionPlugin[Any, Any]) -> str:
    if upstream.service_info is None and plugin.function_model.__struct_fields__ == ():
        return "functions of a service need service_info, e.g. {type: REST}"
    return ""
