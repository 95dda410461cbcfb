"""What functions an OpenFaaS has, by its gateway's ``/system/functions``.

A function of the upstream's own namespace is called by its name, one of another as OpenFaaS itself writes it:
``report.finance``.
"""

from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlencode

from msgspec import Meta, Struct

from gloo.model.base import Model
from gloo.model.upstream import Function
from gloo.plugins.asking import Ask, ask_list
from gloo.plugins.discovery import Discovered, Question

if TYPE_CHECKING:
    import httpx


class OpenFaasDiscovery(Model, frozen=True, kw_only=True):
    """Of which namespaces functions are asked for, beside the upstream's own."""

    namespaces: Annotated[tuple[str, ...], Meta(description="further namespaces")] = ()
    all_namespaces: Annotated[bool, Meta(description="all namespaces that OpenFaaS names")] = False


class _Listed(Struct):
    name: str
    namespace: str = ""


async def list_functions(
    question: Question[Model], http: "httpx.AsyncClient", *, gateway: str, namespace: str, authorization: str
) -> Discovered:
    """Return the functions of *namespace*, empty for OpenFaaS's own, and of those that the question names."""
    options = question.options
    assert isinstance(options, OpenFaasDiscovery)
    headers = {"authorization": authorization} if authorization else {}
    system = f"{gateway.rstrip('/')}/system"

    async def listed(place: str) -> list[_Listed]:
        query = urlencode({"namespace": place} if place else {})
        return await ask_list(http, Ask(f"{system}/functions", query, headers=headers), _Listed)

    own = await listed(namespace)
    found = [Function(name=each.name) for each in own]
    others = list(options.namespaces)
    if options.all_namespaces:
        others += await ask_list(http, Ask(f"{system}/namespaces", headers=headers), str)
    mine = {namespace, *(each.namespace for each in own)}
    for place in dict.fromkeys(each for each in others if each not in mine):
        if question.enough(len(found)):
            break
        named = ((each.name, each.namespace or place) for each in await listed(place))
        found += (Function(name=f"{n}.{p}", spec={"function_name": n, "namespace": p}) for n, p in named)
    return Discovered(tuple(found))
