"""Virtual services: domains and the ordered routes that live under them."""

from typing import Annotated

from msgspec import Meta

from gloo.model.base import Model, Name
from gloo.model.metadata import Metadata
from gloo.model.route import Route
from gloo.model.status import Status


class SSLConfig(Model, frozen=True, kw_only=True):
    """The certificate that a virtual service answers with."""

    secret_ref: Annotated[str, Meta(min_length=1, description="the secret that holds certificate chain and key")]


class VirtualService(Model, frozen=True, kw_only=True):
    """Routes for a domain or a set of domains."""

    name: Annotated[Name, Meta(description="unique among virtual services")]
    domains: Annotated[tuple[str, ...], Meta(description="hosts it answers for; empty is `*`, the default")] = ()
    routes: Annotated[tuple[Route, ...], Meta(description="the first route that matches gets the request")] = ()
    ssl_config: Annotated[SSLConfig | None, Meta(description="answer on the HTTPS port, with this certificate")] = None
    roles: Annotated[tuple[str, ...], Meta(description="which Envoys get it; empty is `ingress`")] = ()
    status: Annotated[Status | None, Meta(description="written by gloo; ignored in what you write")] = None
    metadata: Annotated[Metadata, Meta(description="marks kept by stores and tools")] = Metadata()

    @property
    def effective_domains(self) -> tuple[str, ...]:
        """The domains, in lower case, with `*` for none and for an empty one."""
        return tuple(dict.fromkeys(domain.lower() or "*" for domain in self.domains)) or ("*",)
