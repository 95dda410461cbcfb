"""The contract between gloo and a plugin: one page.

A plugin is one file: a structure for what users write, and a class that says what it means for Envoy. It has no state:
what it needs comes as arguments, what it makes it returns. It raises `ConfigError` with a field below its own
structure (``hosts[0].port``); gloo adds the object, the file and the line.

There are three kinds of plugin. An `UpstreamPlugin` knows a type of upstream, and its functions if it has any. A
`ServicePlugin` knows a protocol that a service speaks (`service_info.type`), and turns a function into a request of
that protocol. A `RoutePlugin` knows some keys of a route's `extensions`. Register one in `registry.BUILT_IN`, or from
another distribution through the entry-point group ``gloo.plugins``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Generic, Literal, TypeVar

from gloo.envoy.cluster import Cluster
from gloo.envoy.route import Answer, Forward, Route, Target
from gloo.envoy.stage import HttpFilter
from gloo.errors import ConfigError, TemplateError
from gloo.model.base import Model, Value
from gloo.model.duration import Duration
from gloo.model.secret import Secret
from gloo.model.upstream import Upstream
from gloo.plugins.discovery import Discovered, Question

if TYPE_CHECKING:
    import ssl

    import httpx


class Nothing(Model, frozen=True):
    """For a plugin that has no fields at some place."""


SpecT = TypeVar("SpecT", bound=Model)
FunctionT = TypeVar("FunctionT", bound=Model)
ExtensionT = TypeVar("ExtensionT", bound=Model)


class Plugin:
    """What all plugins have in common."""

    def filters(self) -> tuple[HttpFilter, ...]:
        """Return the HTTP filters that the plugin's routes configure; they stand in every listener, off by default."""
        return ()


@dataclass(frozen=True, slots=True)
class FunctionCall(Generic[FunctionT, ExtensionT]):
    """A route that calls a function: what the plugin has to turn into a `Target`.

    Args:
        name: ``upstream/function``, for messages.
        function: the function's own fields.
        extension: the route's fields that the plugin reads.
        path: the route's own path text, when its matcher has one.
        spec: the `spec` of the upstream that the function belongs to.
        annotations: those of the upstream.
        secrets: those that the upstream's plugin named for that spec.
        later: nobody waits for the answer: for functions that `calls_later` is true of.
    """

    name: str
    function: FunctionT
    extension: ExtensionT
    target: Target
    path: str = ""
    spec: Model = field(default_factory=Nothing)
    secrets: Mapping[str, Secret] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    later: bool = False


FunctionKind = Literal["lambda", "google", "cloudevent", "asgi"]
"""How a Python function is called."""


class PythonFunction(Value, frozen=True):
    """One function of a `PythonWorker`.

    Args:
        handler: its name in the module.
        place: where its upstream has it, for messages: ``functions[0]``.
    """

    name: str
    handler: str
    kind: FunctionKind
    place: str


class PythonWorker(Value, frozen=True):
    """A process that the gateway keeps running for an upstream, to serve the Python functions of a file.

    Args:
        upstream: whose functions they are.
        module: the file, a path below the configuration folder.
        socket: the name of its Unix socket in the runtime folder; the endpoint of the cluster has the same.
    """

    upstream: str
    module: str
    functions: tuple[PythonFunction, ...]
    socket: str


class FunctionPlugin(Plugin, Generic[FunctionT, ExtensionT]):
    """What upstreams and services with functions have in common."""

    function_model: ClassVar[type[Model]] = Nothing
    extension_model: ClassVar[type[Model]] = Nothing
    usual_timeout: ClassVar[Duration | None] = None
    """How long a call may take when neither its function nor its route says; None for Envoy's 15 seconds."""

    def artifacts(self, function: FunctionT) -> Mapping[str, str]:
        """Return the names of the artifacts that *function* needs, by the fields that name them."""
        return {}

    def with_artifacts(self, function: FunctionT, texts: Mapping[str, str]) -> FunctionT:
        """Return *function* with the *texts* of the artifacts that it names, by their names, in place of these.

        It comes before all that follows. Raises ConfigError for a text that can't be used.
        """
        return function

    def check_function(self, name: str, function: FunctionT) -> None:
        """Raise ConfigError or TemplateError for what is wrong with a function whatever route calls it."""

    def function_warnings(self, name: str, function: FunctionT) -> tuple[TemplateError, ...]:
        """Return what is no error in a function that `check_function` took, but should be known."""
        return ()

    def call_warnings(self, call: FunctionCall[FunctionT, ExtensionT]) -> tuple[TemplateError, ...]:
        """Return what is no error in a route's part of a call, but should be known; the fields are below the route."""
        return ()

    def calls_later(self, function: FunctionT, spec: Model) -> bool:
        """Say whether the platform has a call of *function* that it answers at once; else the gateway sees to that.

        *spec* is that of the upstream.
        """
        return False

    def takes_connections(self, function: FunctionT) -> bool:
        """Say whether a client may switch from a call of *function* to another protocol, such as WebSocket."""
        return False

    def call(self, call: FunctionCall[FunctionT, ExtensionT]) -> Target:
        """Return `call.target` with all that makes a request to it a call of the function."""
        return call.target


class UpstreamPlugin(FunctionPlugin[FunctionT, ExtensionT], Generic[SpecT, FunctionT, ExtensionT]):
    """Knows one type of upstream.

    With `functions_only`, a route must name a function of it: there is nothing else to send a request to. With a
    `discovery_model`, the form of `discovery.spec`, its upstreams can be asked for their functions; with
    `asks_nobody` they are files that are read, so that commands without a gateway do it too.
    """

    upstream_type: ClassVar[str]
    functions_only: ClassVar[bool] = False
    spec_model: ClassVar[type[Model]]
    discovery_model: ClassVar[type[Model] | None] = None
    asks_nobody: ClassVar[bool] = False

    def secrets(self, spec: SpecT) -> tuple[str, ...]:
        """Return the names of the secrets that `cluster` and `call` need."""
        return ()

    def cluster(self, upstream: Upstream, spec: SpecT, secrets: Mapping[str, Secret]) -> Cluster:
        """Return the upstream as Envoy sees it; *secrets* holds just those that `secrets` named."""
        raise NotImplementedError

    def target(self, target: Target, spec: SpecT) -> Target:
        """Return *target* with what every request to this upstream needs."""
        return target

    def worker(self, upstream: Upstream, spec: SpecT, functions: Mapping[str, FunctionT]) -> PythonWorker | None:
        """Return the process that the upstream needs on this machine, if any; *functions* are the good ones."""
        return None

    def discovery_secrets(self, upstream: Upstream, spec: SpecT, options: Model) -> tuple[str, ...]:
        """Return the names of the secrets that `discover` needs; raise ConfigError where none is said."""
        return self.secrets(spec)

    def asks_unverified(self, spec: SpecT, options: Model) -> bool:
        """Tell whether the user said that the certificate of who answers `discover` does not count."""
        return False

    def asks_trusting(self, options: Model, secrets: Mapping[str, Secret]) -> "ssl.SSLContext | None":
        """Return what verifies the certificate of who answers `discover`; None for the authorities of this machine.

        *secrets* are those that `discovery_secrets` named; raises ConfigError for one that can't be used.
        """
        return None

    async def discover(self, question: Question[SpecT], http: "httpx.AsyncClient") -> Discovered:
        """Return the upstream's functions; only called with a `discovery_model`. See `gloo.plugins.discovery`."""
        raise NotImplementedError


class ServicePlugin(FunctionPlugin[FunctionT, ExtensionT], Generic[SpecT, FunctionT, ExtensionT]):
    """Knows one protocol that services speak, whatever the type of their upstream."""

    service_type: ClassVar[str]
    properties_model: ClassVar[type[Model]] = Nothing

    def cluster(self, cluster: Cluster, properties: SpecT) -> Cluster:
        """Return *cluster* with what the protocol needs."""
        return cluster


class RoutePlugin(Plugin, Generic[ExtensionT]):
    """Knows some keys of `extensions`, which no other route plugin knows; called for the routes that have one of them.

    The fields of a `ConfigError` are below `extensions`.
    """

    extension_model: ClassVar[type[Model]]

    def upstreams(self, extension: ExtensionT) -> Mapping[str, str]:
        """Return the upstreams that *extension* names, by the field that names them; gloo sees that they exist."""
        return {}

    def answer(self, extension: ExtensionT) -> Answer | None:
        """Return what the gateway itself answers; then the route has no destination. None: requests go to one."""
        return None

    def calls_later(self, extension: ExtensionT) -> bool:
        """Say whether clients are answered before the destination is called."""
        return False

    def route(self, route: Route, extension: ExtensionT) -> Route:
        """Return *route* with what *extension* asks for."""
        return route

    def warnings(self, route: Route, extension: ExtensionT) -> tuple[ConfigError, ...]:
        """Return what is no error in *extension*, but should be known; *route* is complete now."""
        return ()

    def before(self, route: Route, extension: ExtensionT) -> tuple[Route, ...]:
        """Return routes to be tried before *route*, which is complete now."""
        return ()


def forward_of(route: Route, field: str) -> Forward:
    """Return where *route* sends requests; raise ConfigError for *field* when it answers them by itself."""
    if not isinstance(route.action, Forward):
        raise ConfigError("", field, "needs a destination, and this route answers by itself", "leave it out")
    return route.action
