"""Virtual services: domains and the ordered routes that live under them."""

import re
from typing import Annotated

from msgspec import Meta

from gloo.model.base import Model, Name
from gloo.model.jwt import Jwt
from gloo.model.metadata import Metadata
from gloo.model.route import Route
from gloo.model.ssl_config import SSLConfig
from gloo.model.status import Status

_PORT = re.compile(r":([1-9]\d{0,3}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d{2}|655[0-2]\d|6553[0-5])\Z")


def domain_of(written: str) -> str:
    """Return a domain as it is matched: in lower case, without port and final dot, and `*` for an empty one.

    Port and final dot of a request's host aren't looked at, so those that are written say nothing; what can't be a port
    stays.
    """
    small = written.lower()
    bare = _PORT.sub("", small) if ":" in small else small
    return (bare[:-1] if bare[-1:] == "." and bare != "*." else bare) or "*"


class VirtualService(Model, frozen=True, kw_only=True):
    """Routes for a domain or a set of domains."""

    name: Annotated[Name, Meta(description="unique among virtual services")]
    domains: Annotated[tuple[str, ...], Meta(description="hosts it answers for; empty is `*`, the default")] = ()
    routes: Annotated[tuple[Route, ...], Meta(description="the first route that matches gets the request")] = ()
    ssl_config: Annotated[SSLConfig | None, Meta(description="answer on the HTTPS port, with this certificate")] = None
    jwt: Annotated[Jwt | None, Meta(description="whose tokens its routes demand")] = None
    roles: Annotated[tuple[str, ...], Meta(description="which Envoys get it; empty is `ingress`")] = ()
    status: Annotated[Status | None, Meta(description="written by gloo; ignored in what you write")] = None
    metadata: Annotated[Metadata, Meta(description="marks kept by stores and tools")] = Metadata()

    @property
    def effective_domains(self) -> tuple[str, ...]:
        """The domains as they are matched, each once, with `*` for none."""
        return tuple(dict.fromkeys([domain_of(domain) for domain in self.domains])) or ("*",)
