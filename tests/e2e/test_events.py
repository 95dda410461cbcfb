"""Events reach their function in every form, as a real CloudEvents client sends them."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from cloudevents.core.bindings.http import to_binary, to_structured
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from tests.e2e.conftest import Gateway

Example = Callable[[str], Path]
FORMS = (to_binary, to_structured)


def event(kind: str, data: object, *, source: str = "/me") -> CloudEvent:
    """Return an event whose body holds *data* under ``data`` in both modes, as the example's templates want it."""
    attributes = {"type": kind, "source": source, "id": "1", "specversion": "1.0"}
    return CloudEvent({**attributes, "datacontenttype": "application/json"}, {"data": data})


async def test_an_event_in_binary_mode_reaches_its_function(example: Example, gateway: Gateway) -> None:
    message = to_binary(event("org.example.pet.asked", {"id": 2}), JSONFormat())
    async with gateway(example("08-events")) as running:
        answer = await running.request("POST", "/events", headers=message.headers, content=message.body)

    assert (answer.status_code, answer.json()["id"]) == (200, 2)


async def test_an_event_in_structured_mode_reaches_its_function(example: Example, gateway: Gateway) -> None:
    asked = CloudEvent({"type": "org.example.pet.asked", "source": "/me", "id": "1", "specversion": "1.0"}, {"id": 2})
    message = to_structured(asked, JSONFormat())
    async with gateway(example("08-events")) as running:
        answer = await running.request("POST", "/events", headers=message.headers, content=message.body)

    assert (answer.status_code, answer.json()["id"]) == (200, 2)


@pytest.mark.parametrize(
    "content_type",
    [
        "application/cloudevents+json; charset=utf-8",
        "application/cloudevents+json;charset=UTF-8",
        "application/cloudevents+json ; a=b; charset=utf-8",
        "Application/CloudEvents+JSON",
    ],
)
async def test_the_media_type_of_an_event_may_have_parameters_and_any_case(
    example: Example, gateway: Gateway, content_type: str
) -> None:
    asked = {"type": "org.example.pet.asked", "source": "/me", "id": "1", "specversion": "1.0", "data": {"id": 2}}
    headers = {"content-type": content_type}
    async with gateway(example("08-events")) as running:
        answer = await running.request("POST", "/events", headers=headers, content=json.dumps(asked))

    assert (answer.status_code, answer.json()["id"]) == (200, 2)


async def test_an_event_in_the_form_of_2018_reaches_its_function(example: Example, gateway: Gateway) -> None:
    headers = {"x-event-type": "org.example.pet.asked", "content-type": "application/json"}
    async with gateway(example("08-events")) as running:
        answer = await running.request("POST", "/events", headers=headers, json={"data": {"id": 2}})

    assert (answer.status_code, answer.json()["id"]) == (200, 2)


@pytest.mark.parametrize("form", FORMS)
async def test_an_event_from_another_source_or_of_another_type_matches_no_route(
    example: Example,
    gateway: Gateway,
    form: Callable[..., object],
) -> None:
    born = "org.example.pet.born"
    async with gateway(example("08-events")) as running:
        for kind, source, wanted in ((born, "/elsewhere", 404), ("org.example.other", "/shelters/1", 404)):
            message = form(event(kind, {"name": "Tom"}, source=source), JSONFormat())
            answer = await running.request("POST", "/events", headers=message.headers, content=message.body)  # type: ignore[attr-defined]  # HTTPMessage, which the library does not export
            assert answer.status_code == wanted
            assert answer.json()["error"]["reason"] == "no_route"


async def test_a_structured_body_that_is_no_event_matches_no_route_and_harms_nobody(
    example: Example, gateway: Gateway
) -> None:
    headers = {"content-type": "application/cloudevents+json"}
    async with gateway(example("08-events")) as running:
        for body in (b"", b"{", b"[]", b'{"type": 1}', b'{"type": {"a": "b"}}'):
            answer = await running.request("POST", "/events", headers=headers, content=body)
            assert answer.status_code == 404
