"""A direct response is sent word for word."""

import pytest
from tests.support.extended_routes import decoded, route_of, written

from gloo.envoy.route import MOST_BODY
from gloo.errors import ConfigError
from gloo.model.base import Json
from gloo.plugins.direct_response import DirectAnswer, DirectResponseExtension


def _answer(given: dict[str, Json]) -> Json:
    extension = decoded(DirectAnswer(), {"direct_response": given})
    assert isinstance(extension, DirectResponseExtension)
    answer = DirectAnswer().answer(extension)
    assert answer is not None
    return written(route_of(answer))


def test_status_body_and_headers_are_what_is_written() -> None:
    message = _answer({"status": 418, "body": "{}", "content_type": "application/json", "headers": {"X-A": "5%"}})
    assert message["direct_response"] == {"status": 418, "body": {"inline_string": "{}"}}
    headers = {change["header"]["key"]: change["header"]["value"] for change in message["response_headers_to_add"]}
    assert headers == {"content-type": "application/json", "x-a": "5%%"}


def test_a_status_alone_is_an_answer() -> None:
    assert _answer({"status": 204})["direct_response"] == {"status": 204}


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"status": 204, "body": "a"}, "direct_response.body"),
        ({"status": 304, "body": "a"}, "direct_response.body"),
        ({"status": 200, "body": "ä" * (MOST_BODY // 2 + 1)}, "direct_response.body"),
        ({"status": 200, "content_type": "a\n"}, "direct_response.content_type"),
        ({"status": 200, "headers": {"x y": ""}}, 'direct_response.headers["x y"]'),
    ],
)
def test_what_is_no_answer_is_refused_by_field(given: dict[str, Json], field: str) -> None:
    with pytest.raises(ConfigError) as raised:
        _answer(given)
    assert raised.value.field == field
