"""Redirect: send the client elsewhere, without a destination.

.. code-block:: yaml

    - request_matcher: {path_prefix: /old}
      extensions:
        redirect: {https: true, host: new.example.org, prefix: /new, code: 308}

What is not given stays as the client asked it, the query too.
"""

from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from gloo.envoy.route import Redirect as Elsewhere
from gloo.errors import ConfigError
from gloo.model.base import Model
from gloo.model.http_name import check_header_value
from gloo.plugins.base import RoutePlugin


class Location(Model, frozen=True, kw_only=True):
    """Where the client is to go."""

    https: Annotated[bool, Meta(description="by HTTPS")] = False
    host: Annotated[str, Meta(description="to another host, without a port")] = ""
    port: Annotated[int | None, Meta(description="to another port, 1 to 65535")] = None
    path: Annotated[str, Meta(description="to another path; with a query in it, that is the new one")] = ""
    prefix: Annotated[str | None, Meta(description="in place of the matched prefix, as with prefix_rewrite")] = None
    code: Annotated[Literal[301, 302, 303, 307, 308], Meta(description="the status of the answer")] = 301
    strip_query: Annotated[bool, Meta(description="without the query")] = False

    def __post_init__(self) -> None:
        if self.path and self.prefix is not None:
            raise ValueError("takes path or prefix, not both")
        if self.port is not None and not 1 <= self.port <= 65535:
            raise ValueError(f"port {self.port} is not between 1 and 65535")
        if not (self.https or self.host or self.port or self.path or self.prefix is not None or self.strip_query):
            raise ValueError("would send the client where it is: give https, host, port, path, prefix or strip_query")


class RedirectExtension(Model, frozen=True, kw_only=True):
    """The answer of a route that redirects."""

    redirect: Annotated[
        Location | None, Meta(description="send the client elsewhere; the route has no destination")
    ] = None


class Redirect(RoutePlugin[RedirectExtension]):
    """Answers requests by where else to ask."""

    extension_model: ClassVar[type[Model]] = RedirectExtension

    def answer(self, extension: RedirectExtension) -> Elsewhere | None:
        location = extension.redirect
        if location is None:
            return None
        for field in ("path", "prefix"):
            text = getattr(location, field)
            if text and not text.startswith("/"):
                raise ConfigError("", f"redirect.{field}", f"{text!r} is no path", "a path starts with /")
            check_header_value(text or "", f"redirect.{field}")
        if "/" in location.host or not location.host.isprintable() or " " in location.host:
            raise ConfigError("", "redirect.host", f"{location.host!r} is no host", "without scheme and path")
        return Elsewhere(
            location.code,
            https=location.https,
            host=location.host,
            port=location.port or 0,
            path=location.path,
            prefix=location.prefix,
            strip_query=location.strip_query,
        )
