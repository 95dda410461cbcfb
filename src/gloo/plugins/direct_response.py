"""Direct response: the gateway answers by itself, without a destination.

.. code-block:: yaml

    - request_matcher: {path_exact: /robots.txt}
      extensions:
        direct_response: {status: 200, body: "User-agent: *\\nDisallow: /\\n"}
"""

from collections.abc import Mapping
from typing import Annotated, ClassVar

from msgspec import Meta

from gloo.envoy.route import MOST_BODY, DirectResponse, HeaderChange
from gloo.errors import ConfigError
from gloo.model.base import Model
from gloo.model.http_name import check_header_name, check_header_value
from gloo.model.path import format_path
from gloo.plugins.base import RoutePlugin

_WITHOUT_BODY = (204, 205, 304)  # RFC 9110, sections 15.3.5, 15.3.6 and 15.4.5


class Response(Model, frozen=True, kw_only=True):
    """An answer, word for word."""

    status: Annotated[int, Meta(ge=200, le=599, description="the status")]
    body: Annotated[str, Meta(description="the body, at most 64 KiB")] = ""
    content_type: Annotated[str, Meta(description="what the body is")] = "text/plain"
    headers: Annotated[Mapping[str, str], Meta(description="more headers")] = {}


class DirectResponseExtension(Model, frozen=True, kw_only=True):
    """The answer of a route that answers by itself."""

    direct_response: Annotated[Response | None, Meta(description="answer this; the route has no destination")] = None


class DirectAnswer(RoutePlugin[DirectResponseExtension]):
    """Answers requests with what the configuration says."""

    extension_model: ClassVar[type[Model]] = DirectResponseExtension

    def answer(self, extension: DirectResponseExtension) -> DirectResponse | None:
        response = extension.direct_response
        if response is None:
            return None
        if response.body and response.status in _WITHOUT_BODY:
            raise ConfigError("", "direct_response.body", f"an answer with status {response.status} has no body")
        if len(response.body.encode()) > MOST_BODY:
            raise ConfigError("", "direct_response.body", "is longer than 64 KiB", "serve it from an upstream")
        check_header_value(response.content_type, "direct_response.content_type")
        headers = tuple(_header(name, value) for name, value in response.headers.items())
        return DirectResponse(response.status, response.body, response.content_type, headers)


def _header(name: str, value: str) -> HeaderChange:
    field = format_path(("direct_response", "headers", name))
    lower = check_header_name(name, field)
    check_header_value(value, field)
    return HeaderChange(lower, value)
