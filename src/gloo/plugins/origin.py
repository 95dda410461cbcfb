"""Where functions are asked for: the scheme, host, port and path of a URL that users write."""

from urllib.parse import urlsplit

from gloo.envoy.cluster import Cluster, Endpoint
from gloo.envoy.tls import UpstreamTls
from gloo.model.base import Value
from gloo.model.upstream import Upstream
from gloo.model.upstream_tls import is_address

_PORTS = {"http": 80, "https": 443}


class Origin(Value, frozen=True):
    """The parts of a URL without user, query and fragment; `path` has no slash at its end."""

    scheme: str
    host: str
    port: int
    path: str = ""

    @property
    def authority(self) -> str:
        """The host as HTTP writes it, with a port that is not the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    def cluster(self, upstream: Upstream, *, verify: bool = True) -> Cluster:
        """Return the cluster of *upstream*, whose one host this is; *verify* is about TLS."""
        named = not is_address(self.host)
        return Cluster(
            upstream.name,
            "strict_dns" if named else "static",
            (Endpoint(self.host, self.port, self.host if named else ""),),
            upstream.connection_timeout,
            tls=UpstreamTls(verify=verify) if self.scheme == "https" else None,
        )


def parse_origin(url: str) -> Origin:
    """Return the parts of *url*; raise ValueError for what can't be used, naming the fact alone."""
    parts = urlsplit(url)
    if parts.scheme not in _PORTS or not parts.hostname:
        raise ValueError("is no URL that begins with http:// or https:// and a host")
    if parts.username is not None or parts.password is not None:
        raise ValueError("holds a user or password; they belong into a secret")
    if parts.query or parts.fragment:
        raise ValueError("holds a query or a fragment")
    return Origin(parts.scheme, parts.hostname, parts.port or _PORTS[parts.scheme], parts.path.rstrip("/"))
