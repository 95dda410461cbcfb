"""What the translator has to know of the machine."""

from gloo.model.base import Value


class Gateway(Value, frozen=True):
    """Where Envoy listens, and the certificate authorities that the machine trusts.

    Args:
        later_calls: how many calls that no client waits for may be under way in each worker of Envoy.
    """

    bind: str = "::"
    http_port: int = 8080
    https_port: int = 8443
    trusted_roots: bytes = b""
    later_calls: int = 1000
