"""Headers: set, append and remove headers of requests and answers.

.. code-block:: yaml

    extensions:
      add_request_headers:
      - {key: x-team, value: pets}
      - {key: x-client, value: "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%", format: true}
      remove_request_headers: [x-internal]
      add_response_headers:
      - {key: x-served-by, value: gloo, append: true}
      remove_response_headers: [x-powered-by]

Envoy changes requests after functions have run, removals first, just before it sends them to the upstream.
"""

from collections.abc import Sequence
from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from gloo.envoy.header_format import check_format
from gloo.envoy.route import HeaderChange, Route
from gloo.model.base import Model, replace
from gloo.model.http_name import check_header_name, check_header_value
from gloo.plugins.base import RoutePlugin


class Header(Model, frozen=True, kw_only=True):
    """One header to change."""

    key: Annotated[str, Meta(description="the header's name")]
    value: Annotated[str, Meta(max_length=16384, description="the header's value")] = ""
    append: Annotated[bool | None, Meta(description="true adds a value, false replaces what is there")] = None
    action: Annotated[
        Literal["set", "append", "set_if_absent"] | None, Meta(description="what to do; without a word: set")
    ] = None
    format: Annotated[
        bool, Meta(description="the value holds Envoy's commands, e.g. %REQ(x-name)%; otherwise % is just a sign")
    ] = False

    def __post_init__(self) -> None:
        if self.append is not None and self.action is not None:
            raise ValueError("takes append or action, not both")


class HeadersExtension(Model, frozen=True, kw_only=True):
    """What a route changes of headers."""

    add_request_headers: Annotated[
        tuple[Header, ...], Meta(description="headers to set or append before the upstream gets the request")
    ] = ()
    remove_request_headers: Annotated[
        tuple[str, ...], Meta(description="headers to take away before the upstream gets the request")
    ] = ()
    add_response_headers: Annotated[
        tuple[Header, ...], Meta(description="headers to set or append before the client gets the answer")
    ] = ()
    remove_response_headers: Annotated[
        tuple[str, ...], Meta(description="headers to take away before the client gets the answer")
    ] = ()


class Headers(RoutePlugin[HeadersExtension]):
    """Changes headers on the way to the upstream and back."""

    extension_model: ClassVar[type[Model]] = HeadersExtension

    def route(self, route: Route, extension: HeadersExtension) -> Route:
        return replace(
            route,
            request_headers=(*route.request_headers, *_changes(extension.add_request_headers, "add_request_headers")),
            request_headers_removed=_names(extension.remove_request_headers, "remove_request_headers"),
            response_headers=(
                *route.response_headers,
                *_changes(extension.add_response_headers, "add_response_headers"),
            ),
            response_headers_removed=_names(extension.remove_response_headers, "remove_response_headers"),
        )


def _changes(headers: Sequence[Header], field: str) -> tuple[HeaderChange, ...]:
    return tuple(_change(header, f"{field}[{index}]") for index, header in enumerate(headers))


def _change(header: Header, field: str) -> HeaderChange:
    name = check_header_name(header.key, f"{field}.key")
    check_header_value(header.value, f"{field}.value")
    if header.format:
        check_format(header.value, f"{field}.value")
    return HeaderChange(name, header.value, header.action or ("append" if header.append else "set"), header.format)


def _names(names: Sequence[str], field: str) -> tuple[str, ...]:
    return tuple(check_header_name(name, f"{field}[{index}]") for index, name in enumerate(names))
