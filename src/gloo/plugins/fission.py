"""Fission: functions behind its router.

.. code-block:: yaml

    name: fission
    type: fission
    spec: {router: "http://router-internal.fission"}
    functions:
    - name: resize
    - name: report
      spec: {function_name: figures, namespace: finance}

The internal router has a path for each function; the client's path and query go behind it, and method, headers and body
pass as they are. With `trigger` it is the URL of an HTTP trigger instead, on the router that the world sees; the
client's path goes behind one that ends in a slash, as such a trigger has a prefix.
"""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, ClassVar

from msgspec import Meta

from gloo.envoy.cluster import Cluster
from gloo.envoy.route import HeaderChange, Target
from gloo.envoy.upstream_filters import path_before, path_instead, path_written
from gloo.errors import ConfigError
from gloo.model.base import Model, replace
from gloo.model.secret import Secret
from gloo.model.upstream import Upstream
from gloo.plugins.base import FunctionCall, Nothing
from gloo.plugins.discovery import Discovered, Question
from gloo.plugins.fission_listing import list_functions
from gloo.plugins.kubernetes_listing import AsksKubernetes
from gloo.plugins.origin import parse_origin

if TYPE_CHECKING:
    import httpx

DEFAULT_NAMESPACE = "default"
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\Z")
_PATH = re.compile(r"/[A-Za-z0-9._~/-]*\Z")


class FissionSpec(Model, frozen=True, kw_only=True):
    """Where the router of Fission is."""

    router: Annotated[str, Meta(min_length=1, description="its URL, e.g. http://router-internal.fission")]
    namespace: Annotated[str, Meta(description="where functions are that name no namespace")] = DEFAULT_NAMESPACE
    tls_verify: Annotated[bool, Meta(description="with https: its certificate must be for the host and trusted")] = True

    def __post_init__(self) -> None:
        try:
            parse_origin(self.router)
        except ValueError as error:
            raise ValueError(f"router {error}") from error
        _check_name("namespace", self.namespace)


class FissionFunction(Model, frozen=True, kw_only=True):
    """Which function is called."""

    function_name: Annotated[str, Meta(description="its name there; without it the function's name here")] = ""
    namespace: Annotated[str, Meta(description="its namespace; without it that of the upstream")] = ""
    version: Annotated[str, Meta(description="one of its versions or aliases; without it the function itself")] = ""
    trigger: Annotated[
        str, Meta(description="in place of all that: the URL or prefix of an HTTP trigger, e.g. /price or /shop/")
    ] = ""

    def __post_init__(self) -> None:
        for field in ("function_name", "namespace", "version"):
            _check_name(field, getattr(self, field))
        if self.trigger and (self.function_name or self.namespace or self.version):
            raise ValueError("takes trigger, or what names a function, not both")
        if self.trigger and not _PATH.match(self.trigger):
            raise ValueError(f"trigger: {self.trigger!r} is no path without placeholders")


class Fission(AsksKubernetes[FissionSpec, FissionFunction]):
    """Calls functions of Fission."""

    upstream_type: ClassVar[str] = "fission"
    functions_only = True
    spec_model = FissionSpec
    function_model = FissionFunction

    def cluster(self, upstream: Upstream, spec: FissionSpec, secrets: Mapping[str, Secret]) -> Cluster:
        return replace(parse_origin(spec.router).cluster(upstream, verify=spec.tls_verify), filters=(path_written(),))

    def target(self, target: Target, spec: FissionSpec) -> Target:
        return replace(target, auto_host_rewrite=True)

    def check_function(self, name: str, function: FissionFunction) -> None:
        own = name.partition("/")[2]
        if not (function.trigger or function.function_name or _NAME.match(own)):
            raise ConfigError("", "function_name", f"is needed, for {own!r} is no name of Fission")

    def takes_connections(self, function: FissionFunction) -> bool:
        return True

    def call(self, call: FunctionCall[FissionFunction, Nothing]) -> Target:
        spec, function = call.spec, call.function
        assert isinstance(spec, FissionSpec)
        change = _path(parse_origin(spec.router).path, call.name.partition("/")[2], function, spec)
        return replace(call.target, request_headers=(*call.target.request_headers, change))

    async def discover(self, question: Question[FissionSpec], http: "httpx.AsyncClient") -> Discovered:
        return await list_functions(question, http, namespace=question.spec.namespace)


def _path(before: str, own: str, function: FissionFunction, spec: FissionSpec) -> HeaderChange:
    if not function.trigger:
        return path_before(before + _internal_path(own, function, spec))
    if function.trigger.endswith("/"):
        return path_before(before + function.trigger.rstrip("/"))
    return path_instead(before + function.trigger)


def _internal_path(own: str, function: FissionFunction, spec: FissionSpec) -> str:
    """Return the path of *function* on the internal router; Fission leaves its default namespace out."""
    namespace = function.namespace or spec.namespace
    name = f"{function.function_name or own}{f':{function.version}' if function.version else ''}"
    return f"/fission-function/{name}" if namespace == DEFAULT_NAMESPACE else f"/fission-function/{namespace}/{name}"


def _check_name(field: str, name: str) -> None:
    if name and not _NAME.match(name):
        raise ValueError(f"{field}: {name!r} is no name of Fission: lower-case letters, digits and inner hyphens")
