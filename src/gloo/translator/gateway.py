"""What the translator has to know of the machine."""

from collections.abc import Mapping

from gloo.model.base import Value


class Gateway(Value, frozen=True):
    """Where Envoy listens, and the certificate authorities that the machine trusts.

    Args:
        later_calls: how many calls that no client waits for may be under way in each worker of Envoy.
        by_role: the gateways of roles that listen on ports of their own; these roles exist whatever is configured.
    """

    bind: str = "::"
    http_port: int = 8080
    https_port: int = 8443
    trusted_roots: bytes = b""
    later_calls: int = 1000
    by_role: Mapping[str, "Gateway"] = {}

    def of_role(self, role: str) -> "Gateway":
        """Return where the Envoys of *role* listen."""
        return self.by_role.get(role, self)
