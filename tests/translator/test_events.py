"""One event matcher, all forms of an event."""

import pytest

from gloo.envoy.route import PathMatch, ValueMatch
from gloo.errors import ConfigError
from gloo.model.route import EventMatcher, RequestMatcher, Route, ValueCondition
from gloo.translator.events import event_catch, event_fields, event_matches, matches_of


def test_a_type_is_looked_for_in_the_header_of_2018_the_header_of_cloudevents_and_the_body() -> None:
    legacy, binary, structured = event_matches(EventMatcher(event_type="paid"))

    assert legacy.headers == (ValueMatch("x-event-type", "exact", "paid"),)
    assert binary.headers == (ValueMatch("ce-type", "exact", "paid"),)
    assert structured.metadata == (ValueMatch("type", "exact", "paid"),)
    assert {match.path for match in (legacy, binary, structured)} == {PathMatch("exact", "/events")}


def test_a_subject_excludes_the_form_that_has_none() -> None:
    matches = event_matches(EventMatcher(event_type="paid", subject="42"))

    assert [match.headers[0].name for match in matches] == ["ce-type", "content-type"]


def test_a_source_may_be_a_condition() -> None:
    _, binary, structured = event_matches(EventMatcher(event_type="paid", source=ValueCondition(prefix="/shop/")))

    assert binary.headers[1] == ValueMatch("ce-source", "prefix", "/shop/")
    assert structured.metadata[1] == ValueMatch("source", "prefix", "/shop/")


def test_a_path_that_can_never_be_is_refused() -> None:
    with pytest.raises(ConfigError) as caught:
        event_matches(EventMatcher(event_type="paid", path="events"))

    assert caught.value.field == "event_matcher.path"


def test_a_request_matcher_is_one_match() -> None:
    assert len(matches_of(Route(request_matcher=RequestMatcher(path_prefix="/")))) == 1


def test_only_a_virtual_service_with_events_pays_for_them() -> None:
    plain = (Route(request_matcher=RequestMatcher()),)
    events = (
        Route(event_matcher=EventMatcher(event_type="a")),
        Route(event_matcher=EventMatcher(event_type="b")),
        Route(event_matcher=EventMatcher(event_type="b", path="/other")),
    )

    assert (event_fields(plain, [None]), event_catch("x", plain)) == (b"", ())
    assert event_fields(events, [None] * 3)
    assert [match.path.value for match, _ in event_catch("x", events)] == ["/events", "/other"]


@pytest.mark.parametrize("value", ["", ValueCondition(present=True), ValueCondition(present=False, invert=True)])
def test_an_attribute_may_be_wanted_whatever_it_is(value: str | ValueCondition) -> None:
    binary, structured = event_matches(EventMatcher(event_type="paid", subject=value))

    assert binary.headers[1] == ValueMatch("ce-subject", "present")
    assert structured.metadata[1] == ValueMatch("subject", "present")


@pytest.mark.parametrize("name", ["source", "subject"])
def test_an_empty_regular_expression_is_refused(name: str) -> None:
    with pytest.raises(ConfigError) as caught:
        event_matches(EventMatcher(event_type="paid", **{name: ValueCondition(regex="")}))  # type: ignore[arg-type]

    assert caught.value.field == f"event_matcher.{name}.regex"
