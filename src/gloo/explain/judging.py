"""What became of the request of a test, offline or in Envoy, compared with what was expected, or one with the other."""

import json
from collections.abc import Iterator, Mapping

from msgspec import UNSET, UnsetType

from gloo.explain.answer import Delivery, Explanation
from gloo.explain.cases import Expected, ExpectedRequest, ExpectedResponse
from gloo.explain.comparing import comparable, joined, same_bodies, same_values, without_own_headers
from gloo.explain.head import BAD_REQUEST, NOT_IMPLEMENTED, TOO_LONG
from gloo.explain.lua_run import Answer
from gloo.explain.placeholders import fits
from gloo.explain.request import Headers, Request
from gloo.model.base import Json, Value, replace

NONE = "none"
_EARLY = (BAD_REQUEST, TOO_LONG, NOT_IMPLEMENTED)
"""Answers before a route is looked for; what stands in their bodies is Envoy's own."""


class Passage(Value, frozen=True):
    """One way that a request may take: where it arrives and how, and what the client gets.

    Args:
        sent: what the upstream gets; None where the gateway itself answers.
        answer: None where nothing is said of it.
        unknown: why nothing can be said of it, if so.
        reason: why the gateway answers, where no route tells.
        accepted: the answer comes before the call, and has an id that only Envoy knows.
        wrapped: the body that is sent is a JSON object of headers and body.
    """

    destination: str
    sent: Request | None
    answer: Answer | None
    unknown: str = ""
    wrapped: bool = False
    accepted: bool = False
    reason: str = ""


class Seen(Value, frozen=True):
    """What became of a request; several passages where a route chooses by weight.

    Args:
        route: ``virtual-service/index``, or `NONE`; empty where Envoy's answer does not tell.
    """

    service: str
    route: str
    passages: tuple[Passage, ...]


class Difference(Value, frozen=True):
    """One thing that is not as it should be."""

    place: str
    expected: str
    actual: str

    def __str__(self) -> str:
        return f"{self.place}: expected {self.expected}, got {self.actual}"


def seen_offline(found: Explanation) -> Seen:
    """Return what `explain` says of a request."""
    if found.answer is not None:
        route = NONE if found.unrouted or found.reason else found.route
        passages: tuple[Passage, ...] = (Passage(NONE, None, found.answer, reason=found.reason),)
    else:
        route, passages = found.route, tuple(_passage(each, found.accepted) for each in found.deliveries)
    return Seen(found.service, route, tuple(map(_bare, passages)) if found.request.method == "HEAD" else passages)


def _is_early(answer: Answer) -> bool:
    return any(answer is early for early in _EARLY)


def _bare(passage: Passage) -> Passage:
    """Return *passage* for a client that asked by HEAD: it gets no body (RFC 9110, section 9.3.2)."""
    if passage.answer is None or _is_early(passage.answer):
        return passage
    return replace(passage, answer=replace(passage.answer, body=b""))


def _passage(delivery: Delivery, accepted: Answer | None) -> Passage:
    destination = delivery.function.name if delivery.function else delivery.upstream
    wrapped = delivery.function is not None and delivery.function.wraps
    if accepted is not None:
        return Passage(destination, delivery.sent, accepted, wrapped=wrapped, accepted=True)
    if delivery.reply is None:
        hint = "" if delivery.refused else "upstream_response says what the upstream answers"
        return Passage(destination, delivery.sent, delivery.refused, hint, wrapped)
    return Passage(destination, delivery.sent, delivery.reply.answer, delivery.reply.note, wrapped)


def differences(expected: Expected, seen: Seen) -> tuple[Difference, ...]:
    """Return how *seen* differs from what a test expects; of several passages one must do."""
    found = [*_named("virtual_service", expected.virtual_service, seen.service or NONE)]
    found += _named("route", expected.route, seen.route)
    tried = [tuple(_in_passage(expected, passage)) for passage in seen.passages]
    return (*found, *min(tried, key=len, default=()))


def disagreements(offline: Seen, live: Seen) -> tuple[Difference, ...]:
    """Return where Envoy did not do what the offline answer says."""
    found = [*_named("route", offline.route, live.route or offline.route)]
    (actual,) = live.passages
    tried = [tuple(_unlike(passage, actual)) for passage in offline.passages]
    return (*found, *min(tried, key=len, default=()))


def _named(place: str, expected: str | None, actual: str) -> Iterator[Difference]:
    if expected is not None and expected != actual:
        yield Difference(place, expected, actual)


def _in_passage(expected: Expected, passage: Passage) -> Iterator[Difference]:
    if expected.destination is not None and expected.destination not in _names(passage.destination):
        yield Difference("destination", expected.destination, passage.destination)
    if expected.upstream_request is not None:
        if passage.sent is None:
            reason = f" ({passage.reason})" if passage.reason else ""
            told = f"an answer of the gateway: {_told(passage.answer)}{reason}"
            yield Difference("upstream_request", "a request", told)
        else:
            yield from _in_request(expected.upstream_request, passage.sent)
    if expected.response is not None:
        if passage.answer is None:
            told = f"a request to {passage.destination}"
            yield Difference("response", "an answer", f"{told} ({passage.unknown})" if passage.unknown else told)
        else:
            yield from _in_answer(expected.response, passage.answer)


def _names(destination: str) -> tuple[str, ...]:
    """Return what a destination may be called: a function, or the upstream that it is of."""
    return (destination, destination.partition("/")[0])


def _told(answer: Answer | None) -> str:
    return "none" if answer is None else f"{answer.status} {answer.body.decode('utf-8', 'replace')}".strip()


def _in_request(expected: ExpectedRequest, sent: Request) -> Iterator[Difference]:
    at = "upstream_request"
    yield from _named(f"{at}.method", expected.method, sent.method)
    yield from _named(f"{at}.path", expected.path, sent.path)
    yield from _named(f"{at}.host", expected.host, sent.host)
    yield from _in_headers(f"{at}.headers", expected.headers, {name: sent.header(name) for name, _ in sent.headers})
    yield from _in_body(at, expected.body, expected.json, sent.body)


def _in_answer(expected: ExpectedResponse, answer: Answer) -> Iterator[Difference]:
    yield from _named("response.status", None if expected.status is None else str(expected.status), str(answer.status))
    yield from _in_headers("response.headers", expected.headers, joined(answer.headers))
    yield from _in_body("response", expected.body, expected.json, answer.body)


def _in_headers(at: str, expected: Mapping[str, str | None], actual: Mapping[str, str | None]) -> Iterator[Difference]:
    for name, value in expected.items():
        got = actual.get(name.lower())
        if got != value:
            yield Difference(f"{at}.{name}", _shown(value), _shown(got))


def _shown(value: str | None) -> str:
    return "absent" if value is None else repr(value)


def _in_body(at: str, expected: str | None, value: Json | UnsetType, body: bytes | None) -> Iterator[Difference]:
    text = (body or b"").decode("utf-8", "backslashreplace")
    if expected is not None and not same_bodies(expected.encode(), body or b""):
        yield Difference(f"{at}.body", repr(expected), repr(text))
    if value is UNSET:
        return
    try:
        actual = json.loads(text)
    except (ValueError, RecursionError):
        yield Difference(f"{at}.json", json.dumps(value, ensure_ascii=False), f"no JSON: {text!r}")
        return
    if not same_values(actual, value):
        yield Difference(f"{at}.json", json.dumps(value, ensure_ascii=False), json.dumps(actual, ensure_ascii=False))


def _unlike(offline: Passage, live: Passage) -> Iterator[Difference]:
    if offline.accepted and offline.answer is not None and live.answer is not None:
        yield from _named("response.status", str(offline.answer.status), str(live.answer.status))
        if live.sent is None:  # it may be under way
            return
        offline = replace(offline, answer=None)
    if (offline.sent is None) != (live.sent is None):
        yield Difference("outcome", _outcome(offline), _outcome(live))
    elif offline.sent is not None and live.sent is not None:
        yield from _named("destination", offline.destination.partition("/")[0], live.destination)
        yield from _named("upstream_request.method", offline.sent.method, live.sent.method)
        if not fits(offline.sent.path, live.sent.path):
            yield from _named("upstream_request.path", offline.sent.path, live.sent.path)
        yield from _unlike_headers("upstream_request.headers", offline.sent.headers, live.sent.headers)
        sent, got = offline.sent.body or b"", live.sent.body or b""
        if offline.wrapped:
            sent, got = without_own_headers(sent), without_own_headers(got)
        yield from _unlike_bodies("upstream_request.body", sent, got)
        if offline.answer is not None and live.answer is not None:
            yield from _unlike_headers("response.headers", offline.answer.headers, live.answer.headers)
            yield from _unlike_answers(offline.answer, live.answer)
    elif offline.answer is not None and live.answer is not None:
        yield from _unlike_answers(offline.answer, live.answer)


def _unlike_answers(offline: Answer, live: Answer) -> Iterator[Difference]:
    yield from _named("response.status", str(offline.status), str(live.status))
    if not _is_early(offline):
        yield from _unlike_bodies("response.body", offline.body.rstrip(), live.body.rstrip())


def _unlike_bodies(place: str, offline: bytes, live: bytes) -> Iterator[Difference]:
    if not same_bodies(offline, live, fits):
        yield Difference(place, repr(offline), repr(live))


def _unlike_headers(place: str, offline: Headers, live: Headers) -> Iterator[Difference]:
    told, got = (json.dumps(headers, ensure_ascii=False) for headers in comparable(offline, live))
    yield from _named(place, told, got)


def _outcome(passage: Passage) -> str:
    return f"a request to {passage.destination}" if passage.sent is not None else _told(passage.answer)
