"""Google: Cloud Functions and Cloud Run functions.

.. code-block:: yaml

    name: shop
    type: google
    spec: {region: europe-west1, project_id: example-shop}
    functions:
    - name: price
    - name: ordered
      spec: {event: {type: org.example.ordered, source: /shop}}

A function of the first generation has a path below the host of its region and project. One of Cloud Run has a host of
its own: write an upstream with its `url`. Method, path, query, headers and body pass as they are; for a function that
takes CloudEvents, a request that is none can be made one.
"""

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, ClassVar

from msgspec import Meta

from gloo.envoy.cluster import Cluster
from gloo.envoy.route import HeaderChange, Target
from gloo.envoy.upstream_filters import path_before, path_written
from gloo.errors import ConfigError
from gloo.model.base import Model, replace
from gloo.model.secret import Secret
from gloo.model.upstream import Upstream
from gloo.plugins.base import FunctionCall, Nothing, UpstreamPlugin
from gloo.plugins.discovery import Discovered, Question
from gloo.plugins.google_listing import GoogleDiscovery, list_functions
from gloo.plugins.origin import Origin, parse_origin

if TYPE_CHECKING:
    import httpx

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,62}\Z")


class GoogleSpec(Model, frozen=True, kw_only=True):
    """Where the functions are: in a region of a project, or at a URL."""

    region: Annotated[str, Meta(pattern=r"^([a-z]+-[a-z]+\d{1,2})?$", description="e.g. europe-west1")] = ""
    project_id: Annotated[
        str, Meta(pattern=r"^([a-z][a-z0-9-]{4,28}[a-z0-9])?$", description="the project that owns the functions")
    ] = ""
    url: Annotated[str, Meta(description="in place of both: where one function is, or several by their paths")] = ""
    tls_verify: Annotated[bool, Meta(description="with https: the certificate must be for the host and trusted")] = True

    def __post_init__(self) -> None:
        if bool(self.region) != bool(self.project_id) or bool(self.url) == bool(self.region):
            raise ValueError("takes region and project_id, or url")
        if self.url:
            _origin(self.url, "url")

    @property
    def origin(self) -> Origin:
        return parse_origin(self.url or f"https://{self.region}-{self.project_id}.cloudfunctions.net")


class GoogleEvent(Model, frozen=True, kw_only=True):
    """The event that a request becomes."""

    type: Annotated[str, Meta(min_length=1, description="the event's type")]
    source: Annotated[str, Meta(min_length=1, description="where it comes from: a URI or a path")]


class GoogleFunction(Model, frozen=True, kw_only=True):
    """Which function is called."""

    function_name: Annotated[
        str, Meta(description="its name there, which is its path; with region and project by default its name here")
    ] = ""
    url: Annotated[str, Meta(description="its URL in place of that, on the host of the upstream")] = ""
    event: Annotated[
        GoogleEvent | None, Meta(description="make a CloudEvent of each request that is none, with an id of its own")
    ] = None

    def __post_init__(self) -> None:
        if self.function_name and self.url:
            raise ValueError("takes function_name or url, not both")
        if self.function_name and not _NAME.match(self.function_name):
            raise ValueError(f"function_name: {self.function_name!r} is no name of a function")
        if self.url:
            _origin(self.url, "url")


class Google(UpstreamPlugin[GoogleSpec, GoogleFunction, Nothing]):
    """Calls functions of Google Cloud."""

    upstream_type: ClassVar[str] = "google"
    functions_only = True
    spec_model = GoogleSpec
    function_model = GoogleFunction
    discovery_model = GoogleDiscovery

    def cluster(self, upstream: Upstream, spec: GoogleSpec, secrets: Mapping[str, Secret]) -> Cluster:
        return replace(spec.origin.cluster(upstream, verify=spec.tls_verify), filters=(path_written(),))

    def target(self, target: Target, spec: GoogleSpec) -> Target:
        return replace(target, auto_host_rewrite=True)

    def takes_connections(self, function: GoogleFunction) -> bool:
        return function.event is None

    def call(self, call: FunctionCall[GoogleFunction, Nothing]) -> Target:
        spec, function = call.spec, call.function
        assert isinstance(spec, GoogleSpec)
        prefix = path_before(_path(spec, function, call.name.partition("/")[2]))
        changes = (prefix, *_event_headers(function.event))
        return replace(call.target, request_headers=(*call.target.request_headers, *changes))

    def discovery_secrets(self, upstream: Upstream, spec: GoogleSpec, options: Model) -> tuple[str, ...]:
        assert isinstance(options, GoogleDiscovery)
        if not (spec.project_id or options.project_id):
            raise ConfigError("", "spec.project_id", "is needed, for spec names no project")
        return (options.secret_of(upstream),)

    async def discover(self, question: Question[GoogleSpec], http: "httpx.AsyncClient") -> Discovered:
        spec, options = question.spec, question.options
        assert isinstance(options, GoogleDiscovery)
        project = spec.project_id or options.project_id
        return await list_functions(question, http, project=project, region=spec.region, origin=spec.origin)


def _path(spec: GoogleSpec, function: GoogleFunction, own: str) -> str:
    """Return what stands before the client's path; raise ConfigError for a function that the upstream can't reach."""
    origin = spec.origin
    if function.url:
        other = parse_origin(function.url)
        if (other.scheme, other.host, other.port) != (origin.scheme, origin.host, origin.port):
            hint = "make an upstream with that url for it"
            raise ConfigError("", "", f"function {own!r} is on another host, {other.authority}", hint)
        return other.path
    name = function.function_name or ("" if spec.url else own)
    if name and not _NAME.match(name):
        raise ConfigError("", "", f"function {own!r} needs a function_name, for Google has no such names")
    return f"{origin.path}/{name}" if name else origin.path


def _event_headers(event: GoogleEvent | None) -> Iterator[HeaderChange]:
    """Yield the attributes of a CloudEvent in binary mode, each for a request that does not have it."""
    if event is None:
        return
    yield HeaderChange("ce-id", "%REQ(x-request-id)%", "set_if_absent", format=True)
    for name, value in (("specversion", "1.0"), ("type", event.type), ("source", event.source)):
        yield HeaderChange(f"ce-{name}", value, "set_if_absent")


def _origin(url: str, field: str) -> Origin:
    try:
        return parse_origin(url)
    except ValueError as error:
        raise ValueError(f"{field} {error}") from error
