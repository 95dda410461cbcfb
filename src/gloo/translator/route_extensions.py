"""The extensions of a route: read once, then asked for what they mean, in the order of the plugins."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from gloo.envoy.route import Answer, Route
from gloo.errors import ConfigError
from gloo.model.base import Json, Value, replace
from gloo.model.path import join_path
from gloo.model.status import Problem
from gloo.plugins.base import ExtensionT, RoutePlugin
from gloo.plugins.registry import Plugins, extension_of, rest_of_extension
from gloo.translator.reports import error_of, problem_of

PLACE = "extensions"


class RouteExtensions(Value, frozen=True):
    """What one route says to each plugin; the errors of all methods name the field below the route."""

    readings: tuple[tuple[RoutePlugin[Any], Any], ...]

    def upstreams(self) -> Iterator[tuple[str, str]]:
        """Yield field and name of each upstream that an extension mentions."""
        for plugin, extension in self.readings:
            for field, name in plugin.upstreams(extension).items():
                yield join_path(PLACE, field), name

    def each(self) -> "Iterator[RouteExtensions]":
        """Yield what the route says to each plugin alone."""
        return (RouteExtensions((reading,)) for reading in self.readings)

    @property
    def later(self) -> bool:
        """Whether clients don't wait for the destination."""
        return any(plugin.calls_later(extension) for plugin, extension in self.readings)

    def answer(self) -> tuple[str, Answer] | None:
        """Return what answers in place of a destination, and its field; raise ConfigError if two do."""
        found = []
        for plugin, extension in self.readings:
            with _below_extensions():
                answer = plugin.answer(extension)
            if answer is not None:
                found.append((join_path(PLACE, plugin.extension_model.__struct_encode_fields__[0]), answer))
        if len(found) > 1:
            raise ConfigError("", found[1][0], f"{found[0][0]} answers the requests already", "leave one of them out")
        return found[0] if found else None

    def said(self, model: type[ExtensionT]) -> ExtensionT | None:
        """Return what was said to the plugin whose extensions are *model*s."""
        return next((extension for _, extension in self.readings if isinstance(extension, model)), None)

    def apply(self, route: Route) -> Route:
        """Return *route* with all that the extensions ask for."""
        for plugin, extension in self.readings:
            with _below_extensions():
                route = plugin.route(route, extension)
        return route

    def warnings(self, route: Route) -> Iterator[Problem]:
        """Yield what is no error but should be known; *route* is what `apply` returned."""
        for plugin, extension in self.readings:
            for warning in plugin.warnings(route, extension):
                yield replace(problem_of(warning, PLACE), warning=True)

    def before(self, route: Route) -> tuple[Route, ...]:
        """Return the routes to be tried before *route*."""
        return tuple(each for plugin, extension in self.readings for each in plugin.before(route, extension))


def read_extensions(extensions: Mapping[str, Json], plugins: Plugins) -> RouteExtensions:
    """Decode what *extensions* says to the route plugins; raise ConfigError for all faults."""
    if not extensions:
        return _NOTHING
    readings = []
    problems = [*plugins.unknown_extensions(extensions)]
    for reading in plugins.route_extensions(extensions):
        problems += reading.problems
        if reading.extension is not None:
            readings.append((reading.plugin, reading.extension))
    if problems:
        raise error_of(problems)
    return RouteExtensions(tuple(readings))


def rest_of_extensions(extensions: Mapping[str, Json], plugins: Plugins) -> RouteExtensions:
    """Decode what can be read of *extensions* and leave out what can't."""
    read = (
        (each.plugin, each.extension or rest_of_extension(each.plugin, extensions))
        for each in plugins.route_extensions(extensions)
    )
    return RouteExtensions(tuple((plugin, extension) for plugin, extension in read if extension is not None))


_NOTHING = RouteExtensions(())


def mentioned(extensions: Mapping[str, Json], plugins: Plugins) -> tuple[str, ...]:
    """Return the upstreams that *extensions* mentions; those of what can't be read are none."""
    return tuple(_mentioned(extensions, plugins)) if extensions else ()


def _mentioned(extensions: Mapping[str, Json], plugins: Plugins) -> Iterator[str]:
    for plugin in plugins.routes:
        if type(plugin).upstreams is RoutePlugin.upstreams:
            continue  # it names none, so there is nothing to decode
        extension, faults = extension_of(plugin, extensions)
        if faults:
            extension = rest_of_extension(plugin, extensions)
        if extension is not None:
            yield from plugin.upstreams(extension).values()


@contextmanager
def _below_extensions() -> Iterator[None]:
    try:
        yield
    except ConfigError as error:
        field = join_path(PLACE, error.field)
        raise type(error)(error.ref, field, error.problem, error.hint) from error
