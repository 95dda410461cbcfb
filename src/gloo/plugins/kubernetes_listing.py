"""Lists of objects of a Kubernetes cluster, by its API: for platforms whose functions are such objects.

Reference: "Kubernetes API Concepts" has the paths of lists, and their pages.
"""

import re
from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING, Annotated, Generic, TypeVar
from urllib.parse import urlencode

from msgspec import Meta, Struct, field

from gloo.errors import ConfigError
from gloo.model.base import Model
from gloo.model.secret import Secret
from gloo.model.upstream import Upstream
from gloo.plugins.asking import Ask, ask
from gloo.plugins.base import Nothing, UpstreamPlugin
from gloo.plugins.discovery import Question
from gloo.plugins.origin import parse_origin

if TYPE_CHECKING:
    import ssl

    import httpx

SpecT = TypeVar("SpecT", bound=Model)
FunctionT = TypeVar("FunctionT", bound=Model)
StatusT = TypeVar("StatusT")

_PER_PAGE = 200
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\Z")
_NEAR = frozenset(["localhost", "127.0.0.1", "::1"])


class KubernetesDiscovery(Model, frozen=True, kw_only=True):
    """Which cluster is asked, as whom, and about which namespaces beside the upstream's own."""

    api_server: Annotated[str, Meta(description="the address of the cluster's API")] = "https://kubernetes.default.svc"
    secret_ref: Annotated[
        str,
        Meta(description="who asks: the secret with the `token` of a service account, and the API's `ca.crt`"),
    ] = ""
    tls_verify: Annotated[bool, Meta(description="the certificate of the API must be for its host and trusted")] = True
    namespaces: Annotated[tuple[str, ...], Meta(description="further namespaces")] = ()
    all_namespaces: Annotated[bool, Meta(description="all namespaces of the cluster")] = False

    def __post_init__(self) -> None:
        try:
            origin = parse_origin(self.api_server)
        except ValueError as error:
            raise ValueError(f"api_server {error}") from error
        if self.secret_ref and origin.scheme != "https" and origin.host not in _NEAR:
            raise ValueError("api_server: a token goes to another machine by https:// alone")
        for name in self.namespaces:
            if not _NAME.match(name):
                raise ValueError(f"namespaces: {name!r} is no name of Kubernetes")

    def trust(self, secrets: Mapping[str, Secret]) -> "ssl.SSLContext | None":
        """Return what verifies the API by the `ca.crt` of its secret; None where that has none.

        Raises:
            ConfigError: that is no certificate.
        """
        import ssl  # noqa: PLC0415 - only who asks a cluster needs it

        text = secrets[self.secret_ref].data.get("ca.crt", "").strip() if self.secret_ref else ""
        if not text or not self.tls_verify:
            return None
        try:
            context = ssl.create_default_context(cadata=text)
        except (ssl.SSLError, ValueError, TypeError):
            problem = f"ca.crt in the secret {self.secret_ref!r} is no certificate in PEM form"
            raise ConfigError("", "spec.secret_ref", problem, "-----BEGIN CERTIFICATE-----") from None
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT  # authorities of clusters are not made by the book
        return context

    def headers(self, secrets: Mapping[str, Secret]) -> dict[str, str]:
        """Return what says who asks; raise ConfigError for a secret without a token."""
        if not self.secret_ref:
            return {}
        token = secrets[self.secret_ref].data.get("token", "").strip()
        if not token:
            raise ConfigError("", "spec.secret_ref", f"the secret {self.secret_ref!r} has no token")
        return {"authorization": f"Bearer {token}"}


class AsksKubernetes(UpstreamPlugin[SpecT, FunctionT, Nothing], Generic[SpecT, FunctionT]):
    """A type of upstream whose functions a cluster lists; it has its `discover` still to say."""

    discovery_model = KubernetesDiscovery

    def discovery_secrets(self, upstream: Upstream, spec: SpecT, options: Model) -> tuple[str, ...]:
        assert isinstance(options, KubernetesDiscovery)
        return (options.secret_ref,) if options.secret_ref else ()

    def asks_unverified(self, spec: SpecT, options: Model) -> bool:
        assert isinstance(options, KubernetesDiscovery)
        return not options.tls_verify

    def asks_trusting(self, options: Model, secrets: Mapping[str, Secret]) -> "ssl.SSLContext | None":
        assert isinstance(options, KubernetesDiscovery)
        return options.trust(secrets)


class Metadata(Struct, rename="camel"):
    """What is said of every object."""

    name: str
    namespace: str = ""
    deletion_timestamp: str | None = None

    def name_from(self, own: str) -> str:
        """Return the name of a function that is this object, for an upstream whose namespace is *own*."""
        return self.name if self.namespace == own else f"{self.name}.{self.namespace}"


class Listed(Struct, Generic[StatusT]):
    """One object of a list."""

    metadata: Metadata
    status: StatusT | None = None


class _Further(Struct):
    at: str = field(default="", name="continue")


class _Page(Struct, Generic[StatusT]):
    items: list[Listed[StatusT]] | None = None
    metadata: _Further | None = None


async def list_objects(
    question: Question[Model], http: "httpx.AsyncClient", *, kind: str, own: str, status: type[StatusT]
) -> AsyncIterator[Listed[StatusT]]:
    """Yield the objects in the namespace *own*, and in those that the question names; none that are being deleted.

    Args:
        kind: the group, version and plural of the kind, as ``fission.io/v1/functions``.
        status: the form of what the cluster says of an object.

    Raises:
        ConfigError: the secret holds no token.
        DiscoveryError: as `gloo.plugins.asking.ask`.
    """
    options = question.options
    assert isinstance(options, KubernetesDiscovery)
    headers = options.headers(question.secrets)
    group, _, plural = kind.rpartition("/")
    base = f"{options.api_server.rstrip('/')}/apis/{group}"
    paths = [f"{base}/namespaces/{name}/{plural}" for name in dict.fromkeys((own, *options.namespaces))]
    for path in [f"{base}/{plural}"] if options.all_namespaces else paths:
        async for page in _pages(http, path, headers, _Page[status]):  # type: ignore[valid-type]
            for each in page.items or ():
                if each.metadata.deletion_timestamp is None:
                    yield each


async def _pages(
    http: "httpx.AsyncClient", url: str, headers: Mapping[str, str], form: type[_Page[StatusT]]
) -> AsyncIterator[_Page[StatusT]]:
    at = ""
    while True:
        query = urlencode({"limit": _PER_PAGE, "continue": at} if at else {"limit": _PER_PAGE})
        page = await ask(http, Ask(url, query, headers=headers), form)
        yield page
        following = page.metadata.at if page.metadata else ""
        if following in {"", at}:
            return
        at = following
