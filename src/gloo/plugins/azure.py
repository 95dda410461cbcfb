"""Azure: functions of a function app.

.. code-block:: yaml

    name: shop
    type: azure
    spec: {function_app_name: example-shop, secret_ref: azure-keys}
    functions:
    - name: price
      spec: {auth_level: anonymous}
    - name: order
      spec: {function_name: Order, auth_level: function}

A function is called by its path below ``/api``, in place of the client's; method, query, headers and body pass as they
are. Its key is a header. All keys go to Envoy as secrets, where the one that a call needs is put on the request.
"""

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from msgspec import Meta

from gloo.envoy.cluster import Cluster
from gloo.envoy.route import FilterConfigs, HeaderChange, Target
from gloo.envoy.snapshot import Resource
from gloo.envoy.upstream_filters import CHOSEN, chosen, header_secret, injected, path_before, path_instead, path_written
from gloo.errors import ConfigError
from gloo.model.base import Model, replace
from gloo.model.secret import Secret
from gloo.model.upstream import Upstream
from gloo.plugins.azure_listing import AzureDiscovery, functions_by_management, functions_of_app
from gloo.plugins.base import FunctionCall, Nothing, UpstreamPlugin
from gloo.plugins.discovery import Discovered, Question
from gloo.plugins.origin import parse_origin

if TYPE_CHECKING:
    import httpx

KEY_HEADER = "x-functions-key"
MASTER = "_master"
_NO_KEY = "none"
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,127}\Z")


class AzureSpec(Model, frozen=True, kw_only=True):
    """Which function app is called, and with which keys."""

    function_app_name: Annotated[
        str, Meta(pattern=r"^[A-Za-z0-9]([A-Za-z0-9-]{0,58}[A-Za-z0-9])?$", description="the app's name in Azure")
    ]
    secret_ref: Annotated[str, Meta(description="the secret with a key for each function, or `_master` for all")] = ""
    url: Annotated[str, Meta(description="where the app is, if not at NAME.azurewebsites.net")] = ""
    route_prefix: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_/-]*$", description="the app's own prefix of paths")] = (
        "api"
    )
    tls_verify: Annotated[bool, Meta(description="with https: the certificate must be for the host and trusted")] = True

    def __post_init__(self) -> None:
        if self.url:
            try:
                parse_origin(self.url)
            except ValueError as error:
                raise ValueError(f"url {error}") from error

    @property
    def address(self) -> str:
        return self.url or f"https://{self.function_app_name}.azurewebsites.net"


class AzureFunction(Model, frozen=True, kw_only=True):
    """Which function is called, and what key it wants."""

    function_name: Annotated[str, Meta(description="its name in the app; without it its name here")] = ""
    auth_level: Annotated[
        Literal["anonymous", "function", "admin"], Meta(description="which key: none, its own, or the app's master key")
    ] = "anonymous"

    pass_path: Annotated[
        bool, Meta(description="put the client's path after the function's own, for one whose route has parameters")
    ] = False

    def __post_init__(self) -> None:
        if self.function_name and not _NAME.match(self.function_name):
            raise ValueError(f"function_name: {self.function_name!r} is no name of a function")


class Azure(UpstreamPlugin[AzureSpec, AzureFunction, Nothing]):
    """Calls functions of Azure."""

    upstream_type: ClassVar[str] = "azure"
    functions_only = True
    spec_model = AzureSpec
    function_model = AzureFunction
    discovery_model = AzureDiscovery

    def secrets(self, spec: AzureSpec) -> tuple[str, ...]:
        return (spec.secret_ref,) if spec.secret_ref else ()

    def cluster(self, upstream: Upstream, spec: AzureSpec, secrets: Mapping[str, Secret]) -> Cluster:
        cluster = replace(
            parse_origin(spec.address).cluster(upstream, verify=spec.tls_verify), filters=(path_written(),)
        )
        if not spec.secret_ref:
            return cluster
        keys = tuple(_keys(upstream, secrets[spec.secret_ref]))
        inject: FilterConfigs = tuple(injected(key_header(key.name.rpartition("/")[2]), key.name) for key in keys)
        choose = chosen(KEY_HEADER, tuple(key_header(key.name.rpartition("/")[2]) for key in keys))
        return replace(cluster, filters=(*cluster.filters, *inject, choose), secrets=keys)

    def target(self, target: Target, spec: AzureSpec) -> Target:
        return replace(target, auto_host_rewrite=True)

    def check_function(self, name: str, function: AzureFunction) -> None:
        own = name.partition("/")[2]
        if not function.function_name and not _NAME.match(own):
            raise ConfigError("", "function_name", f"is needed, for {own!r} is no name of a function in Azure")

    def call(self, call: FunctionCall[AzureFunction, Nothing]) -> Target:
        spec, function = call.spec, call.function
        assert isinstance(spec, AzureSpec)
        name = function.function_name or call.name.partition("/")[2]
        prefix = f"/{spec.route_prefix.strip('/')}" if spec.route_prefix.strip("/") else ""
        written = path_before if function.pass_path else path_instead
        changes = [written(f"{parse_origin(spec.address).path}{prefix}/{name}")]
        if spec.secret_ref or function.auth_level != "anonymous":
            changes.append(HeaderChange(CHOSEN, _key_for(name, function, spec, call.secrets)))
        return replace(call.target, request_headers=(*call.target.request_headers, *changes))

    def discovery_secrets(self, upstream: Upstream, spec: AzureSpec, options: Model) -> tuple[str, ...]:
        assert isinstance(options, AzureDiscovery)
        name = options.secret_ref or spec.secret_ref
        if not name:
            raise ConfigError("", "spec.secret_ref", "is needed to ask for functions", "with the app's key `_master`")
        return (name,)

    def asks_unverified(self, spec: AzureSpec, options: Model) -> bool:
        assert isinstance(options, AzureDiscovery)
        return not spec.tls_verify and not options.subscription_id

    async def discover(self, question: Question[AzureSpec], http: "httpx.AsyncClient") -> Discovered:
        spec, options = question.spec, question.options
        assert isinstance(options, AzureDiscovery)
        if options.subscription_id:
            return await functions_by_management(question, http, app=spec.function_app_name)
        (name,) = self.discovery_secrets(question.upstream, spec, options)
        return await functions_of_app(http, address=spec.address, secret=question.secrets[name])


def key_header(entry: str) -> str:
    """Return the header in which Envoy holds the key of an entry of the secret, until one is chosen."""
    return f"x-gloo-key-{entry.lower()}"


def _keys(upstream: Upstream, secret: Secret) -> Iterator[Resource]:
    """Yield the keys that the functions of *upstream* may need, each as a secret for Envoy."""
    names = {str(each.spec.get("function_name") or each.name) for each in upstream.functions}
    for entry, value in sorted(secret.data.items()):
        if entry in names | {MASTER} and value.strip():
            if not (value.strip().isascii() and value.strip().isprintable()):
                problem = f"the key {entry!r} in the secret {secret.name!r} holds what no header can"
                raise ConfigError("", "secret_ref", problem)
            yield header_secret(f"azure/{upstream.name}/{entry}", value.strip())


def _key_for(name: str, function: AzureFunction, spec: AzureSpec, secrets: Mapping[str, Secret]) -> str:
    """Return the header that holds the key for a call; raise ConfigError when the secret has none."""
    if function.auth_level == "anonymous":
        return _NO_KEY
    if not spec.secret_ref:
        raise ConfigError("", "", f"function {name!r} wants a key, and the upstream has no secret_ref")
    data = secrets[spec.secret_ref].data
    entries = (name, MASTER) if function.auth_level == "function" else (MASTER,)
    for entry in entries:
        if data.get(entry, "").strip():
            return key_header(entry)
    looked = " or ".join(repr(entry) for entry in entries)
    raise ConfigError("", "", f"the secret {spec.secret_ref!r} has no {looked}, which function {name!r} wants")
