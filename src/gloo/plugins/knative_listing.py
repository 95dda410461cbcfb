"""What services a Knative has: its objects of the kind Service, by the API of the cluster.

A service of the upstream's own namespace is called by its name, one of another with that: ``orders.sales``. It must
listen to the host that the upstream's requests are for, and have had a revision that was ready: such a service goes on
with that while a later one starts or fails.
"""

from typing import TYPE_CHECKING

from msgspec import Struct

from gloo.model.base import Model
from gloo.model.upstream import Function
from gloo.plugins.discovery import Discovered, Question
from gloo.plugins.kubernetes_listing import Listed, list_objects
from gloo.plugins.origin import Origin, parse_origin

if TYPE_CHECKING:
    import httpx


class _Address(Struct):
    url: str = ""


class _Status(Struct, rename="camel"):
    url: str = ""
    address: _Address | None = None
    latest_ready_revision_name: str = ""

    def hosts(self) -> list[str]:
        """Return the hosts that the service listens to: outside of the cluster, and inside."""
        hosts = []
        for url in (self.url, self.address.url if self.address else ""):
            try:
                hosts.append(parse_origin(url).host)
            except ValueError:
                continue
        return list(dict.fromkeys(hosts))


async def list_services(
    question: Question[Model], http: "httpx.AsyncClient", *, namespace: str, domain: str, alone: Origin | None
) -> Discovered:
    """Return the services of *namespace* and of those that the question names.

    Args:
        domain: what the hosts of services end in.
        alone: where the upstream's one service is; None for an upstream that is the gateway of all.

    Raises:
        ConfigError, DiscoveryError: as `gloo.plugins.kubernetes_listing.list_objects`.
    """
    kind = "serving.knative.dev/v1/services"
    found: list[Function] = []
    left_out: list[str] = []
    async for each in list_objects(question, http, kind=kind, own=namespace, status=_Status):
        if alone is not None and alone.host not in (each.status or _Status()).hosts():
            continue
        fault = _fault(each, "" if alone else domain)
        if fault:
            left_out.append(f"{each.metadata.name_from(namespace)}: {fault}")
            continue
        found.append(_function(each, namespace, alone=alone is not None))
        if question.enough(len(found)):
            break
    return Discovered(tuple(found), left_out=tuple(left_out))


def _fault(listed: Listed[_Status], domain: str) -> str:
    """Return why no request gets to a service, with a *domain* behind the gateway; empty where one does."""
    status, metadata = listed.status or _Status(), listed.metadata
    if not status.latest_ready_revision_name:
        return "no revision of it was ready yet"
    host = f"{metadata.name}.{metadata.namespace}.{domain}"
    if domain and host not in status.hosts():
        return f"it listens to {' and '.join(status.hosts()) or 'no host'}, and requests would be for {host}"
    return ""


def _function(listed: Listed[_Status], own: str, *, alone: bool) -> Function:
    metadata = listed.metadata
    elsewhere = {"service": metadata.name, "namespace": metadata.namespace}
    named = alone or metadata.namespace == own
    return Function(name=metadata.name_from(own), spec={} if named else elsewhere)
