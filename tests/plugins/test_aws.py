"""AWS: Lambda functions; what they do in Envoy is in the end-to-end tests."""

import json

import pytest
from tests.support.translating import GATEWAY, PLUGINS, clusters, config_of, routes, virtual_hosts

from gloo.envoy.later import LATER_CLUSTER
from gloo.model.base import Json
from gloo.model.secret import Secret
from gloo.plugins.aws_session import PROBLEM, session_of
from gloo.translator import Translation, translate

CANARY = "canary-77e1d0"
KEYS = {"access_key": "AKID", "secret_key": CANARY, "session_token": CANARY}
SPEC: dict[str, Json] = {"region": "eu-west-1", "account_id": "123456789012", "secret_ref": "aws"}
ROUTE = {"single_destination": {"function": {"upstream_name": "a", "function_name": "f"}}}
SIGNING = "gloo.upstream.aws_signing"
URL = "https://abc.lambda-url.eu-west-1.on.aws"
ROLE = "arn:aws:iam::123456789012:role/r"
SHAPE = "gloo.filters.http.lambda_shape"


def translated(
    *,
    keys: dict[str, str] | None = None,
    function: Json = None,
    route: Json = ROUTE,
    sessions: Json = None,
    **spec: Json,
) -> Translation:
    function = {"name": "f", "spec": {"function_name": "f"} if function is None else function}
    given = {name: value for name, value in (SPEC | spec).items() if value is not None}
    upstream = {"name": "a", "type": "aws", "spec": given, "functions": [function]}
    service = {"name": "default", "routes": [{"request_matcher": {"path_prefix": "/"}, **route}]}
    secrets = (Secret("aws", KEYS if keys is None else keys), *(Secret(*each) for each in (sessions or {}).items()))
    translation = translate(
        config_of(json.dumps(upstream), json.dumps(service), secrets=secrets), PLUGINS, gateway=GATEWAY
    )
    for snapshot in translation.snapshots.values():
        snapshot.check()
    return translation


def signing(translation: Translation, cluster: str = "a") -> Json:
    options = clusters(translation)[cluster]["typed_extension_protocol_options"]
    (http,) = options.values()
    (found,) = [each["typed_config"] for each in http["http_filters"] if each["name"] == SIGNING]
    return found


def shape(translation: Translation) -> Json:
    (found,) = routes(translation, "default")
    return found["typed_per_filter_config"][SHAPE]["filter_context"]


def inline(translation: Translation) -> Json:
    return signing(translation)["credential_provider"]["inline_credential"]


def host_rewrite(translation: Translation) -> Json:
    (found,) = routes(translation, "default")
    return found["route"]["host_rewrite_literal"]


def problem(translation: Translation, ref: str = "Upstream/a") -> tuple[str, str]:
    found = translation.reports[ref].problems[0]
    return found.field, f"{found.problem} ({found.hint})"


@pytest.mark.parametrize(
    ("region", "host", "partition"),
    [
        ("eu-west-1", "lambda.eu-west-1.amazonaws.com", "aws"),
        ("cn-north-1", "lambda.cn-north-1.amazonaws.com.cn", "aws-cn"),
        ("us-gov-west-1", "lambda.us-gov-west-1.amazonaws.com", "aws-us-gov"),
        ("ap-southeast-7", "lambda.ap-southeast-7.amazonaws.com", "aws"),
    ],
)
def test_lambda_is_asked_in_the_region_by_tls_and_by_its_full_arn(region: str, host: str, partition: str) -> None:
    translation = translated(region=region, function={"function_name": "f", "qualifier": "live"})
    cluster = clusters(translation)["a"]
    (member,) = cluster["load_assignment"]["endpoints"][0]["lb_endpoints"]
    address = member["endpoint"]["address"]["socket_address"]
    assert (address["address"], address["port_value"]) == (host, 443)
    assert cluster["transport_socket"]["typed_config"]["sni"] or cluster["transport_socket"]
    arn = f"arn:{partition}:lambda:{region}:123456789012:function:f:live"
    assert shape(translation)["path"] == f"/2015-03-31/functions/{arn}/invocations"
    assert (signing(translation)["service_name"], signing(translation)["region"]) == ("lambda", region)
    assert host_rewrite(translation) == host


def test_another_address_of_lambda_is_asked_and_signed_for_in_its_place() -> None:
    translation = translated(endpoint={"host": "127.0.0.1", "port": 4566, "tls": False})
    cluster = clusters(translation)["a"]
    assert "transport_socket" not in cluster
    assert "cluster_type" not in cluster
    assert host_rewrite(translation) == "127.0.0.1"


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        ({"region": "europe"}, "spec.region"),
        ({"account_id": "12"}, "spec.account_id"),
        ({"account_id": None}, "spec"),
        ({"url": URL}, "spec"),
        ({"account_id": None, "url": f"{URL}/path"}, "spec"),
        ({"account_id": None, "url": URL, "endpoint": {"host": "a"}}, "spec"),
        ({"account_id": None, "url": URL, "auth": "none"}, "spec"),
        ({"auth": "none"}, "spec"),
        ({"endpoint": {"host": "http://localhost"}}, "spec.endpoint.host"),
        ({"role_arn": "r"}, "spec.role_arn"),
        ({"role_arn": ROLE, "role_session_name": "a b"}, "spec.role_session_name"),
        ({"external_id": "x1"}, "spec"),
        ({"sts_url": "sts.example.org"}, "spec"),
    ],
)
def test_a_bad_field_is_told_with_its_place(spec: Json, field: str) -> None:
    assert problem(translated(**spec))[0] == field


@pytest.mark.parametrize(
    "function",
    [
        {"function_name": "arn:aws:lambda:eu-west-1:123456789012:function:f"},
        {"function_name": "f", "qualifier": "a b"},
        {"function_name": "f", "account_id": "12"},
        {"function_name": "f", "request": "v2"},
        {"function_name": "f", "multi_value": True},
        {"function_name": "f", "request": "envoy", "response": "alb"},
    ],
)
def test_a_bad_function_is_left_out_and_told(function: Json) -> None:
    assert problem(translated(function=function))[0].startswith("functions[0].spec")


@pytest.mark.parametrize("missing", ["access_key", "secret_key"])
def test_a_secret_without_a_key_is_told_by_name_and_shows_nothing(missing: str) -> None:
    keys = {name: value for name, value in KEYS.items() if name != missing}
    field, text = problem(translated(keys=keys))
    assert field == "spec.secret_ref"
    assert f"'aws' has no {missing}" in text
    assert CANARY not in text


@pytest.mark.parametrize("value", [f"{CANARY}\nx-a: b", f"{CANARY} \u00e9"])
def test_a_key_that_would_break_a_header_is_refused_and_shows_nothing(value: str) -> None:
    field, text = problem(translated(keys=KEYS | {"secret_key": value}))
    assert field == "spec.secret_ref"
    assert "'aws' holds what is no secret_key" in text
    assert CANARY not in text


def test_a_secret_that_is_not_there_yet_is_waited_for() -> None:
    translation = translated(secret_ref="other")
    assert translation.reports["Upstream/a"].problems[0].pending


def test_the_names_that_aws_gives_the_keys_are_taken_too() -> None:
    translation = translated(keys={"aws_access_key_id": "AKID", "aws_secret_access_key": CANARY})
    assert inline(translation)["access_key_id"] == "AKID"


def test_the_keys_show_in_nothing_that_people_read() -> None:
    translation = translated()
    assert inline(translation)["access_key_id"] == "AKID"
    shown = (translation, virtual_hosts(translation), clusters(translation), translation.reports)
    assert CANARY not in "".join(map(repr, shown))


@pytest.mark.parametrize(
    ("style", "told"), [(None, "RequestResponse"), ("sync", "RequestResponse"), ("async", "Event")]
)
def test_the_route_says_whether_to_wait_for_the_function(style: str | None, told: str) -> None:
    extensions = {} if style is None else {"execution_style": style}
    (found,) = routes(translated(route=ROUTE | {"extensions": extensions}), "default")
    headers = [each["header"] for each in found["request_headers_to_add"]]
    assert headers == [{"key": "x-amz-invocation-type", "value": told}]


@pytest.mark.parametrize(
    ("spec", "wanted"),
    [
        ({"secret_ref": None}, {"secret_ref": "", "role_arn": "", "session": ""}),
        ({"secret_ref": None, "role_arn": ROLE}, {"secret_ref": "", "role_arn": ROLE, "session": "gloo"}),
        (
            {"role_arn": ROLE, "role_session_name": "shop", "external_id": "x1"},
            {"secret_ref": "aws", "role_arn": ROLE, "session": "shop", "external_id": "x1"},
        ),
        ({"role_arn": ROLE, "region": "cn-north-1"}, {"sts": "https://sts.cn-north-1.amazonaws.com.cn"}),
        ({"role_arn": ROLE, "sts_url": "http://127.0.0.1:1/"}, {"sts": "http://127.0.0.1:1"}),
    ],
)
def test_keys_that_are_in_no_secret_come_from_a_session(spec: Json, wanted: dict[str, str]) -> None:
    plugin = PLUGINS.upstreams["aws"]
    read = plugin.spec_model(**{key: value for key, value in (SPEC | spec).items() if value is not None})
    session = session_of(plugin.secrets(read)[-1])
    assert {name: getattr(session, name) for name in wanted} == wanted


def test_a_session_signs_once_there_is_one_and_says_why_there_is_none() -> None:
    plugin = PLUGINS.upstreams["aws"]
    (_, name) = plugin.secrets(plugin.spec_model(**SPEC, role_arn=ROLE))
    granted = {name: {"access_key": "ASIA", "secret_key": CANARY, "session_token": CANARY}}
    assert inline(translated(role_arn=ROLE, sessions=granted))["access_key_id"] == "ASIA"
    broken = translated(role_arn=ROLE, sessions={name: granted[name] | {"secret_key": f"{CANARY}\n1"}})
    assert problem(broken)[0] == "spec.role_arn"
    assert CANARY not in problem(broken)[1]
    refused = translated(role_arn=ROLE, sessions={name: {PROBLEM: "https://sts answered 403 AccessDenied"}})
    assert problem(refused) == ("spec.role_arn", "https://sts answered 403 AccessDenied (it is asked for again)")
    assert refused.reports["Upstream/a"].problems[0].pending


def test_an_unknown_execution_style_is_told() -> None:
    translation = translated(route=ROUTE | {"extensions": {"execution_style": "later"}})
    assert problem(translation, "VirtualService/default")[0] == "routes[0].extensions.execution_style"


@pytest.mark.parametrize(
    ("function", "response"),
    [
        ({}, "passthrough"),
        ({"request": "api_gateway_v1"}, "api_gateway"),
        ({"request": "api_gateway_v2"}, "api_gateway"),
        ({"request": "alb"}, "alb"),
        ({"request": "envoy"}, "envoy"),
        ({"request": "alb", "response": "passthrough"}, "passthrough"),
        ({"response": "api_gateway"}, "api_gateway"),
    ],
)
def test_the_answer_is_read_as_what_goes_with_the_event_unless_said_otherwise(function: Json, response: str) -> None:
    assert shape(translated(function={"function_name": "f", **function}))["response"] == response


def test_a_route_to_the_upstream_itself_is_refused() -> None:
    translation = translated(route={"single_destination": {"upstream": {"name": "a"}}})
    field, text = problem(translation, "VirtualService/default")
    assert field == "routes[0].single_destination"
    assert "by its functions alone" in text


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"prefix_rewrite": "/x"}, "prefix_rewrite"),
        ({"extensions": {"regex_rewrite": {"pattern": "a"}}}, "extensions.regex_rewrite"),
        ({"extensions": {"host_rewrite": "x"}}, "extensions.host_rewrite"),
        ({"extensions": {"mirror": {"upstream": "a"}}}, "extensions.mirror"),
    ],
)
def test_a_route_can_not_change_what_is_signed(change: Json, field: str) -> None:
    translation = translated(route=ROUTE | change)
    assert problem(translation, "VirtualService/default")[0] == f"routes[0].{field}"


def test_a_function_is_called_by_its_name_here_where_no_other_is_given() -> None:
    translation = translated(function={})
    assert shape(translation)["path"].endswith(":function:f/invocations")


def test_a_function_of_another_account_is_called_there() -> None:
    translation = translated(function={"account_id": "210987654321"})
    assert ":210987654321:function:f/" in shape(translation)["path"]
    assert shape(translation)["account"] == "210987654321"


def test_a_function_at_a_url_gets_requests_as_they_are_and_signed() -> None:
    translation = translated(function={}, account_id=None, url=URL)
    (found,) = routes(translation, "default")
    assert "typed_per_filter_config" not in found
    assert host_rewrite(translation) == "abc.lambda-url.eu-west-1.on.aws"
    assert signing(translation)["service_name"] == "lambda"
    assert "use_unsigned_payload" not in signing(translation)
    assert clusters(translation)["a"]["transport_socket"]


def test_a_function_at_a_url_that_lets_all_in_is_asked_without_a_signature() -> None:
    translation = translated(function={}, account_id=None, url=URL, auth="none", secret_ref=None)
    assert "typed_extension_protocol_options" not in clusters(translation)["a"]


def test_what_a_function_at_a_url_could_not_be_told_is_refused() -> None:
    field, text = problem(translated(function={"qualifier": "live"}, account_id=None, url=URL))
    assert field == "spec.url"
    assert "qualifier of 'f' means nothing" in text


def test_a_function_at_a_url_is_called_later_by_the_gateway() -> None:
    later = translated(function={}, account_id=None, url=URL, route=ROUTE | {"extensions": {"async": True}})
    (route,) = virtual_hosts(later)["default"]["routes"]
    assert route["route"]["cluster"] == LATER_CLUSTER
