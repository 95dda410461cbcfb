"""Rewrites: another host and another path for the upstream.

.. code-block:: yaml

    extensions:
      host_rewrite: internal.example.org      # or {auto: true}, or {from_header: x-host}
      regex_rewrite: {pattern: "^/v1/(.*)$", substitution: '/\\1'}

`prefix_rewrite` is a field of the route itself. It takes the place of the prefix that matched; where the matcher is a
regular expression or an exact path, of the whole path.
"""

from typing import Annotated, ClassVar

from msgspec import Meta

from gloo.envoy.route import Forward, Route
from gloo.envoy.route_policy import HostRewrite
from gloo.errors import ConfigError
from gloo.model.base import Model, exactly_one, replace
from gloo.model.http_name import check_header_name, check_header_value, is_host
from gloo.model.regex import check_regex, check_substitution
from gloo.plugins.base import RoutePlugin, forward_of

_Text = Annotated[str, Meta(min_length=1)]


class HostSource(Model, frozen=True, kw_only=True):
    """Where the new host comes from: exactly one of them."""

    literal: Annotated[_Text | None, Meta(description="the host itself")] = None
    auto: Annotated[bool | None, Meta(description="true: the name of the host that the request goes to")] = None
    from_header: Annotated[_Text | None, Meta(description="a request header that holds the host")] = None

    def __post_init__(self) -> None:
        exactly_one("host_rewrite", literal=self.literal, auto=self.auto, from_header=self.from_header)


class RegexRewrite(Model, frozen=True, kw_only=True):
    """A pattern, and what takes the place of all that it finds in the path."""

    pattern: Annotated[str, Meta(min_length=1, description="RE2, found anywhere in the path, without the query")]
    substitution: Annotated[str, Meta(description=r"the new text; \1 is the first group")] = ""


class RewritesExtension(Model, frozen=True, kw_only=True):
    """What a route changes of host and path."""

    host_rewrite: Annotated[HostSource | _Text | None, Meta(description="the host that the upstream is asked for")] = (
        None
    )
    regex_rewrite: Annotated[RegexRewrite | None, Meta(description="rewrite the path by a pattern")] = None


class Rewrites(RoutePlugin[RewritesExtension]):
    """Changes host and path on the way to the upstream."""

    extension_model: ClassVar[type[Model]] = RewritesExtension

    def route(self, route: Route, extension: RewritesExtension) -> Route:
        forward = forward_of(route, "host_rewrite" if extension.host_rewrite is not None else "regex_rewrite")
        if extension.host_rewrite is not None:
            forward = replace(forward, host=_host(extension.host_rewrite, forward))
        if extension.regex_rewrite is not None:
            forward = replace(forward, regex_rewrite=_regex(extension.regex_rewrite, forward))
        return replace(route, action=forward)


def _host(source: HostSource | str, forward: Forward) -> HostRewrite | None:
    if any(target.host_rewrite for target in forward.targets):
        raise ConfigError("", "host_rewrite", "the destination needs a host of its own", "leave it out")
    if isinstance(source, str):
        source = HostSource(literal=source)
    if source.literal is not None:
        if not is_host(source.literal):
            raise ConfigError("", "host_rewrite", f"{source.literal!r} is no host", "a name, with a port if need be")
        return HostRewrite("literal", source.literal)
    if source.from_header is not None:
        return HostRewrite("header", check_header_name(source.from_header, "host_rewrite.from_header"))
    return HostRewrite("auto") if source.auto else None


def _regex(rewrite: RegexRewrite, forward: Forward) -> tuple[str, str]:
    if forward.prefix_rewrite is not None:
        raise ConfigError("", "regex_rewrite", "prefix_rewrite rewrites the path already", "leave one of them out")
    groups = check_regex(rewrite.pattern, "regex_rewrite.pattern")
    check_substitution(rewrite.substitution, "regex_rewrite.substitution", groups=groups)
    check_header_value(rewrite.substitution, "regex_rewrite.substitution")
    return rewrite.pattern, rewrite.substitution
