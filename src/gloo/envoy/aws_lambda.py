"""AWS Lambda: Envoy's own filter signs and sends a call; a Lua filter before it shapes the request as an event."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from envoy.config.core.v3 import base_pb2
from envoy.extensions.filters.http.aws_lambda.v3 import aws_lambda_pb2
from envoy.extensions.filters.http.lua.v3 import lua_pb2
from google.protobuf import struct_pb2

from gloo.envoy.message import Message, typed
from gloo.envoy.route import FilterConfigs
from gloo.envoy.stage import HttpFilter, Stage
from gloo.model.base import Json

LAMBDA_FILTER = "envoy.filters.http.aws_lambda"
SHAPE_FILTER = "gloo.filters.http.lambda_shape"
LAMBDA_CLUSTER: tuple[tuple[str, Mapping[str, Json]], ...] = (("com.amazonaws.lambda", {"egress_gateway": True}),)
"""The metadata of a cluster without which the filter leaves requests to it alone."""

_SCRIPT = "gloo-lambda"


@dataclass(frozen=True, slots=True)
class AwsCredentials:
    """What calls are signed with."""

    access_key: str
    secret_key: str = field(repr=False)
    session_token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class AwsCall:
    """How a route calls a function.

    Args:
        arn: the function in full, with its qualifier.
        host: the name under which Lambda is asked; it is signed.
        asynchronous: Lambda answers 202 at once and calls the function later.
        wrap: Envoy makes the event, and takes the answer apart; otherwise bodies pass as they are.
        shape: what the Lua filter has to know, by name.
    """

    arn: str
    host: str
    credentials: AwsCredentials
    asynchronous: bool = False
    wrap: bool = False
    shape: tuple[tuple[str, str], ...] = ()


_NO_CALL = AwsCall("arn:aws:lambda:us-east-1:000000000000:function:none", "", AwsCredentials("none", "none"))


def aws_filters(script: str) -> tuple[HttpFilter, HttpFilter]:
    """Return the filters of calls; *script* is the runtime that shapes them.

    The base configuration is never used. It has credentials, so that Envoy does not look for any at its start.
    """
    base = _config(_NO_CALL)
    shape = lua_pb2.Lua(source_codes={_SCRIPT: base_pb2.DataSource(inline_string=script)})
    shape.clear_route_cache.value = False
    return (
        HttpFilter(SHAPE_FILTER, Stage.TRANSFORMATION, typed(shape)),
        HttpFilter(LAMBDA_FILTER, Stage.OUTBOUND, typed(base)),
    )


def aws_enabled() -> FilterConfigs:
    """Return what puts the filters in a chain without a call, for a route that may turn out to need them."""
    shape = lua_pb2.LuaPerRoute(name=_SCRIPT)
    route = aws_lambda_pb2.PerRouteConfig(invoke_config=_config(_NO_CALL))
    return ((SHAPE_FILTER, typed(shape)), (LAMBDA_FILTER, typed(route)))


def aws_call(call: AwsCall) -> FilterConfigs:
    """Return the route's parts of the filters."""
    context = struct_pb2.Struct()
    context.update(dict(call.shape))
    shape = lua_pb2.LuaPerRoute(name=_SCRIPT, filter_context=context)
    route = aws_lambda_pb2.PerRouteConfig(invoke_config=_config(call))
    return ((SHAPE_FILTER, typed(shape)), (LAMBDA_FILTER, typed(route)))


def _config(call: AwsCall) -> Message:
    modes = aws_lambda_pb2.Config
    return aws_lambda_pb2.Config(
        arn=call.arn,
        payload_passthrough=not call.wrap,
        invocation_mode=modes.ASYNCHRONOUS if call.asynchronous else modes.SYNCHRONOUS,
        host_rewrite=call.host,
        credentials=aws_lambda_pb2.Credentials(
            access_key_id=call.credentials.access_key,
            secret_access_key=call.credentials.secret_key,
            session_token=call.credentials.session_token,
        ),
    )
