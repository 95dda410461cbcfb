"""OpenFaaS: functions behind its gateway, called and waited for, or called later.

.. code-block:: yaml

    name: faas
    type: openfaas
    spec: {gateway: "http://gateway.openfaas:8080", secret_ref: openfaas}
    functions:
    - name: resize
    - name: report
      spec: {function_name: report, namespace: finance, callback_url: "https://example.org/done"}

The path of a call is the gateway's own path of the function with the client's path and query after it; method, headers
and body pass as they are. The secret goes to Envoy on its own way and is put on each request there.
"""

import base64
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, ClassVar

from msgspec import Meta

from gloo.envoy.cluster import Cluster
from gloo.envoy.route import HeaderChange, Target
from gloo.envoy.upstream_filters import header_secret, injected, path_before, path_written
from gloo.errors import ConfigError
from gloo.model.base import Model, replace
from gloo.model.secret import Secret
from gloo.model.upstream import Upstream
from gloo.plugins.base import FunctionCall, Nothing, UpstreamPlugin
from gloo.plugins.discovery import Discovered, Question
from gloo.plugins.openfaas_listing import OpenFaasDiscovery, list_functions
from gloo.plugins.origin import parse_origin

if TYPE_CHECKING:
    import httpx

_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\Z")
_USER = ("username", "basic-auth-user")
_PASSWORD = ("password", "basic-auth-password")


class OpenFaasSpec(Model, frozen=True, kw_only=True):
    """Where the gateway of OpenFaaS is, and who calls."""

    gateway: Annotated[str, Meta(min_length=1, description="its URL, e.g. http://gateway.openfaas:8080")]
    secret_ref: Annotated[
        str, Meta(description="the secret with `username` and `password` for basic authentication")
    ] = ""
    namespace: Annotated[str, Meta(description="where functions are that name no namespace; else OpenFaaS's own")] = ""
    tls_verify: Annotated[bool, Meta(description="with https: its certificate must be for the host and trusted")] = True

    def __post_init__(self) -> None:
        _check_url("gateway", self.gateway)
        _check_name("namespace", self.namespace)


class OpenFaasFunction(Model, frozen=True, kw_only=True):
    """Which function is called."""

    function_name: Annotated[str, Meta(description="its name there; without it the function's name here")] = ""
    namespace: Annotated[str, Meta(description="its namespace; without it that of the upstream")] = ""
    callback_url: Annotated[str, Meta(description="gets the answer of an asynchronous call")] = ""

    def __post_init__(self) -> None:
        _check_name("function_name", self.function_name)
        _check_name("namespace", self.namespace)
        if self.callback_url:
            _check_url("callback_url", self.callback_url.partition("?")[0])


class OpenFaas(UpstreamPlugin[OpenFaasSpec, OpenFaasFunction, Nothing]):
    """Calls functions of OpenFaaS."""

    upstream_type: ClassVar[str] = "openfaas"
    functions_only = True
    spec_model = OpenFaasSpec
    function_model = OpenFaasFunction
    discovery_model = OpenFaasDiscovery

    def secrets(self, spec: OpenFaasSpec) -> tuple[str, ...]:
        return (spec.secret_ref,) if spec.secret_ref else ()

    def cluster(self, upstream: Upstream, spec: OpenFaasSpec, secrets: Mapping[str, Secret]) -> Cluster:
        cluster = replace(
            parse_origin(spec.gateway).cluster(upstream, verify=spec.tls_verify), filters=(path_written(),)
        )
        if not spec.secret_ref:
            return cluster
        authorization = header_secret(f"openfaas/{upstream.name}", _basic(secrets[spec.secret_ref]))
        inject = injected("authorization", authorization.name)
        return replace(cluster, filters=(*cluster.filters, inject), secrets=(authorization,))

    def target(self, target: Target, spec: OpenFaasSpec) -> Target:
        return replace(target, auto_host_rewrite=True)

    def check_function(self, name: str, function: OpenFaasFunction) -> None:
        own = name.partition("/")[2]
        if not function.function_name and not _NAME.match(own):
            raise ConfigError("", "function_name", f"is needed, for {own!r} is no name of OpenFaaS")

    def calls_later(self, function: OpenFaasFunction, spec: Model) -> bool:
        return True

    def takes_connections(self, function: OpenFaasFunction) -> bool:
        return True

    def call(self, call: FunctionCall[OpenFaasFunction, Nothing]) -> Target:
        spec, function = call.spec, call.function
        assert isinstance(spec, OpenFaasSpec)
        name = function.function_name or call.name.partition("/")[2]
        namespace = function.namespace or spec.namespace
        place = f"/{'async-function' if call.later else 'function'}/{name}{f'.{namespace}' if namespace else ''}"
        changes = [path_before(parse_origin(spec.gateway).path + place)]
        if call.later and function.callback_url:
            changes.append(HeaderChange("x-callback-url", function.callback_url))
        return replace(call.target, request_headers=(*call.target.request_headers, *changes))

    def asks_unverified(self, spec: OpenFaasSpec, options: Model) -> bool:
        return not spec.tls_verify

    async def discover(self, question: Question[OpenFaasSpec], http: "httpx.AsyncClient") -> Discovered:
        spec = question.spec
        basic = _basic(question.secrets[spec.secret_ref]) if spec.secret_ref else ""
        return await list_functions(question, http, gateway=spec.gateway, namespace=spec.namespace, authorization=basic)


def _basic(secret: Secret) -> str:
    """Return the header for basic authentication (RFC 7617); raise ConfigError naming the key that is missing."""
    user, password = (next((secret.data[key] for key in keys if key in secret.data), "") for keys in (_USER, _PASSWORD))
    for keys, value in ((_USER, user), (_PASSWORD, password)):
        if not value.strip():
            raise ConfigError("", "secret_ref", f"the secret {secret.name!r} has no {keys[0]}", f"or {keys[1]}")
    if ":" in user:
        raise ConfigError("", "secret_ref", f"the user name in the secret {secret.name!r} holds a colon")
    text = f"{user.strip()}:{password.strip()}"
    return f"Basic {base64.b64encode(text.encode()).decode()}"


def _check_url(field: str, url: str) -> None:
    try:
        parse_origin(url)
    except ValueError as error:
        raise ValueError(f"{field} {error}") from error


def _check_name(field: str, name: str) -> None:
    if name and not _NAME.match(name):
        raise ValueError(f"{field}: {name!r} is no name of OpenFaaS: lower-case letters, digits and inner hyphens")
