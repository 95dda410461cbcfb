"""Calls of Lambda functions as Envoy's filters get them."""

from envoy.extensions.filters.http.aws_request_signing.v3.aws_request_signing_pb2 import AwsRequestSigning
from envoy.extensions.filters.http.lua.v3.lua_pb2 import LuaPerRoute

from gloo.envoy.aws_lambda import SHAPE_FILTER, AwsCredentials, aws_call, aws_filters, signed
from gloo.envoy.readable import HIDDEN, readable_config
from gloo.envoy.stage import Stage

CANARY = "canary-c2d911"
CREDENTIALS = AwsCredentials("AKID", CANARY, CANARY)


def test_requests_become_calls_where_functions_are_called_and_only_on_routes_that_ask_for_it() -> None:
    (shape,) = aws_filters("-- script")
    assert (shape.name, shape.stage, shape.disabled) == (SHAPE_FILTER, Stage.TRANSFORMATION, True)


def test_a_route_tells_the_filter_what_it_has_to_know() -> None:
    ((name, config),) = aws_call({"function": "a/f", "path": "/x"})
    assert name == SHAPE_FILTER
    assert dict(LuaPerRoute.FromString(config.value).filter_context) == {"function": "a/f", "path": "/x"}


def test_a_cluster_signs_requests_and_their_bodies_for_lambda_with_the_key_alone() -> None:
    signing = AwsRequestSigning.FromString(signed(CREDENTIALS, "eu-west-1")[1].value)
    assert (signing.service_name, signing.region, signing.use_unsigned_payload) == ("lambda", "eu-west-1", False)
    inline = signing.credential_provider.inline_credential
    assert (inline.access_key_id, inline.secret_access_key, inline.session_token) == ("AKID", CANARY, CANARY)


def test_the_key_shows_neither_in_a_dump_nor_in_a_repr() -> None:
    _, config = signed(CREDENTIALS, "eu-west-1")
    inline = readable_config(config)["credential_provider"]["inline_credential"]
    assert (inline["secret_access_key"], inline["session_token"]) == (HIDDEN, HIDDEN)
    assert CANARY not in f"{inline} {config!r} {CREDENTIALS!r}"
