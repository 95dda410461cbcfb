"""Routes: a matcher, and where the requests that match go."""

from collections.abc import Mapping
from typing import Annotated

from msgspec import Meta

from gloo.model.base import Json, Model, exactly_one
from gloo.model.status import Problem

_Text = Annotated[str, Meta(min_length=1)]
_MOST_WEIGHT = 2**32 - 1


class ValueCondition(Model, frozen=True, kw_only=True):
    """A condition on a header, a query parameter or a cookie: exactly one of its ways to compare."""

    exact: Annotated[str | None, Meta(description="the value is this")] = None
    prefix: Annotated[_Text | None, Meta(description="the value starts with this")] = None
    suffix: Annotated[_Text | None, Meta(description="the value ends with this")] = None
    contains: Annotated[_Text | None, Meta(description="the value holds this")] = None
    regex: Annotated[str | None, Meta(description="RE2 over the whole value")] = None
    present: Annotated[bool | None, Meta(description="true: it is there; false: it is not")] = None
    invert: Annotated[bool, Meta(description="the condition must not hold")] = False

    def __post_init__(self) -> None:
        exactly_one(
            "a condition",
            exact=self.exact,
            prefix=self.prefix,
            suffix=self.suffix,
            contains=self.contains,
            regex=self.regex,
            present=self.present,
        )


Conditions = Mapping[str, str | ValueCondition]


class RequestMatcher(Model, frozen=True, kw_only=True):
    """Properties of an HTTP request; all that are given must hold. Without a path every path matches."""

    path_prefix: Annotated[str | None, Meta(description="the path starts with this text: /a takes /ab too")] = None
    path_segment_prefix: Annotated[
        str | None, Meta(description="the path starts with these segments: /a takes /a and /a/b, not /ab")
    ] = None
    path_regex: Annotated[str | None, Meta(description="RE2 over the whole path, without the query")] = None
    path_exact: Annotated[str | None, Meta(description="the path is exactly this, without the query")] = None
    case_sensitive: Annotated[bool, Meta(description="false: /A and /a are the same path")] = True
    headers: Annotated[
        Conditions,
        Meta(description='header to value: "" any value, a value with `.*` is a regular expression, else exact'),
    ] = {}
    query_params: Annotated[
        Conditions, Meta(description='query parameter to value: "" any value, else exact, whatever it holds')
    ] = {}
    cookies: Annotated[Conditions, Meta(description='cookie to value: "" any value, else exact')] = {}
    verbs: Annotated[tuple[str, ...], Meta(description="HTTP methods; empty for all")] = ()

    def __post_init__(self) -> None:
        paths = (self.path_prefix, self.path_segment_prefix, self.path_regex, self.path_exact)
        if sum(path is not None for path in paths) > 1:
            raise ValueError("a matcher takes at most one of path_prefix, path_segment_prefix, path_regex, path_exact")


class EventMatcher(Model, frozen=True, kw_only=True):
    """Properties of an event, as a client posts it: in the form of 2018, or as a CloudEvent in either HTTP mode."""

    event_type: Annotated[str, Meta(min_length=1, description="the type of the event")]
    source: Annotated[str | ValueCondition | None, Meta(description="where it comes from: exact, or a condition")] = (
        None
    )
    subject: Annotated[str | ValueCondition | None, Meta(description="what it is about: exact, or a condition")] = None
    path: Annotated[str, Meta(description="where events are posted")] = "/events"


class FunctionDestination(Model, frozen=True, kw_only=True):
    """One function of an upstream."""

    upstream_name: str
    function_name: str


class UpstreamDestination(Model, frozen=True, kw_only=True):
    """An upstream as a whole."""

    name: str


class Destination(Model, frozen=True, kw_only=True):
    """Where a request goes: a function, or an upstream."""

    function: FunctionDestination | None = None
    upstream: UpstreamDestination | None = None

    def __post_init__(self) -> None:
        exactly_one("a destination", function=self.function, upstream=self.upstream)

    @property
    def upstream_name(self) -> str:
        if self.function is not None:
            return self.function.upstream_name
        assert self.upstream is not None
        return self.upstream.name

    @property
    def function_name(self) -> str:
        return self.function.function_name if self.function is not None else ""


class WeightedDestination(Destination, frozen=True, kw_only=True):
    """A destination and its share of the requests."""

    weight: Annotated[int, Meta(gt=0, le=_MOST_WEIGHT, description="share: weight / sum of weights")]


class Route(Model, frozen=True, kw_only=True):
    """One rule: the first route of a virtual service whose matcher holds gets the request."""

    request_matcher: Annotated[RequestMatcher | None, Meta(description="match HTTP requests")] = None
    event_matcher: Annotated[EventMatcher | None, Meta(description="match events")] = None
    single_destination: Annotated[Destination | None, Meta(description="where all requests go")] = None
    multiple_destinations: Annotated[
        tuple[WeightedDestination, ...] | None, Meta(description="where requests go, by weight")
    ] = None
    prefix_rewrite: Annotated[str | None, Meta(description="put this in place of the matched prefix")] = None
    extensions: Annotated[Mapping[str, Json], Meta(description="timeouts, headers, parameters, ...")] = {}

    def __post_init__(self) -> None:
        exactly_one("a route", request_matcher=self.request_matcher, event_matcher=self.event_matcher)
        if self.single_destination is not None and self.multiple_destinations is not None:
            raise ValueError("a route takes single_destination or multiple_destinations, not both")
        if sum(each.weight for each in self.multiple_destinations or ()) > _MOST_WEIGHT:
            raise ValueError(f"the weights of multiple_destinations add up to more than {_MOST_WEIGHT}")

    @property
    def destinations(self) -> tuple[Destination, ...]:
        if self.single_destination is not None:
            return (self.single_destination,)
        return self.multiple_destinations or ()


class RestOfRoute(Route, frozen=True, kw_only=True):
    """Those parts of a broken route that can be read, to find what else is wrong; no request is served by it.

    `placed` holds its destinations, each with its field; `sure` says that nothing is missing that a call could need.
    """

    placed: tuple[tuple[str, Destination], ...] = ()
    sure: bool = False

    def __post_init__(self) -> None:
        """Skip the rules of a whole route: parts are missing."""

    @property
    def destinations(self) -> tuple[Destination, ...]:
        return tuple(destination for _, destination in self.placed)


class BrokenRoute(Route, frozen=True, kw_only=True):
    """A route that can't be decoded: it stands in its place and answers 500, so that no later route takes its requests.

    `request_matcher` holds what could be read of the matcher; `problems` what could not;
    `rest` what else there is.
    """

    problems: tuple[Problem, ...] = ()
    rest: RestOfRoute | None = None

    def __post_init__(self) -> None:
        """Skip the rules of a whole route: this one is known to break them."""
