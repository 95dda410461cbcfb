"""All plugins, checked: the built-in ones in a list that can be read, others through the entry-point group.

A plugin that breaks the contract is refused when it is registered, by name, and the others go on.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from typing import Any, TypeVar

from gloo.envoy.events import event_filter
from gloo.envoy.stage import HttpFilter
from gloo.errors import ConfigError, PluginError
from gloo.model.base import Json, Model, Value
from gloo.model.path import join_path
from gloo.model.status import Problem
from gloo.model.strict import decode_struct, left_out, nearest, rest_of, snake_case
from gloo.plugins.aws import Aws
from gloo.plugins.azure import Azure
from gloo.plugins.base import FunctionPlugin, Plugin, RoutePlugin, ServicePlugin, UpstreamPlugin
from gloo.plugins.buffer import Buffer
from gloo.plugins.cors import Cors
from gloo.plugins.direct_response import DirectAnswer
from gloo.plugins.faults import Faults
from gloo.plugins.fission import Fission
from gloo.plugins.fn import Fn
from gloo.plugins.google import Google
from gloo.plugins.hashing import Hashing
from gloo.plugins.headers import Headers
from gloo.plugins.jwt import JwtDemand
from gloo.plugins.knative import Knative
from gloo.plugins.later import Later
from gloo.plugins.local import Local
from gloo.plugins.mirror import Mirror
from gloo.plugins.openfaas import OpenFaas
from gloo.plugins.redirect import Redirect
from gloo.plugins.rest import Rest
from gloo.plugins.retries import Retry
from gloo.plugins.rewrites import Rewrites
from gloo.plugins.route_metadata import RouteMetadata
from gloo.plugins.service import Service
from gloo.plugins.timeouts import Timeouts
from gloo.plugins.upgrades import Upgrades

BUILT_IN: tuple[Plugin, ...] = (
    Service(),
    Local(),
    OpenFaas(),
    Fission(),
    Fn(),
    Knative(),
    Google(),
    Azure(),
    Aws(),
    Rest(),
    Headers(),
    Timeouts(),
    Retry(),
    Later(),
    Rewrites(),
    Redirect(),
    DirectAnswer(),
    Cors(),
    Mirror(),
    Faults(),
    Buffer(),
    Upgrades(),
    RouteMetadata(),
    Hashing(),
    JwtDemand(),
)
ENTRY_POINTS = "gloo.plugins"
PluginT = TypeVar("PluginT", bound=Plugin)


class RouteExtension(Value, frozen=True):
    """What a route says to one plugin; *extension* is None when it can't be read, for the reasons in *problems*."""

    plugin: RoutePlugin[Any]
    extension: Model | None
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Plugins:
    """The plugins of one control plane, by what they know."""

    upstreams: Mapping[str, UpstreamPlugin[Any, Any, Any]]
    services: Mapping[str, ServicePlugin[Any, Any, Any]]
    routes: tuple[RoutePlugin[Any], ...]
    extension_keys: Mapping[str, RoutePlugin[Any] | None] = field(init=False, repr=False)
    """All keys of `extensions`, and the route plugin that knows each; None for those of functions."""

    def __post_init__(self) -> None:
        of_functions = {
            key: None for each in (*self.upstreams.values(), *self.services.values()) for key in _keys(each)
        }
        object.__setattr__(self, "extension_keys", of_functions | _route_keys(self.routes, of_functions))

    @classmethod
    def of(cls, plugins: Iterable[Plugin]) -> "Plugins":
        """Check *plugins* and order them by what they know.

        Raises:
            PluginError: one breaks the contract, or two claim the same type.
        """
        upstreams: dict[str, UpstreamPlugin[Any, Any, Any]] = {}
        services: dict[str, ServicePlugin[Any, Any, Any]] = {}
        routes: list[RoutePlugin[Any]] = []
        for plugin in plugins:
            _check(plugin)
            if isinstance(plugin, UpstreamPlugin):
                _claim(upstreams, plugin.upstream_type, plugin)
            elif isinstance(plugin, ServicePlugin):
                _claim(services, plugin.service_type.lower(), plugin)
            elif isinstance(plugin, RoutePlugin):
                routes.append(plugin)
        return cls(upstreams, services, tuple(sorted(routes, key=lambda plugin: type(plugin).__name__)))

    @property
    def all(self) -> tuple[Plugin, ...]:
        return (*self.upstreams.values(), *self.services.values(), *self.routes)

    def filters(self) -> tuple[HttpFilter, ...]:
        """Return the filters of all plugins, each once, and the one that event matchers need."""
        return tuple(dict.fromkeys((event_filter(), *(each for plugin in self.all for each in plugin.filters()))))

    def upstream(self, upstream_type: str) -> UpstreamPlugin[Any, Any, Any]:
        """Return the plugin for *upstream_type*; raise ConfigError when there is none."""
        return _known(self.upstreams, upstream_type, "type", "upstream type")

    def service(self, service_type: str) -> ServicePlugin[Any, Any, Any]:
        """Return the plugin for *service_type*; raise ConfigError when there is none."""
        return _known(self.services, service_type.lower(), "service_info.type", "service type")

    def unknown_extensions(self, extensions: Mapping[str, Json]) -> tuple[Problem, ...]:
        """Return a problem for each key of *extensions* that no plugin reads."""
        names = self.extension_keys
        return tuple(
            Problem(field=join_path("extensions", key), problem="unknown field", hint=nearest(key, sorted(names)))
            for key in extensions
            if key not in names and snake_case(key) not in names
        )

    def route_extensions(self, extensions: Mapping[str, Json]) -> Iterator[RouteExtension]:
        """Yield what *extensions* says to each route plugin that knows a key of it, in the plugins' order."""
        if not extensions:
            return
        known = {self.extension_keys.get(key) or self.extension_keys.get(snake_case(key)) for key in extensions}
        for plugin in self.routes:
            if plugin in known:
                extension, problems = extension_of(plugin, extensions)
                yield RouteExtension(plugin, extension, problems)


def extension_of(plugin: Plugin, extensions: Mapping[str, Json]) -> tuple[Model | None, tuple[Problem, ...]]:
    """Decode the keys of *extensions* that *plugin* reads; None when it has none of them."""
    model, mine = _extension(plugin), _mine(plugin, extensions)
    return decode_struct(mine, model, at="extensions") if model and mine else (None, ())


def rest_of_extension(plugin: Plugin, extensions: Mapping[str, Json]) -> Model | None:
    """Decode those keys of *extensions* that *plugin* reads and that can be read, where others can't be."""
    model, mine = _extension(plugin), _mine(plugin, extensions)
    return rest_of(mine, model) if model and len(left_out(mine, model)) < len(mine) else None


def _mine(plugin: Plugin, extensions: Mapping[str, Json]) -> dict[str, Json]:
    names = _keys(plugin)
    return {key: value for key, value in extensions.items() if key in names or snake_case(key) in names}


def load_plugins() -> tuple[Plugins, tuple[PluginError, ...]]:
    """Return the built-in plugins with those of other distributions, and what is wrong with any of the latter."""
    plugins, faults = list(BUILT_IN), []
    for entry in entry_points(group=ENTRY_POINTS):
        try:
            plugin = entry.load()()
            Plugins.of([*plugins, plugin])
        except Exception as error:  # noqa: BLE001  # a stranger's code may raise anything; it is named, others go on
            faults.append(PluginError(f"plugin {entry.name} ({entry.value}) is left out: {error}"))
        else:
            plugins.append(plugin)
    return Plugins.of(plugins), tuple(faults)


def _known(known: Mapping[str, PluginT], name: str, field: str, what: str) -> PluginT:
    if name not in known:
        raise ConfigError("", field, f"{name!r} is no {what}", nearest(name, list(known)))
    return known[name]


def _claim(known: dict[str, Any], name: str, plugin: Plugin) -> None:
    if name in known:
        raise PluginError(f"{type(plugin).__name__} and {type(known[name]).__name__} both claim {name!r}")
    known[name] = plugin


def _check(plugin: object) -> None:
    if not isinstance(plugin, UpstreamPlugin | ServicePlugin | RoutePlugin):
        raise PluginError(f"{plugin!r} is no UpstreamPlugin, ServicePlugin or RoutePlugin")
    wanted = {
        UpstreamPlugin: ("spec_model", "function_model", "extension_model"),
        ServicePlugin: ("properties_model", "function_model", "extension_model"),
        RoutePlugin: ("extension_model",),
    }
    for kind, names in wanted.items():
        for name in names if isinstance(plugin, kind) else ():
            model = getattr(plugin, name, None)
            if not (isinstance(model, type) and issubclass(model, Model)):
                raise PluginError(f"{type(plugin).__name__}.{name} is no subclass of Model")
    if isinstance(plugin, UpstreamPlugin) and plugin.discovery_model is not None:
        if not (isinstance(plugin.discovery_model, type) and issubclass(plugin.discovery_model, Model)):
            raise PluginError(f"{type(plugin).__name__}.discovery_model is no subclass of Model")
        if type(plugin).discover is UpstreamPlugin.discover:
            raise PluginError(f"{type(plugin).__name__} has a discovery_model, but no discover")


def _extension(plugin: Plugin) -> type[Model] | None:
    return plugin.extension_model if isinstance(plugin, FunctionPlugin | RoutePlugin) else None


def extension_keys(plugin: Plugin) -> frozenset[str]:
    """Return the keys of `extensions` that *plugin* reads."""
    return frozenset(_keys(plugin))


def _keys(plugin: Plugin) -> tuple[str, ...]:
    """Return the keys of `extensions` that *plugin* knows."""
    model = _extension(plugin)
    return model.__struct_encode_fields__ if model else ()


def _route_keys(
    plugins: Iterable[RoutePlugin[Any]], taken: Mapping[str, RoutePlugin[Any] | None]
) -> dict[str, RoutePlugin[Any] | None]:
    found: dict[str, Any] = {}
    for plugin in plugins:
        for key in _keys(plugin):
            if key in taken:
                raise PluginError(f"{type(plugin).__name__} claims the extension {key!r}, which functions have")
            _claim(found, key, plugin)
    return found
