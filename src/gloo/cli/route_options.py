"""Routes by flags: the options that describe a matcher and a destination, and the route that they mean."""

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import click

from gloo.model.base import Value

if TYPE_CHECKING:
    from gloo.model.base import Json

Command = TypeVar("Command", bound=Callable[..., Any])


class RouteFlags(Value, frozen=True):
    """What the flags of one command say; an empty value is a flag that was not given."""

    path_prefix: str | None = None
    path_segment_prefix: str | None = None
    path_exact: str | None = None
    path_regex: str | None = None
    event: str | None = None
    http_method: tuple[str, ...] = ()
    header: tuple[str, ...] = ()
    query: tuple[str, ...] = ()
    cookie: tuple[str, ...] = ()
    upstream: str | None = None
    function: str | None = None

    @property
    def has_matcher(self) -> bool:
        return self.event is not None or bool(self._request_matcher())

    def matcher(self) -> "dict[str, Json]":
        """Return ``request_matcher`` or ``event_matcher`` as users write it, or raise click.UsageError."""
        request = self._request_matcher()
        if self.event is not None and request:
            raise click.UsageError("--event can't be joined with conditions on a request")
        if self.event is not None:
            return {"event_matcher": {"event_type": self.event}}
        if not request:
            raise click.UsageError("say which requests the route is for (e.g. --path-prefix /, or --event TYPE)")
        return {"request_matcher": request}

    def _request_matcher(self) -> "dict[str, Json]":
        given = {
            "path_prefix": self.path_prefix,
            "path_segment_prefix": self.path_segment_prefix,
            "path_exact": self.path_exact,
            "path_regex": self.path_regex,
            "headers": _pairs(self.header, ":", "--header"),
            "query_params": _pairs(self.query, "=", "--query"),
            "cookies": _pairs(self.cookie, "=", "--cookie"),
            "verbs": [verb.strip().upper() for each in self.http_method for verb in each.split(",") if verb.strip()],
        }
        return {name: value for name, value in given.items() if value not in (None, {}, [])}

    def destination(self) -> "dict[str, Json] | None":
        """Return ``single_destination`` as users write it, None without a flag for it."""
        upstream, function = self.upstream, self.function
        if function is not None and upstream is None:
            upstream, slash, function = function.partition("/")
            if not slash:
                raise click.UsageError(f"--function {upstream}: of which upstream? (--function UPSTREAM/{upstream})")
        if upstream is None:
            return None
        if function is None:
            return {"upstream": {"name": upstream}}
        return {"function": {"upstream_name": upstream, "function_name": function}}


_OPTIONS = (
    click.option("--path-prefix", metavar="TEXT", help="The path starts with this."),
    click.option("--path-segment-prefix", metavar="TEXT", help="The path starts with these segments."),
    click.option("--path-exact", metavar="PATH", help="The path is this."),
    click.option("--path-regex", metavar="RE2", help="The whole path matches this."),
    click.option("--event", metavar="TYPE", help="Match events of this type instead of requests."),
    click.option("--http-method", multiple=True, metavar="VERB,...", help="The method is one of these."),
    click.option("--header", multiple=True, metavar="NAME[:VALUE]", help="A header; without a value: any."),
    click.option("--query", multiple=True, metavar="NAME[=VALUE]", help="A query parameter; without a value: any."),
    click.option("--cookie", multiple=True, metavar="NAME[=VALUE]", help="A cookie; without a value: any."),
    click.option("--upstream", metavar="NAME", help="Where the requests go."),
    click.option("--function", metavar="[UPSTREAM/]NAME", help="Which function they call."),
)


def route_options(command: Command) -> Command:
    """Give *command* the flags of `RouteFlags`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def read_extensions(file: str | None) -> "Mapping[str, Json]":
    """Return the mapping in *file*; ``-`` is standard input. Raises click.UsageError if it holds none."""
    if file is None:
        return {}
    from gloo.cli.objects import read_text
    from gloo.model.text import TextError, parse_text

    document = read_text(file)
    try:
        parts = [part for part in parse_text(document.text) if part is not None]
    except TextError as error:
        raise click.UsageError(f"{document.name}:{error.line}: {error}") from error
    if len(parts) != 1 or not isinstance(parts[0], dict):
        raise click.UsageError(f"{document.name}: one mapping is expected (e.g. timeout: 3s)")
    return parts[0]


def _pairs(texts: Iterable[str], sign: str, flag: str) -> "dict[str, Json]":
    pairs: dict[str, Json] = {}
    for text in texts:
        name, _, value = text.partition(sign)
        if not name.strip():
            raise click.UsageError(f"{flag} {text!r} has no name (e.g. {flag} name{sign}value)")
        pairs[name.strip()] = value.strip()
    return pairs
