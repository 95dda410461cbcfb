"""A configuration in which everything that takes secrets takes one: each type of upstream, and TLS on both sides."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.support.authority import Authority

from gloo.model.base import Json
from gloo.plugins.base import UpstreamPlugin
from gloo.plugins.registry import BUILT_IN

Secrets = dict[str, dict[str, str]]


@dataclass(frozen=True, slots=True)
class Places:
    """Where the upstreams are; by default nowhere."""

    aws: int = 1
    azure: str = "http://127.0.0.1:1"
    openfaas: str = "http://127.0.0.1:1"
    secure: int = 1


@dataclass(frozen=True, slots=True)
class Values:
    """The secret values, and the authority of all certificates."""

    aws: str = "aws-secret"
    azure: str = "azure-key"
    openfaas: str = "openfaas-word"
    authority: Authority = field(default_factory=Authority.make)


def secret_users(places: Places) -> Json:
    """Return the configuration: a route ``/TYPE`` for each type of upstream, and once more over TLS."""
    endpoint = {"host": "127.0.0.1", "port": places.aws, "tls": False}
    upstreams = [
        {
            "name": "aws",
            "type": "aws",
            "spec": {
                "region": "eu-west-1",
                "account_id": "123456789012",
                "secret_ref": "aws",
                "endpoint": endpoint,
            },
            "functions": [{"name": "f", "spec": {"function_name": "body"}}],
        },
        {
            "name": "azure",
            "type": "azure",
            "spec": {"function_app_name": "shop", "url": places.azure, "secret_ref": "azure-keys"},
            "functions": [{"name": "f", "spec": {"function_name": "Order", "auth_level": "function"}}],
        },
        {
            "name": "openfaas",
            "type": "openfaas",
            "spec": {"gateway": places.openfaas, "secret_ref": "openfaas"},
            "functions": [{"name": "f", "spec": {"function_name": "resize"}}],
        },
        {
            "name": "secure",
            "type": "service",
            "spec": {"hosts": [{"addr": "127.0.0.1", "port": places.secure}]},
            "ssl_config": {"ca_secret_ref": "upstream-ca", "secret_ref": "upstream-certificate"},
        },
    ]
    tls = {"secret_ref": "server-certificate", "client_ca_secret_ref": "client-ca"}
    routes = [*(_route(each, {"function": {"upstream_name": each, "function_name": "f"}}) for each in FUNCTIONS)]
    routes.append(_route("secure", {"upstream": {"name": "secure"}}))
    services = [
        {"name": "default", "routes": routes},
        {"name": "tls", "domains": ["secure.test"], "routes": routes, "ssl_config": tls},
    ]
    return {"upstreams": upstreams, "virtual_services": services}


def secrets_of(values: Values) -> Secrets:
    """Return what the configuration needs, in the shapes that it may have."""
    return {
        "aws": {"access_key": "AKIDTEST", "secret_key": values.aws},
        "azure-keys": {"Order": values.azure},
        "openfaas": {"username": "admin", "password": values.openfaas},
        "upstream-ca": {"ca.crt": values.authority.certificate},
        "upstream-certificate": values.authority.issue("gateway").data(),
        "server-certificate": values.authority.issue("secure.test").data(),
        "client-ca": {"ca.crt": values.authority.certificate},
    }


def plugins_with_secrets() -> Iterator[str]:
    """Yield the types of upstreams whose plugins take secrets."""
    for plugin in BUILT_IN:
        if isinstance(plugin, UpstreamPlugin) and type(plugin).secrets is not UpstreamPlugin.secrets:
            yield plugin.upstream_type


def _route(name: str, destination: Json) -> Json:
    return {"request_matcher": {"path_prefix": f"/{name}"}, "single_destination": destination}


FUNCTIONS = ("aws", "azure", "openfaas")
"""The types of upstreams with secrets of their own; a test holds that it is all of them."""
