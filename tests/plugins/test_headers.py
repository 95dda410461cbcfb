"""Headers are set, appended and removed as written, and what would break a request is refused."""

import pytest
from tests.support.extended_routes import extended, problems_of, written

from gloo.errors import ConfigError
from gloo.plugins.headers import Headers

SET, APPEND, IF_ABSENT = "OVERWRITE_IF_EXISTS_OR_ADD", None, "ADD_IF_ABSENT"


@pytest.mark.parametrize(
    ("given", "action"),
    [
        ({}, SET),
        ({"append": False}, SET),
        ({"append": True}, APPEND),
        ({"action": "append"}, APPEND),
        ({"action": "set"}, SET),
        ({"action": "set_if_absent"}, IF_ABSENT),
    ],
)
def test_a_header_is_set_unless_it_says_append(given: dict[str, object], action: str | None) -> None:
    route = extended(Headers(), {"add_request_headers": [{"key": "X-Team", "value": "pets", **given}]})
    change = written(route)["request_headers_to_add"][0]
    assert change["header"] == {"key": "x-team", "value": "pets"}
    assert change.get("append_action") == action


def test_a_percent_sign_is_text_unless_the_value_is_a_format() -> None:
    plain = {"key": "x-a", "value": "%PROTOCOL%"}
    route = extended(Headers(), {"add_response_headers": [plain, {**plain, "format": True}]})
    values = [change["header"]["value"] for change in written(route)["response_headers_to_add"]]
    assert values == ["%%PROTOCOL%%", "%PROTOCOL%"]


def test_headers_are_removed_both_ways() -> None:
    message = written(extended(Headers(), {"remove_request_headers": ["X-A"], "remove_response_headers": ["server"]}))
    assert message["request_headers_to_remove"] == ["x-a"]
    assert message["response_headers_to_remove"] == ["server"]


@pytest.mark.parametrize(
    ("extensions", "field"),
    [
        ({"add_request_headers": [{"key": "x-a"}, {"key": "x y"}]}, "add_request_headers[1].key"),
        ({"add_request_headers": [{"key": "Host"}]}, "add_request_headers[0].key"),
        ({"add_request_headers": [{"key": "content-length", "value": "3"}]}, "add_request_headers[0].key"),
        ({"remove_request_headers": ["Transfer-Encoding"]}, "remove_request_headers[0]"),
        ({"add_response_headers": [{"key": "connection", "value": "close"}]}, "add_response_headers[0].key"),
        ({"remove_response_headers": ["te"]}, "remove_response_headers[0]"),
        ({"add_request_headers": [{"key": ":path"}]}, "add_request_headers[0].key"),
        ({"add_response_headers": [{"key": "x-a", "value": "a\r\nx-b: c"}]}, "add_response_headers[0].value"),
        ({"add_response_headers": [{"key": "x-a", "value": "50%", "format": True}]}, "add_response_headers[0].value"),
        ({"remove_request_headers": ["host"]}, "remove_request_headers[0]"),
        ({"remove_response_headers": [":status"]}, "remove_response_headers[0]"),
    ],
)
def test_what_envoy_would_refuse_is_refused_by_field(extensions: dict[str, object], field: str) -> None:
    with pytest.raises(ConfigError) as raised:
        extended(Headers(), extensions)
    assert raised.value.field == field


def test_append_and_action_are_too_much() -> None:
    given = {"add_request_headers": [{"key": "x-a", "append": True, "action": "set"}]}
    assert problems_of(Headers(), given) == [
        ("extensions.add_request_headers[0]", "takes append or action, not both"),
    ]
