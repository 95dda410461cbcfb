"""Fn: functions of an Fn server, invoked by their ids or called by their HTTP triggers.

.. code-block:: yaml

    name: shop
    type: fn
    spec: {url: "http://fn.example.org:8080", app: shop}
    functions:
    - name: order
      spec: {id: 01F4Q0Z8MMNG8G00GZJ0000002}
    - name: price
      spec: {trigger: /price}

An invocation is a POST of the body to the function's id, whatever method and path the client used; Fn hands the body
and the headers to the function. A trigger is asked by the client's method, with its query, and Fn tells the function.
"""

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from msgspec import Meta

from gloo.envoy.cluster import Cluster
from gloo.envoy.route import HeaderChange, Target
from gloo.envoy.upstream_filters import METHOD, method_written, path_instead, path_written
from gloo.errors import ConfigError
from gloo.model.base import Model, replace
from gloo.model.secret import Secret
from gloo.model.upstream import Upstream
from gloo.plugins.base import FunctionCall, Nothing, UpstreamPlugin
from gloo.plugins.discovery import Discovered, Question
from gloo.plugins.fn_listing import FnDiscovery, list_functions
from gloo.plugins.origin import parse_origin

if TYPE_CHECKING:
    import httpx

TYPE_HEADER = "fn-invoke-type"
_PATH = re.compile(r"/[A-Za-z0-9._~/-]*\Z")


class FnSpec(Model, frozen=True, kw_only=True):
    """Where the server of Fn is."""

    url: Annotated[str, Meta(min_length=1, description="its URL, e.g. http://fn.example.org:8080")]
    app: Annotated[
        str, Meta(pattern=r"^[A-Za-z0-9_-]{0,255}$", description="the app whose triggers are called by default")
    ] = ""
    tls_verify: Annotated[bool, Meta(description="with https: its certificate must be for the host and trusted")] = True

    def __post_init__(self) -> None:
        try:
            parse_origin(self.url)
        except ValueError as error:
            raise ValueError(f"url {error}") from error


class FnFunction(Model, frozen=True, kw_only=True):
    """Which function is called, by its id or by a trigger."""

    id: Annotated[str, Meta(pattern=r"^[A-Za-z0-9._-]{0,255}$", description="invoke it by this id")] = ""
    trigger: Annotated[str, Meta(description="call it by this HTTP trigger: the trigger's source, a path")] = ""
    app: Annotated[
        str, Meta(pattern=r"^[A-Za-z0-9_-]{0,255}$", description="the trigger's app; without it that of the upstream")
    ] = ""
    intent: Annotated[
        Literal["httprequest", "cloudevent"] | None,
        Meta(description="with an id: what the function is to take the call for, `Fn-Intent`"),
    ] = None

    def __post_init__(self) -> None:
        if bool(self.id) == bool(self.trigger):
            raise ValueError("takes id or trigger: how it is called")
        if self.trigger and not _PATH.match(self.trigger):
            raise ValueError(f"trigger: {self.trigger!r} is no path, e.g. /price")
        if self.id and self.app:
            raise ValueError("takes app with trigger alone; an id needs none")
        if self.trigger and self.intent:
            raise ValueError("takes intent with id alone; Fn sees to that for triggers")


class Fn(UpstreamPlugin[FnSpec, FnFunction, Nothing]):
    """Calls functions of Fn."""

    upstream_type: ClassVar[str] = "fn"
    functions_only = True
    spec_model = FnSpec
    function_model = FnFunction
    discovery_model = FnDiscovery

    def cluster(self, upstream: Upstream, spec: FnSpec, secrets: Mapping[str, Secret]) -> Cluster:
        cluster = parse_origin(spec.url).cluster(upstream, verify=spec.tls_verify)
        return replace(cluster, filters=(path_written(), method_written()))

    def target(self, target: Target, spec: FnSpec) -> Target:
        return replace(target, auto_host_rewrite=True)

    def calls_later(self, function: FnFunction, spec: Model) -> bool:
        return bool(function.id)

    def call(self, call: FunctionCall[FnFunction, Nothing]) -> Target:
        assert isinstance(call.spec, FnSpec)
        changes = _trigger(call, call.spec) if call.function.trigger else _invocation(call, call.spec)
        return replace(call.target, request_headers=(*call.target.request_headers, *changes))

    def asks_unverified(self, spec: FnSpec, options: Model) -> bool:
        return not spec.tls_verify

    async def discover(self, question: Question[FnSpec], http: "httpx.AsyncClient") -> Discovered:
        return await list_functions(question, http, url=question.spec.url)


def _invocation(call: FunctionCall[FnFunction, Nothing], spec: FnSpec) -> Iterator[HeaderChange]:
    """Yield what makes a request an invocation. A client has no say in whether it is waited for."""
    yield path_instead(f"{parse_origin(spec.url).path}/invoke/{call.function.id}")
    yield HeaderChange(METHOD, "POST")
    yield HeaderChange(TYPE_HEADER, "detached" if call.later else "sync")
    if call.function.intent is not None:
        yield HeaderChange("fn-intent", call.function.intent)


def _trigger(call: FunctionCall[FnFunction, Nothing], spec: FnSpec) -> Iterator[HeaderChange]:
    app = call.function.app or spec.app
    if not app:
        hint = "write app in the upstream's spec, or beside the trigger"
        raise ConfigError("", "", f"function {call.name!r} has a trigger, and no app", hint)
    yield path_instead(f"{parse_origin(spec.url).path}/t/{app}{call.function.trigger}")
    yield HeaderChange(METHOD, "%REQ(:method)%", format=True)
    yield HeaderChange(TYPE_HEADER, "sync")
