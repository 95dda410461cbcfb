"""Knative: services of Knative Serving, by their URL or behind the gateway of a cluster.

.. code-block:: yaml

    name: cluster
    type: knative
    spec: {gateway: "http://kourier.kourier-system", domain: example.org, namespace: shop}
    functions:
    - name: price
    - name: order
      spec: {service: orders, namespace: sales, path: /v1}

All services of a cluster are behind one gateway, which tells them apart by their host, ``NAME.NAMESPACE.DOMAIN``.
Method, path, query, headers and body pass as they are, CloudEvents too. A service that was scaled to nothing is started
by its first request, so a call may take a minute where nothing else is said.
"""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, ClassVar

from msgspec import Meta

from gloo.envoy.cluster import Cluster
from gloo.envoy.route import Target
from gloo.envoy.upstream_filters import path_before, path_written
from gloo.errors import ConfigError
from gloo.model.base import Model, replace
from gloo.model.duration import Duration
from gloo.model.secret import Secret
from gloo.model.upstream import Upstream
from gloo.plugins.base import FunctionCall, Nothing
from gloo.plugins.discovery import Discovered, Question
from gloo.plugins.knative_listing import list_services
from gloo.plugins.kubernetes_listing import AsksKubernetes
from gloo.plugins.origin import Origin, parse_origin

if TYPE_CHECKING:
    import httpx

_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\Z")
_DOMAIN = re.compile(r"[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})*\Z")
_PATH = re.compile(r"(/[A-Za-z0-9._~-]+)+\Z")


class KnativeSpec(Model, frozen=True, kw_only=True):
    """Where services are: one by its URL, or all of a cluster by its gateway."""

    url: Annotated[str, Meta(description="the URL of one service, as `kubectl get ksvc` tells it")] = ""
    gateway: Annotated[str, Meta(description="in place of that: the URL of the cluster's gateway")] = ""
    domain: Annotated[str, Meta(description="with gateway: what the hosts of services end in")] = "svc.cluster.local"
    namespace: Annotated[str, Meta(description="with gateway: where services are that name no namespace")] = "default"
    tls_verify: Annotated[bool, Meta(description="with https: the certificate must be for the host and trusted")] = True

    def __post_init__(self) -> None:
        if bool(self.url) == bool(self.gateway):
            raise ValueError("takes url or gateway: one service, or those of a cluster")
        try:
            parse_origin(self.url or self.gateway)
        except ValueError as error:
            raise ValueError(f"{'url' if self.url else 'gateway'} {error}") from error
        if not _DOMAIN.match(self.domain):
            raise ValueError(f"domain: {self.domain!r} is no domain")
        _check_name("namespace", self.namespace)

    @property
    def origin(self) -> Origin:
        return parse_origin(self.url or self.gateway)


class KnativeFunction(Model, frozen=True, kw_only=True):
    """Which service is called."""

    service: Annotated[str, Meta(description="its name there; without it the function's name here")] = ""
    namespace: Annotated[str, Meta(description="its namespace; without it that of the upstream")] = ""
    tag: Annotated[str, Meta(description="one of its traffic targets, by tag; without it all by their shares")] = ""
    path: Annotated[str, Meta(description="goes before the client's path")] = ""

    def __post_init__(self) -> None:
        for field in ("service", "namespace", "tag"):
            _check_name(field, getattr(self, field))
        if self.path and not _PATH.match(self.path):
            raise ValueError(f"path: {self.path!r} is no path without a slash at its end, e.g. /v1")


class Knative(AsksKubernetes[KnativeSpec, KnativeFunction]):
    """Calls services of Knative."""

    upstream_type: ClassVar[str] = "knative"
    functions_only = True
    spec_model = KnativeSpec
    function_model = KnativeFunction
    usual_timeout = Duration(60 * 10**9)

    def cluster(self, upstream: Upstream, spec: KnativeSpec, secrets: Mapping[str, Secret]) -> Cluster:
        return replace(spec.origin.cluster(upstream, verify=spec.tls_verify), filters=(path_written(),))

    def target(self, target: Target, spec: KnativeSpec) -> Target:
        return replace(target, auto_host_rewrite=True)

    def takes_connections(self, function: KnativeFunction) -> bool:
        return True

    def call(self, call: FunctionCall[KnativeFunction, Nothing]) -> Target:
        spec, function = call.spec, call.function
        assert isinstance(spec, KnativeSpec)
        change = path_before(spec.origin.path + function.path)
        target = replace(call.target, request_headers=(*call.target.request_headers, change))
        return replace(target, host_rewrite=_host(spec, function, call.name.partition("/")[2]))

    async def discover(self, question: Question[KnativeSpec], http: "httpx.AsyncClient") -> Discovered:
        spec = question.spec
        alone = spec.origin if spec.url else None
        return await list_services(question, http, namespace=spec.namespace, domain=spec.domain, alone=alone)


def _host(spec: KnativeSpec, function: KnativeFunction, own: str) -> str:
    """Return the host of *function*; raise ConfigError where the upstream can't tell it from others."""
    if spec.url:
        for field in ("service", "namespace", "tag"):
            if getattr(function, field):
                problem = f"function {own!r} says {field}, and its upstream is one service, by url"
                raise ConfigError("", "", problem, "write gateway in place of url")
        return spec.origin.authority
    service = function.service or own
    if not _NAME.match(service):
        raise ConfigError("", "", f"function {own!r} needs service, for Knative has no such names")
    name = f"{function.tag}-{service}" if function.tag else service
    return f"{name}.{function.namespace or spec.namespace}.{spec.domain}"


def _check_name(field: str, name: str) -> None:
    if name and not _NAME.match(name):
        raise ValueError(f"{field}: {name!r} is no name of Kubernetes: lower-case letters, digits and inner hyphens")
