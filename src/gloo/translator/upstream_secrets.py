"""Certificates that `ssl_config` of an upstream names, as the resources in which Envoy gets them.

A module of its own because reading certificates takes a library that few configurations need.
"""

from collections.abc import Mapping

from gloo.envoy.downstream_tls import authorities_secret, certificate_secret
from gloo.envoy.snapshot import Resource
from gloo.errors import ConfigError
from gloo.model.certificate import read_authorities, read_pair
from gloo.model.secret import Secret
from gloo.model.upstream_tls import UpstreamSslConfig


def authorities(upstream: str, ssl: UpstreamSslConfig, secrets: Mapping[str, Secret]) -> Resource | None:
    """Return the certificate authorities that *ssl* trusts; None for those of the machine.

    Raises:
        ConfigError: the text or the secret holds none.
    """
    if ssl.trusted_ca is not None:
        name, field, data = f"trusted-ca/{upstream}", "ssl_config.trusted_ca", {"ca.crt": ssl.trusted_ca}
    elif ssl.ca_secret_ref is not None:
        name, field = f"upstream-authorities/{ssl.ca_secret_ref}", "ssl_config.ca_secret_ref"
        data = dict(secrets[ssl.ca_secret_ref].data)
    else:
        return None
    try:
        pem = read_authorities(data)
    except ConfigError as error:
        hint = "certificate authorities as PEM: -----BEGIN CERTIFICATE-----"
        raise ConfigError("", field, _said(ssl.ca_secret_ref, error), hint) from error
    return authorities_secret(name, pem)


def certificate(ssl: UpstreamSslConfig, secrets: Mapping[str, Secret]) -> Resource | None:
    """Return the certificate and key that *ssl* shows to the upstream; None for none.

    Raises:
        ConfigError: the secret holds no such pair.
    """
    if ssl.secret_ref is None:
        return None
    try:
        pair = read_pair(secrets[ssl.secret_ref].data)
    except ConfigError as error:
        raise ConfigError("", "ssl_config.secret_ref", _said(ssl.secret_ref, error), error.hint) from error
    return certificate_secret(f"upstream-certificate/{ssl.secret_ref}", pair.chain, pair.private_key)


def _said(secret: str | None, error: ConfigError) -> str:
    return f"secret {secret!r}: {error.problem}" if secret is not None else error.problem
