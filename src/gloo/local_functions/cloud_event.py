"""CloudEvents 1.0 over HTTP, in binary and structured mode (the HTTP protocol binding of the specification)."""

import base64
import json
from collections.abc import Mapping
from urllib.parse import unquote

from gloo.model.base import Json, Value

_NEEDED = ("id", "source", "specversion", "type")
_STRUCTURED = "application/cloudevents+json"


class BadEvent(Exception):
    """A request holds no CloudEvent; the text says what is missing."""


class CloudEvent(Value, frozen=True):
    """One event: ``event["type"]``, ``event.get("subject")``, ``event.data``."""

    attributes: Mapping[str, str]
    data: Json = None

    def __getitem__(self, name: str) -> str:
        return self.attributes[name]

    def __contains__(self, name: str) -> bool:
        return name in self.attributes

    def get(self, name: str, default: str | None = None) -> str | None:
        return self.attributes.get(name, default)

    def get_attributes(self) -> dict[str, str]:
        return dict(self.attributes)

    def get_data(self) -> Json:
        return self.data


def cloud_event(headers: Mapping[str, str], body: bytes) -> CloudEvent:
    """Return the event in a request, in either mode; raise BadEvent when there is none."""
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    return _structured(body) if kind == _STRUCTURED else _binary(headers, kind, body)


def _binary(headers: Mapping[str, str], kind: str, body: bytes) -> CloudEvent:
    attributes = {
        name.lower().removeprefix("ce-"): unquote(value)
        for name, value in headers.items()
        if name.lower().startswith("ce-")
    }
    if kind:
        attributes["datacontenttype"] = headers["content-type"]
    return CloudEvent(_complete(attributes), _data(body, is_json=kind == "application/json" or kind.endswith("+json")))


def _structured(body: bytes) -> CloudEvent:
    try:
        event = json.loads(body)
    except ValueError as error:
        raise BadEvent("the body is no JSON") from error
    if not isinstance(event, dict):
        raise BadEvent("the body is no JSON object")
    attributes = {name: str(value) for name, value in event.items() if name not in {"data", "data_base64"}}
    try:
        data = base64.b64decode(event["data_base64"]) if "data_base64" in event else event.get("data")
    except ValueError as error:
        raise BadEvent("data_base64 is no base64") from error
    return CloudEvent(_complete(attributes), data)


def _complete(attributes: dict[str, str]) -> dict[str, str]:
    missing = [name for name in _NEEDED if not attributes.get(name)]
    if missing:
        raise BadEvent(f"this is no CloudEvent: {', '.join(missing)} missing")
    return attributes


def _data(body: bytes, *, is_json: bool) -> Json:
    if not is_json:
        return body or None
    try:
        return json.loads(body) if body else None
    except ValueError as error:
        raise BadEvent("the data is no JSON") from error
