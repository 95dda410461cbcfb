"""Service: hosts that are known by address.

.. code-block:: yaml

    name: petstore
    type: service
    spec:
      hosts:
      - {addr: petstore.example.org, port: 443}

Envoy balances over all hosts. Host names are resolved by DNS, again and again as their records expire. A service
with a host on port 443 is spoken to by TLS, unless `tls` says otherwise; how, the upstream's `ssl_config` can say.
"""

from collections.abc import Mapping
from typing import Annotated, ClassVar

from msgspec import Meta

from gloo.envoy.cluster import Cluster, Endpoint
from gloo.envoy.route import Target
from gloo.envoy.tls import UpstreamTls
from gloo.errors import ConfigError
from gloo.model.base import Model, replace
from gloo.model.secret import Secret
from gloo.model.upstream import Upstream
from gloo.model.upstream_tls import is_address
from gloo.plugins.base import Nothing, UpstreamPlugin


class Host(Model, frozen=True, kw_only=True):
    """One host of a service."""

    addr: Annotated[str, Meta(min_length=1, description="an IP address or a host name")]
    port: Annotated[int, Meta(ge=1, le=65535, description="a TCP port")]
    metadata: Annotated[Mapping[str, str], Meta(description="marks, for host_metadata() in response templates")] = {}


class ServiceSpec(Model, frozen=True, kw_only=True):
    """Where a service is."""

    hosts: Annotated[tuple[Host, ...], Meta(min_length=1, description="requests are balanced over all of them")]
    enable_ipv6: Annotated[bool, Meta(description="take IPv6 addresses of host names too")] = False
    tls: Annotated[bool | None, Meta(description="speak TLS; without a word: when a port is 443")] = None
    tls_verify: Annotated[bool, Meta(description="with TLS: the certificate must be for the host and trusted")] = True

    @property
    def uses_tls(self) -> bool:
        return any(host.port == 443 for host in self.hosts) if self.tls is None else self.tls


class Service(UpstreamPlugin[ServiceSpec, Nothing, Nothing]):
    """Sends requests to hosts that are known by address."""

    upstream_type: ClassVar[str] = "service"
    spec_model = ServiceSpec

    def cluster(self, upstream: Upstream, spec: ServiceSpec, secrets: Mapping[str, Secret]) -> Cluster:
        _check_options(upstream, spec)
        endpoints = tuple(_endpoint(host, f"hosts[{index}].addr") for index, host in enumerate(spec.hosts))
        return Cluster(
            upstream.name,
            "strict_dns" if any(each.hostname for each in endpoints) else "static",
            endpoints,
            upstream.connection_timeout,
            tls=UpstreamTls(verify=spec.tls_verify) if spec.uses_tls else None,
            ipv6=spec.enable_ipv6,
        )

    def target(self, target: Target, spec: ServiceSpec) -> Target:
        """Ask a TLS host by its own name: behind shared addresses nothing else would find it."""
        return replace(target, auto_host_rewrite=True) if spec.uses_tls else target


def _check_options(upstream: Upstream, spec: ServiceSpec) -> None:
    """Raise ConfigError where `spec` and the options beside it say two things."""
    if upstream.ssl_config is not None and spec.tls is False:
        raise ConfigError("", "tls", "false, but there is an ssl_config", "leave one of them out")
    if upstream.ssl_config is not None and not spec.tls_verify:
        raise ConfigError("", "tls_verify", "is given beside ssl_config", "write ssl_config: {verify: false}")
    if spec.enable_ipv6 and upstream.dns is not None and upstream.dns.family is not None:
        raise ConfigError("", "enable_ipv6", "is given beside dns.family", "leave one of them out")


def _endpoint(host: Host, field: str) -> Endpoint:
    """Return *host* with its name, or without one for an IP address; raise ConfigError for what is neither."""
    marks = tuple(sorted(host.metadata.items()))
    if is_address(host.addr):
        return Endpoint(host.addr, host.port, marks=marks)
    if set(host.addr) & set("/: "):
        hint = "without scheme, port or path"
        raise ConfigError("", field, f"{host.addr!r} is no host name or IP address", hint)
    return Endpoint(host.addr, host.port, host.addr, marks=marks)
