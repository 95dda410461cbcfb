"""Upstreams to clusters; a bad one is left out, and so is a bad function of a good one."""

from collections.abc import Mapping
from typing import Any

from gloo.envoy.route import Target
from gloo.envoy.snapshot import Resource
from gloo.errors import ConfigError
from gloo.model.artifact import Artifact
from gloo.model.balancing import BalancerType
from gloo.model.base import Model, Value, replace
from gloo.model.codec import ConfigObject
from gloo.model.secret import Secret
from gloo.model.snapshot import ConfigSnapshot
from gloo.model.status import Problem
from gloo.model.strict import decode_struct
from gloo.model.upstream import Upstream
from gloo.plugins.base import FunctionPlugin, PythonWorker, ServicePlugin, UpstreamPlugin
from gloo.plugins.registry import Plugins
from gloo.translator.bugs import Bug, bug_in
from gloo.translator.discovery_options import discovery_problems
from gloo.translator.lacking_secrets import SpoiltSecret
from gloo.translator.memo import Memo
from gloo.translator.refusals import Refusals
from gloo.translator.reports import located, problem_of, problems_of
from gloo.translator.upstream_faults import Found, check_connection_timeout, check_secrets, upstream_faults
from gloo.translator.upstream_functions import AcceptedFunction, accepted_functions
from gloo.translator.upstream_needs import needs_of, secrets_named
from gloo.translator.upstream_options import with_options


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
    """What became of one upstream: what is wrong with it, and `others`, which alone would not decide about it."""

    accepted: AcceptedUpstream | None
    problems: tuple[Problem, ...]
    bugs: tuple[Bug, ...] = ()
    others: tuple[Problem, ...] = ()

    @property
    def all_problems(self) -> tuple[Problem, ...]:
        """All that is wrong with it."""
        return (*self.problems, *self.others) if self.others else self.problems

    @property
    def is_pending(self) -> bool:
        """Tell whether it can't be used yet, for want of something that may still come."""
        return self.accepted is None and all(problem.pending for problem in self.problems if not problem.warning)

    @property
    def is_rejected(self) -> bool:
        """Tell whether it can't be used through its own fault."""
        return self.accepted is None and not self.is_pending


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
    found = Found(
        {each.name: each for each in named if isinstance(each, Secret)},
        {each.name: each.problem for each in named if isinstance(each, SpoiltSecret)},
        {each.name: each for each in named if isinstance(each, Artifact)},
    )
    if not isinstance(item.value, Upstream):
        return _left_out(item, plugins, found, ())
    try:
        accepted, problems = _accept(item.value, plugins, found)
        for resource in (accepted.cluster, *accepted.secrets):
            refusals.check_resource(resource)
    except _Faults as faults:
        return _left_out(item, plugins, found, faults.problems)
    except ConfigError as error:
        return _left_out(item, plugins, found, problems_of(error))
    except Exception as error:  # noqa: BLE001 - a bug about one upstream must not stop the others
        bug, problem = bug_in(item.ref, error)
        return TranslatedUpstream(None, located(item, (*item.problems, problem)), (bug,))
    return TranslatedUpstream(accepted, located(item, (*item.problems, *problems)))


def _left_out(item: ConfigObject, plugins: Plugins, found: Found, problems: tuple[Problem, ...]) -> TranslatedUpstream:
    """Return the upstream that is left out for *problems*, with what else is wrong with it."""
    first = (*item.problems, *problems)
    told, bugs = upstream_faults(item, plugins, found)
    others = tuple(problem for problem in told if problem not in first)
    return TranslatedUpstream(None, located(item, first), bugs, others=located(item, others))


def _accept(upstream: Upstream, plugins: Plugins, found: Found) -> tuple[AcceptedUpstream, tuple[Problem, ...]]:
    secrets = found.secrets
    plugin = plugins.upstream(upstream.type)
    check_connection_timeout(upstream)
    spec = _decoded(upstream.spec, plugin.spec_model, at="spec")
    check_secrets(secrets_named(upstream, plugin, spec), found)
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
    functions, pending, problems = accepted_functions(
        upstream, enumerate(upstream.functions), function_plugin, found.artifacts
    )
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
    return accepted, (
        *equipped.warnings,
        *problems,
        *discovery_problems(upstream, plugins, spec, secrets, found.spoilt),
    )


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
