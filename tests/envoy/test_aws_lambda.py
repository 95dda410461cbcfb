"""Calls of Lambda functions as Envoy's filters get them."""

from envoy.extensions.filters.http.aws_lambda.v3.aws_lambda_pb2 import Config, PerRouteConfig

from gloo.envoy.aws_lambda import LAMBDA_FILTER, SHAPE_FILTER, AwsCall, AwsCredentials, aws_call, aws_filters
from gloo.envoy.readable import HIDDEN, readable_config
from gloo.envoy.stage import Stage

CANARY = "canary-c2d911"
ARN = "arn:aws:lambda:eu-west-1:123456789012:function:f"
CALL = AwsCall(ARN, "lambda.eu-west-1.amazonaws.com", AwsCredentials("AKID", CANARY, CANARY))


def test_the_event_is_made_before_the_call_is_signed() -> None:
    filters = {each.name: each for each in aws_filters("-- script")}
    assert filters[SHAPE_FILTER].stage < filters[LAMBDA_FILTER].stage == Stage.OUTBOUND
    assert all(each.disabled for each in filters.values())


def test_the_filter_that_no_route_uses_has_credentials_and_so_looks_for_none() -> None:
    base = Config.FromString({each.name: each.config.value for each in aws_filters("")}[LAMBDA_FILTER])
    assert base.credentials.access_key_id
    assert base.arn.startswith("arn:aws:lambda:")


def test_a_call_is_signed_for_the_host_that_is_asked() -> None:
    config = PerRouteConfig.FromString(dict(aws_call(CALL))[LAMBDA_FILTER].value).invoke_config
    assert (config.arn, config.host_rewrite) == (ARN, "lambda.eu-west-1.amazonaws.com")
    assert (config.payload_passthrough, config.invocation_mode) == (True, Config.SYNCHRONOUS)
    assert (config.credentials.secret_access_key, config.credentials.session_token) == (CANARY, CANARY)


def test_the_keys_show_neither_in_a_dump_nor_in_a_repr() -> None:
    configs = aws_call(CALL)
    told = readable_config(dict(configs)[LAMBDA_FILTER])
    assert told["invoke_config"]["credentials"]["secret_access_key"] == HIDDEN
    assert CANARY not in f"{told} {configs!r} {CALL!r}"
