"""CloudEvents in both modes, as other people's library writes them."""

import json

import pytest
from cloudevents.core.bindings.http import to_binary_event, to_structured_event
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent as TheirEvent

from gloo.local_functions.cloud_event import BadEvent, cloud_event

THEIRS = TheirEvent(
    {"id": "1", "source": "/me", "type": "t", "subject": "ä b", "datacontenttype": "application/json"}, {"a": 1}
)
BINARY = {"ce-id": "1", "ce-source": "/me", "ce-type": "t", "ce-specversion": "1.0"}


@pytest.mark.parametrize("write", [to_binary_event, to_structured_event])
def test_an_event_of_another_library_is_read_whole(write: object) -> None:
    assert callable(write)
    message = write(THEIRS, JSONFormat())
    body = message.body if isinstance(message.body, bytes) else message.body.encode()
    event = cloud_event({name.lower(): value for name, value in message.headers.items()}, body)
    assert (event["id"], event["type"], event.get("subject"), event.data) == ("1", "t", "ä b", {"a": 1})
    assert event.get("none", "x") == "x"


def test_bytes_come_as_bytes_in_both_modes() -> None:
    assert cloud_event({**BINARY, "content-type": "image/png"}, b"\xff").data == b"\xff"
    told = {"id": "1", "source": "/me", "type": "t", "specversion": "1.0", "data_base64": "/w=="}
    assert cloud_event({"content-type": "application/cloudevents+json"}, json.dumps(told).encode()).data == b"\xff"


@pytest.mark.parametrize(
    ("headers", "body", "said"),
    [
        ({}, b"", "id, source, specversion, type missing"),
        ({**BINARY, "ce-type": ""}, b"", "type missing"),
        ({**BINARY, "content-type": "application/json"}, b"{", "the data is no JSON"),
        ({"content-type": "application/cloudevents+json"}, b"{", "the body is no JSON"),
        ({"content-type": "application/cloudevents+json"}, b"[]", "no JSON object"),
    ],
)
def test_what_is_no_event_is_told(headers: dict[str, str], body: bytes, said: str) -> None:
    with pytest.raises(BadEvent, match=said):
        cloud_event(headers, body)
