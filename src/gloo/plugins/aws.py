"""AWS: Lambda functions.

.. code-block:: yaml

    name: orders
    type: aws
    spec:
      region: eu-west-1
      account_id: "123456789012"
      secret_ref: aws
    functions:
    - name: place
      spec: {function_name: place-order, qualifier: live, request: api_gateway_v2}

Envoy's own filter signs each call with the keys in the secret, and sends it to Lambda in the region. What the
function gets is the body of the request, or the whole request as an event of API Gateway or of a load balancer; its
answer is taken apart likewise. Both happen in a Lua filter; errors of the function and of Lambda are told as JSON.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from gloo.envoy.aws_lambda import LAMBDA_CLUSTER, AwsCall, AwsCredentials, aws_call, aws_filters
from gloo.envoy.cluster import Cluster, Endpoint
from gloo.envoy.route import Target
from gloo.envoy.stage import HttpFilter
from gloo.envoy.tls import UpstreamTls
from gloo.errors import ConfigError
from gloo.functions.aws_source import aws_source
from gloo.model.base import Model
from gloo.model.secret import Secret
from gloo.model.upstream import Upstream
from gloo.model.upstream_tls import is_address
from gloo.plugins.base import FunctionCall, UpstreamPlugin

RequestShape = Literal["passthrough", "api_gateway_v2", "api_gateway_v1", "alb", "envoy"]
ResponseShape = Literal["passthrough", "api_gateway", "alb"]

ACCESS_KEY = ("access_key", "aws_access_key_id")
SECRET_KEY = ("secret_key", "aws_secret_access_key")
SESSION_TOKEN = ("session_token", "aws_session_token")
MOST_BYTES = 7 * 2**20
"""A bit more than the 6 MiB that Lambda takes and gives, so that it is Lambda who says what is too much."""

_ANSWER_TO: Mapping[RequestShape, ResponseShape] = {
    "api_gateway_v2": "api_gateway",
    "api_gateway_v1": "api_gateway",
    "alb": "alb",
}


class AwsEndpoint(Model, frozen=True, kw_only=True):
    """Where Lambda is asked in place of its address in the region."""

    host: Annotated[str, Meta(min_length=1, pattern=r"^[^/: ]+$", description="an IPv4 address or a host name")]
    port: Annotated[int, Meta(ge=1, le=65535, description="a TCP port")] = 443
    tls: Annotated[bool, Meta(description="speak TLS")] = True


class AwsSpec(Model, frozen=True, kw_only=True):
    """Whose functions are called, and by whom."""

    region: Annotated[
        str, Meta(pattern=r"^[a-z]{2,4}(-[a-z]+)+-\d{1,2}$", description="where the functions are, e.g. eu-west-1")
    ]
    account_id: Annotated[str, Meta(pattern=r"^\d{12}$", description="the 12 digits of the account that owns them")]
    secret_ref: Annotated[
        str, Meta(min_length=1, description="the secret with `access_key`, `secret_key`, and `session_token` if any")
    ]
    role_arn: Annotated[str | None, Meta(description="a role to take on; not supported yet")] = None
    endpoint: Annotated[
        AwsEndpoint | None, Meta(description="another address of Lambda: a VPC endpoint, an emulator")
    ] = None

    @property
    def partition(self) -> str:
        return {"cn": "aws-cn", "us-gov": "aws-us-gov"}.get(self.region.rsplit("-", 2)[0], "aws")

    @property
    def host(self) -> str:
        domain = "amazonaws.com.cn" if self.partition == "aws-cn" else "amazonaws.com"
        return self.endpoint.host if self.endpoint else f"lambda.{self.region}.{domain}"


class AwsFunction(Model, frozen=True, kw_only=True):
    """One function, and what it takes and gives."""

    function_name: Annotated[
        str, Meta(pattern=r"^[a-zA-Z0-9_-]{1,64}$", description="its name in AWS, without account and region")
    ]
    qualifier: Annotated[
        str, Meta(pattern=r"^(\$LATEST|[a-zA-Z0-9_-]{1,128})?$", description="a version or an alias")
    ] = ""
    request: Annotated[
        RequestShape, Meta(description="what the function gets: the body, or the request as an event of that form")
    ] = "passthrough"
    response: Annotated[
        ResponseShape | None, Meta(description="what it gives; without a word: what goes with `request`")
    ] = None
    multi_value: Annotated[
        bool, Meta(description="with alb: each header and query name has a list of values, not the last one")
    ] = False

    def __post_init__(self) -> None:
        if self.multi_value and self.request != "alb":
            raise ValueError("multi_value goes with request: alb")
        if self.request == "envoy" and self.response is not None:
            raise ValueError("with request: envoy the answer is Envoy's too; leave response out")


class AwsExtension(Model, frozen=True, kw_only=True):
    """What a route may say about the function that it calls."""

    execution_style: Annotated[
        Literal["sync", "async"], Meta(description="async: answer 202 at once, the function runs later")
    ] = "sync"


class Aws(UpstreamPlugin[AwsSpec, AwsFunction, AwsExtension]):
    """Calls functions of AWS Lambda."""

    upstream_type: ClassVar[str] = "aws"
    functions_only = True
    spec_model = AwsSpec
    function_model = AwsFunction
    extension_model = AwsExtension

    def filters(self) -> tuple[HttpFilter, ...]:
        return aws_filters(aws_source())

    def secrets(self, spec: AwsSpec) -> tuple[str, ...]:
        return (spec.secret_ref,)

    def cluster(self, upstream: Upstream, spec: AwsSpec, secrets: Mapping[str, Secret]) -> Cluster:
        if spec.role_arn is not None:
            raise ConfigError("", "role_arn", "roles can't be taken on yet", "give the keys of a user by secret_ref")
        credentials_of(spec, secrets)
        place = spec.endpoint or AwsEndpoint(host=spec.host)
        named = not is_address(place.host)
        return Cluster(
            upstream.name,
            "logical_dns" if named else "static",
            (Endpoint(place.host, place.port, place.host if named else ""),),
            upstream.connection_timeout,
            tls=UpstreamTls() if place.tls else None,
            metadata=LAMBDA_CLUSTER,
        )

    def call(self, call: FunctionCall[AwsFunction, AwsExtension]) -> Target:
        spec, function = call.spec, call.function
        assert isinstance(spec, AwsSpec)
        asynchronous = call.extension.execution_style == "async"
        arn = f"arn:{spec.partition}:lambda:{spec.region}:{spec.account_id}:function:{function.function_name}"
        configs = aws_call(
            AwsCall(
                f"{arn}:{function.qualifier}" if function.qualifier else arn,
                spec.host,
                credentials_of(spec, call.secrets),
                asynchronous=asynchronous,
                wrap=function.request == "envoy",
                shape=tuple(_shape(call.name, spec, function, asynchronous=asynchronous)),
            )
        )
        filters = (*call.target.filters, *configs)
        return replace(call.target, filters=filters, host_rewrite=spec.host, sealed=True, held_bytes=MOST_BYTES)


def credentials_of(spec: AwsSpec, secrets: Mapping[str, Secret]) -> AwsCredentials:
    """Return what calls are signed with; raise ConfigError naming the key that the secret lacks."""
    secret = secrets[spec.secret_ref]
    found = [next((secret.data[name] for name in names if name in secret.data), "") for names in _KEYS]
    for names, value in zip(_KEYS, found, strict=True):
        if not value and names is not SESSION_TOKEN:
            raise ConfigError("", "secret_ref", f"the secret {secret.name!r} has no {names[0]}", f"or {names[1]}")
    return AwsCredentials(*(value.strip() for value in found))


_KEYS = (ACCESS_KEY, SECRET_KEY, SESSION_TOKEN)


def _shape(name: str, spec: AwsSpec, function: AwsFunction, *, asynchronous: bool) -> Iterator[tuple[str, str]]:
    """Yield what the Lua filter has to know of a call."""
    answer = function.response or _ANSWER_TO.get(function.request, "passthrough")
    yield "function", name
    yield "request", "alb_multi_value" if function.multi_value else function.request
    yield "response", "passthrough" if asynchronous else answer
    yield "account", spec.account_id
    yield "region", spec.region
