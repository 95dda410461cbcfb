"""What functions an account has in Lambda, and by which names they can be called.

``fn`` is a function as it is now. With versions asked for there are ``fn:$LATEST`` and ``fn:7`` too, with aliases
``fn:live``. Versions come in the list of functions itself (`ListFunctions` with `FunctionVersion=ALL`); aliases cost
one more call for each function.
"""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Annotated, Literal, TypeVar
from urllib.parse import urlsplit

from msgspec import Meta, Struct

from gloo.envoy.aws_lambda import AwsCredentials
from gloo.model.base import Json, Model, Value
from gloo.model.upstream import Function
from gloo.plugins.asking import Ask, ask
from gloo.plugins.aws_signing import AwsRequest, sign
from gloo.plugins.discovery import Discovered, Question

if TYPE_CHECKING:
    import httpx

Qualifiers = Literal["versions", "aliases"]
_PATH = "/2015-03-31/functions/"


class AwsDiscovery(Model, frozen=True, kw_only=True):
    """What of an account's functions is asked for."""

    qualifiers: Annotated[
        tuple[Qualifiers, ...], Meta(description="name versions or aliases too; aliases cost a call for each function")
    ] = ()


class Asked(Value, frozen=True):
    """Whom to ask: where it is, and who asks."""

    url: str
    region: str
    credentials: AwsCredentials


class _Listed(Struct, rename="pascal"):
    function_name: str
    version: str = ""


class _Functions(Struct, rename="pascal"):
    functions: list[_Listed] = []
    next_marker: str | None = None


class _Alias(Struct, rename="pascal"):
    name: str


class _Aliases(Struct, rename="pascal"):
    aliases: list[_Alias] = []
    next_marker: str | None = None


PageT = TypeVar("PageT", _Functions, _Aliases)


async def list_functions(question: Question[Model], place: Asked, http: "httpx.AsyncClient") -> Discovered:
    """Return the functions at *place*; raises as `gloo.plugins.asking.ask`."""
    assert isinstance(question.options, AwsDiscovery)
    wanted = question.options.qualifiers
    query = (("FunctionVersion", "ALL"),) if "versions" in wanted else ()
    found: dict[str, Function] = {}
    async for page in _pages(question, place, http, path=_PATH, query=query, form=_Functions):
        for each in page.functions:
            found.setdefault(each.function_name, _function(each.function_name))
            if "versions" in wanted and each.version:
                function = _function(each.function_name, each.version)
                found[function.name] = function
        if question.enough(len(found)):
            break
    if "aliases" in wanted:
        for name in [name for name in found if ":" not in name]:
            if question.enough(len(found)):
                break
            async for aliases in _pages(question, place, http, path=f"{_PATH}{name}/aliases", form=_Aliases):
                named = (_function(name, alias.name) for alias in aliases.aliases)
                found.update((function.name, function) for function in named)
    return Discovered(tuple(found.values()))


def _function(name: str, qualifier: str = "") -> Function:
    spec: dict[str, Json] = {"function_name": name}
    if qualifier:
        spec["qualifier"] = qualifier
    return Function(name=f"{name}:{qualifier}" if qualifier else name, spec=spec)


async def _pages(
    question: Question[Model],
    place: Asked,
    http: "httpx.AsyncClient",
    *,
    path: str,
    query: tuple[tuple[str, str], ...] = (),
    form: type[PageT],
) -> AsyncIterator[PageT]:
    """Yield the pages of a list of Lambda, up to the last or the first that says nothing new."""
    marker: str | None = ""
    while marker is not None:
        sent = (*query, ("Marker", marker)) if marker else query
        request = AwsRequest("GET", urlsplit(place.url).netloc, path, sent)
        headers = sign(request, place.credentials, region=place.region, service="lambda", now=question.clock())
        page = await ask(http, Ask(f"{place.url}{path}", request.query_string, headers=headers), form)
        yield page
        marker = (page.next_marker or None) if page.next_marker != marker else None
