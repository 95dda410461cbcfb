"""AWS Lambda: a Lua filter turns a request into a call of Lambda's interface, a filter of the cluster signs it.

Envoy has a filter for Lambda too, `aws_lambda`. It takes the keys route by route, and the administration interface
shows them; this one takes them cluster by cluster, in fields that Envoy marks as sensitive and shows nowhere.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from envoy.config.core.v3 import base_pb2
from envoy.extensions.filters.http.aws_request_signing.v3 import aws_request_signing_pb2
from envoy.extensions.filters.http.lua.v3 import lua_pb2
from google.protobuf import struct_pb2

from gloo.envoy.message import TypedConfig, typed
from gloo.envoy.route import FilterConfigs
from gloo.envoy.stage import HttpFilter, Stage

SIGNING_FILTER = "gloo.upstream.aws_signing"
SHAPE_FILTER = "gloo.filters.http.lambda_shape"

_SCRIPT = "gloo-lambda"
_FOREIGN = """\
function envoy_on_request(handle)
  local headers, names = handle:headers(), {}
  for name in pairs(headers) do
    if name == "authorization" or name:sub(1, 6) == "x-amz-" then names[#names + 1] = name end
  end
  for _, name in ipairs(names) do headers:remove(name) end
end
"""


@dataclass(frozen=True, slots=True)
class AwsCredentials:
    """What calls are signed with."""

    access_key: str
    secret_key: str = field(repr=False)
    session_token: str = field(default="", repr=False)


def aws_filters(script: str) -> tuple[HttpFilter, ...]:
    """Return the filter that makes calls of requests; *script* is the runtime that shapes them."""
    shape = lua_pb2.Lua(source_codes={_SCRIPT: base_pb2.DataSource(inline_string=script)})
    shape.clear_route_cache.value = False
    return (HttpFilter(SHAPE_FILTER, Stage.TRANSFORMATION, typed(shape)),)


def aws_enabled() -> TypedConfig:
    """Return what puts the filter in a chain without a call, for a route that may turn out to need it."""
    return typed(lua_pb2.LuaPerRoute(name=_SCRIPT))


def aws_call(told: Mapping[str, str]) -> FilterConfigs:
    """Return the route's part of the filter: *told* is what the Lua filter has to know of a call."""
    context = struct_pb2.Struct()
    context.update(dict(told))
    return ((SHAPE_FILTER, typed(lua_pb2.LuaPerRoute(name=_SCRIPT, filter_context=context))),)


def signed(credentials: AwsCredentials, region: str) -> tuple[str, TypedConfig]:
    """Return the filter of a cluster that signs each request for Lambda, once for each try.

    What is signed is what decides: method, host, path, query, the whole body, and the headers in which Lambda is told
    something. Others may be changed by whoever stands between.
    """
    signing = aws_request_signing_pb2.AwsRequestSigning(service_name="lambda", region=region)
    signing.match_included_headers.add(exact="content-type")
    signing.match_included_headers.add(prefix="x-amz-")
    inline = signing.credential_provider.inline_credential
    inline.access_key_id = credentials.access_key
    inline.secret_access_key = credentials.secret_key
    inline.session_token = credentials.session_token
    return SIGNING_FILTER, typed(signing)


def unsigned_headers() -> tuple[str, TypedConfig]:
    """Return the filter of a cluster that takes away what a client signed, or says about signatures, itself."""
    config = lua_pb2.Lua(default_source_code=base_pb2.DataSource(inline_string=_FOREIGN))
    config.clear_route_cache.value = False
    return "gloo.upstream.aws_foreign_headers", typed(config)
