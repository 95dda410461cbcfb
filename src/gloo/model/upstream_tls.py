"""TLS towards an upstream: `ssl_config`."""

import ipaddress
import re
from collections.abc import Mapping
from typing import Annotated

from msgspec import Meta

from gloo.model.base import Model
from gloo.model.http_name import is_host

_IPV4 = re.compile(r"(?:(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(?:\.(?!\Z)|\Z)){4}\Z")
_Text = Annotated[str, Meta(min_length=1, max_length=253)]


class UpstreamSslConfig(Model, frozen=True, kw_only=True):
    """Speak TLS to the upstream: what is expected of its certificate, and which one is shown to it."""

    sni: Annotated[_Text | None, Meta(description="the host name to ask for; by default each host's own name")] = None
    verify: Annotated[bool, Meta(description="false: take any certificate, from anybody")] = True
    trusted_ca: Annotated[
        str | None, Meta(description="certificate authorities as PEM text, in place of those that this machine trusts")
    ] = None
    ca_secret_ref: Annotated[
        _Text | None, Meta(description="the secret that holds the certificate authorities: ca.crt, or ca_chain")
    ] = None
    subject_alt_names: Annotated[
        tuple[_Text, ...],
        Meta(description="names, addresses or URIs of which the certificate must have one, in place of the host's own"),
    ] = ()
    secret_ref: Annotated[
        _Text | None,
        Meta(description="the secret with our own certificate: tls.crt and tls.key, or ca_chain and private_key"),
    ] = None

    def __post_init__(self) -> None:
        if self.sni is not None and is_address(self.sni):
            raise ValueError("sni is a host name, never an IP address (RFC 6066); leave it out")
        if self.sni is not None and not is_host(self.sni, port=False):
            raise ValueError(f"sni: {self.sni!r} is no host name")
        if self.trusted_ca is not None and self.ca_secret_ref is not None:
            raise ValueError("takes trusted_ca or ca_secret_ref, not both")
        trust = {
            "trusted_ca": self.trusted_ca,
            "ca_secret_ref": self.ca_secret_ref,
            "subject_alt_names": self.subject_alt_names,
        }
        if not self.verify and (given := [name for name, value in trust.items() if value]):
            raise ValueError(f"verify: false checks nothing, so {' and '.join(given)} would be without effect")

    @property
    def secrets(self) -> Mapping[str, str]:
        """The fields that name secrets, by the names of the secrets that it needs."""
        named = {self.ca_secret_ref: "ca_secret_ref", self.secret_ref: "secret_ref"}
        return {name: field for name, field in named.items() if name is not None}


def is_address(host: str) -> bool:
    """Tell an IP address from a host name."""
    if _IPV4.match(host):  # the rule of `ipaddress`, at a tenth of its price
        return True
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
