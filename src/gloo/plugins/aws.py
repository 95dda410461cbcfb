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

What the function gets is the body of the request, or the whole request as an event of API Gateway or of a load
balancer; its answer is taken apart likewise. Both happen in a Lua filter; errors of the function and of Lambda are told
as JSON. Envoy signs each call with the keys in the secret, of the environment or of a role, and sends it to Lambda in
the region. An upstream with a `url` is one function at a URL of its own (a Function URL): it gets requests as they are,
signed too, and its answer is passed on as it comes.
"""

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from msgspec import Meta

from gloo.envoy.aws_lambda import AwsCredentials, aws_call, aws_filters, signed, unsigned_headers
from gloo.envoy.cluster import Cluster, Endpoint
from gloo.envoy.route import HeaderChange, Target
from gloo.envoy.stage import HttpFilter
from gloo.envoy.tls import UpstreamTls
from gloo.errors import ConfigError, MissingReference
from gloo.functions.aws_source import aws_source
from gloo.model.base import Model, replace
from gloo.model.secret import Secret
from gloo.model.upstream import Upstream
from gloo.model.upstream_tls import is_address
from gloo.plugins.aws_listing import Asked, AwsDiscovery, list_functions
from gloo.plugins.aws_session import AwsSession, read_keys
from gloo.plugins.base import FunctionCall, Nothing, UpstreamPlugin
from gloo.plugins.discovery import Discovered, Question
from gloo.plugins.origin import parse_origin

if TYPE_CHECKING:
    import httpx

RequestShape = Literal["passthrough", "api_gateway_v2", "api_gateway_v1", "alb", "envoy"]
ResponseShape = Literal["passthrough", "api_gateway", "alb"]

_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}\Z")
MOST_BYTES = 7 * 2**20
"""A bit more than the 6 MiB that Lambda takes and gives, so that it is Lambda who says what is too much."""

_ANSWER_TO: Mapping[RequestShape, ResponseShape | Literal["envoy"]] = {
    "envoy": "envoy",
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
    account_id: Annotated[
        str, Meta(pattern=r"^(\d{12})?$", description="the 12 digits of the account that owns them; needed without url")
    ] = ""
    url: Annotated[str, Meta(description="the Function URL of one function, which is called there")] = ""
    auth: Annotated[Literal["iam", "none"], Meta(description="with url: whom the function lets in")] = "iam"
    secret_ref: Annotated[
        str,
        Meta(
            description="the secret with `access_key`, `secret_key`, and `session_token` if any; without it the keys "
            "come from the gateway's environment"
        ),
    ] = ""
    role_arn: Annotated[
        str, Meta(pattern=r"^(arn:aws[a-z-]*:iam::\d{12}:role/.{1,512})?$", description="a role to take on")
    ] = ""
    role_session_name: Annotated[
        str, Meta(pattern=r"^[\w+=,.@-]{2,64}$", description="with role_arn: how AWS's records call who took it on")
    ] = "gloo"
    external_id: Annotated[
        str,
        Meta(
            pattern=r"^([\w+=,.@:/-]{2,1224})?$", description="with role_arn: the id that the role's owner wants to see"
        ),
    ] = ""
    sts_url: Annotated[str, Meta(description="another address of AWS's Security Token Service: https://HOST")] = ""
    endpoint: Annotated[
        AwsEndpoint | None, Meta(description="another address of Lambda: a VPC endpoint, an emulator")
    ] = None

    def __post_init__(self) -> None:
        if bool(self.account_id) == bool(self.url):
            raise ValueError("takes account_id, or url")
        if self.url and (fault := _fault_of_url(self.url)):
            raise ValueError(f"url {fault}")
        if self.url and self.endpoint is not None:
            raise ValueError("takes endpoint, or url")
        if self.auth == "none" and (not self.url or self.secret_ref or self.role_arn):
            raise ValueError("auth: none goes with url, and without secret_ref and role_arn")
        if not self.role_arn and (self.external_id or self.role_session_name != "gloo"):
            raise ValueError("external_id and role_session_name go with role_arn")
        if self.sts_url and (fault := _fault_of_url(self.sts_url)):
            raise ValueError(f"sts_url {fault}")

    @property
    def partition(self) -> str:
        return {"cn": "aws-cn", "us-gov": "aws-us-gov"}.get(self.region.rsplit("-", 2)[0], "aws")

    @property
    def domain(self) -> str:
        return "amazonaws.com.cn" if self.partition == "aws-cn" else "amazonaws.com"

    @property
    def host(self) -> str:
        return self.endpoint.host if self.endpoint else f"lambda.{self.region}.{self.domain}"

    @property
    def session(self) -> AwsSession | None:
        """Where the keys come from, when they are not those of the secret."""
        if self.auth == "none" or (self.secret_ref and not self.role_arn):
            return None
        return AwsSession(
            region=self.region,
            sts=(self.sts_url or f"https://sts.{self.region}.{self.domain}").rstrip("/"),
            secret_ref=self.secret_ref,
            role_arn=self.role_arn,
            session=self.role_session_name if self.role_arn else "",
            external_id=self.external_id,
        )


class AwsFunction(Model, frozen=True, kw_only=True):
    """One function, and what it takes and gives."""

    function_name: Annotated[
        str,
        Meta(
            pattern=r"^([a-zA-Z0-9_-]{1,64})?$",
            description="its name in AWS, without account and region; by default its name here",
        ),
    ] = ""
    account_id: Annotated[
        str, Meta(pattern=r"^(\d{12})?$", description="the account that owns it, if not the one of the upstream")
    ] = ""
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


class Aws(UpstreamPlugin[AwsSpec, AwsFunction, Nothing]):
    """Calls functions of AWS Lambda."""

    upstream_type: ClassVar[str] = "aws"
    functions_only = True
    spec_model = AwsSpec
    function_model = AwsFunction
    discovery_model = AwsDiscovery

    def filters(self) -> tuple[HttpFilter, ...]:
        return aws_filters(aws_source())

    def secrets(self, spec: AwsSpec) -> tuple[str, ...]:
        stored = (spec.secret_ref,) if spec.secret_ref else ()
        return (*stored, spec.session.name) if spec.session is not None else stored

    def check_function(self, name: str, function: AwsFunction) -> None:
        own = name.partition("/")[2]
        if not function.function_name and not _NAME.match(own):
            raise ConfigError("", "function_name", f"is needed, for {own!r} is no name of a function in AWS")

    def cluster(self, upstream: Upstream, spec: AwsSpec, secrets: Mapping[str, Secret]) -> Cluster:
        if spec.url:
            return _at_url(upstream, spec, secrets)
        credentials = credentials_of(spec, secrets)
        place = spec.endpoint or AwsEndpoint(host=spec.host)
        named = not is_address(place.host)
        return Cluster(
            upstream.name,
            "logical_dns" if named else "static",
            (Endpoint(place.host, place.port, place.host if named else ""),),
            upstream.connection_timeout,
            tls=UpstreamTls() if place.tls else None,
            filters=(signed(credentials, spec.region),),
        )

    def calls_later(self, function: AwsFunction, spec: Model) -> bool:
        return isinstance(spec, AwsSpec) and not spec.url

    def call(self, call: FunctionCall[AwsFunction, Nothing]) -> Target:
        spec, function = call.spec, call.function
        assert isinstance(spec, AwsSpec)
        if spec.url:
            return _call_at_url(call, spec)
        told = dict(_told(call.name, spec, function, asynchronous=call.later))
        style = HeaderChange("x-amz-invocation-type", "Event" if call.later else "RequestResponse")
        return replace(
            call.target,
            filters=(*call.target.filters, *aws_call(told)),
            request_headers=(*call.target.request_headers, style),
            host_rewrite=spec.host,
            sealed=True,
            held_bytes=MOST_BYTES,
            reads_whole=True,
        )

    def discovery_secrets(self, upstream: Upstream, spec: AwsSpec, options: Model) -> tuple[str, ...]:
        if spec.url:
            raise ConfigError("", "functions", "a function at a URL is the only one there", "write it under functions")
        return self.secrets(spec)

    async def discover(self, question: Question[AwsSpec], http: "httpx.AsyncClient") -> Discovered:
        spec = question.spec
        place = Asked(_url(spec), spec.region, credentials_of(spec, question.secrets))
        return await list_functions(question, place, http)


def _at_url(upstream: Upstream, spec: AwsSpec, secrets: Mapping[str, Secret]) -> Cluster:
    """Return the cluster of a function with a URL, which has nothing to be said about its events."""
    for function in upstream.functions:
        if function.spec:
            told = ", ".join(sorted(function.spec))
            problem = f"the function there gets requests as they are: {told} of {function.name!r} means nothing"
            raise ConfigError("", "url", problem, f"write - name: {function.name} alone")
    cluster = parse_origin(spec.url).cluster(upstream)
    if spec.auth == "none":
        return cluster
    return replace(cluster, filters=(unsigned_headers(), signed(credentials_of(spec, secrets), spec.region)))


def _call_at_url(call: FunctionCall[AwsFunction, Nothing], spec: AwsSpec) -> Target:
    held = MOST_BYTES if spec.auth == "iam" else 0
    at = parse_origin(spec.url).authority
    return replace(call.target, host_rewrite=at, held_bytes=held, reads_whole=bool(held))


def _url(spec: AwsSpec) -> str:
    """Return where Lambda's own interface is asked."""
    place = spec.endpoint or AwsEndpoint(host=spec.host)
    port = f":{place.port}" if place.port != (443 if place.tls else 80) else ""
    return f"{'https' if place.tls else 'http'}://{place.host}{port}"


def credentials_of(spec: AwsSpec, secrets: Mapping[str, Secret]) -> AwsCredentials:
    """Return what requests are signed with.

    Raises:
        ConfigError: the secret lacks a key, which is named.
        MissingReference: there are no keys now, from where they should come.
    """
    keys = _read(spec.secret_ref, secrets[spec.secret_ref]) if spec.secret_ref else None
    if spec.session is None:
        if keys is None:
            raise ConfigError("", "auth", "nothing is signed with auth: none")
        return keys
    field = "role_arn" if spec.role_arn else "secret_ref"
    try:
        return read_keys(secrets[spec.session.name].data)
    except MissingReference as error:
        raise MissingReference("", field, error.problem, error.hint) from error
    except (KeyError, ValueError):
        raise ConfigError("", field, "the keys that were found there are none that can be sent") from None


def _read(name: str, secret: Secret) -> AwsCredentials:
    try:
        return read_keys(secret.data)
    except KeyError as error:
        key, other = error.args
        raise ConfigError("", "secret_ref", f"the secret {name!r} has no {key}", f"or {other}") from None
    except ValueError as error:
        raise ConfigError("", "secret_ref", f"the secret {name!r} {error}") from None


def _fault_of_url(url: str) -> str:
    """Return what is wrong with *url*; empty for nothing."""
    try:
        return "holds a path" if parse_origin(url).path else ""
    except ValueError as error:
        return str(error)


def _told(name: str, spec: AwsSpec, function: AwsFunction, *, asynchronous: bool) -> Iterator[tuple[str, str]]:
    """Yield what the Lua filter has to know of a call."""
    answer = function.response or _ANSWER_TO.get(function.request, "passthrough")
    own = function.function_name or name.partition("/")[2]
    account = function.account_id or spec.account_id
    arn = f"arn:{spec.partition}:lambda:{spec.region}:{account}:function:{own}"
    qualified = f"{arn}:{function.qualifier}" if function.qualifier else arn
    yield "function", name
    yield "path", f"/2015-03-31/functions/{qualified}/invocations"
    yield "request", "alb_multi_value" if function.multi_value else function.request
    yield "response", "passthrough" if asynchronous else answer
    yield "account", account
    yield "region", spec.region
