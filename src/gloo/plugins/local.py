"""Local: Python functions in a file beside the configuration, run by the gateway itself.

.. code-block:: yaml

    name: shop
    type: local
    spec: {module: functions/shop.py}
    functions:
    - name: price
      spec: {handler: price, kind: lambda}
    - name: greet
      spec: {kind: google}

A worker process loads the file and serves its functions on a Unix socket in the gateway's runtime folder; Envoy asks
it there, and says by a header which function a request is for. The worker lives as long as its upstream is accepted.
"""

import hashlib
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Annotated, ClassVar
from urllib.parse import quote

from msgspec import Meta

from gloo.envoy.cluster import Cluster, Endpoint
from gloo.envoy.route import HeaderChange, Target
from gloo.errors import ConfigError
from gloo.model.base import Model, replace
from gloo.model.connection import Connection
from gloo.model.secret import Secret
from gloo.model.upstream import Upstream
from gloo.plugins.base import FunctionCall, FunctionKind, Nothing, PythonFunction, PythonWorker, UpstreamPlugin
from gloo.plugins.discovery import Discovered, Question
from gloo.plugins.local_listing import LocalDiscovery, functions_in

if TYPE_CHECKING:
    import httpx

FUNCTION_HEADER = "x-gloo-function"
_ONE_EACH = Connection(max_requests_per_connection=1)  # a worker that is replaced then has no idle connections to close


class LocalSpec(Model, frozen=True, kw_only=True):
    """Where the functions are."""

    module: Annotated[str, Meta(min_length=1, description="a Python file in the configuration folder, by its path")]

    def __post_init__(self) -> None:
        path = PurePosixPath(self.module)
        if path.is_absolute() or ".." in path.parts:
            raise ValueError("module must be a path below the configuration folder")
        if path.suffix != ".py":
            raise ValueError("module must be a file that ends in .py")


class LocalFunction(Model, frozen=True, kw_only=True):
    """What stands for a function in the module."""

    handler: Annotated[
        str,
        Meta(description="its name in the module, dots for what is inside; without it the function's own name"),
    ] = ""
    kind: Annotated[
        FunctionKind,
        Meta(description="how it is called: with a Lambda event, a Google request, a CloudEvent, or as an ASGI app"),
    ] = "lambda"


class Local(UpstreamPlugin[LocalSpec, LocalFunction, Nothing]):
    """Sends requests to Python functions that the gateway itself runs."""

    upstream_type: ClassVar[str] = "local"
    functions_only = True
    spec_model = LocalSpec
    function_model = LocalFunction
    discovery_model = LocalDiscovery
    asks_nobody = True

    def cluster(self, upstream: Upstream, spec: LocalSpec, secrets: Mapping[str, Secret]) -> Cluster:
        _check_options(upstream)
        endpoint = Endpoint("", 0, pipe=socket_of(upstream.name))
        return Cluster(upstream.name, "static", (endpoint,), upstream.connection_timeout, connection=_ONE_EACH)

    def check_function(self, name: str, function: LocalFunction) -> None:
        if function.handler and not all(part.isidentifier() for part in function.handler.split(".")):
            raise ConfigError("", "handler", f"{function.handler!r} is no name in a Python module")

    def takes_connections(self, function: LocalFunction) -> bool:
        return function.kind == "asgi"

    def call(self, call: FunctionCall[LocalFunction, Nothing]) -> Target:
        name = call.name.partition("/")[2]
        return replace(call.target, request_headers=(HeaderChange(FUNCTION_HEADER, quote(name, safe="")),))

    def worker(self, upstream: Upstream, spec: LocalSpec, functions: Mapping[str, LocalFunction]) -> PythonWorker:
        places = {each.name: f"functions[{index}]" for index, each in enumerate(upstream.functions)}
        found = (
            PythonFunction(name, each.handler or name, each.kind, places[name]) for name, each in functions.items()
        )
        return PythonWorker(upstream.name, spec.module, tuple(found), socket_of(upstream.name))

    async def discover(self, question: Question[LocalSpec], http: "httpx.AsyncClient") -> Discovered:
        return await functions_in(question.folder, question.spec.module)


def socket_of(upstream: str) -> str:
    """Return the name of the worker's socket, 20 characters whatever the length of the upstream's."""
    return f"fn-{hashlib.blake2b(upstream.encode(), digest_size=6).hexdigest()}.sock"


def _check_options(upstream: Upstream) -> None:
    """Raise ConfigError for options that a worker on this machine can't follow."""
    given = {
        "ssl_config": upstream.ssl_config is not None,
        "http2": bool(upstream.http2),
        "proxy_protocol": upstream.proxy_protocol is not None,
        "service_info": upstream.service_info is not None,
    }
    for name, is_given in given.items():
        if is_given:
            raise ConfigError("", "module", f"its functions go without {name}", f"leave {name} out")
