"""What functions an Fn server has, by its interface of version 2: the apps, and what each of them has.

A function is named ``APP.NAME`` and called by its id; a trigger, when it is wanted, is named ``APP:NAME``. No app has a
dot or a colon in its name, so neither is taken for another.
"""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlencode

from msgspec import Meta, Struct

from gloo.errors import DiscoveryError
from gloo.model.base import Model
from gloo.model.upstream import Function
from gloo.plugins.asking import Ask, ask
from gloo.plugins.discovery import Discovered, Question

if TYPE_CHECKING:
    import httpx

_PER_PAGE = 100


class FnDiscovery(Model, frozen=True, kw_only=True):
    """Of which apps functions are asked for, and whether triggers are too."""

    app: Annotated[
        str, Meta(pattern=r"^[A-Za-z0-9_-]{0,255}$", description="functions of this app alone; else of all apps")
    ] = ""
    triggers: Annotated[bool, Meta(description="HTTP triggers too, as functions named `APP:TRIGGER`")] = False


class _Listed(Struct):
    id: str = ""
    name: str = ""
    type: str = ""
    source: str = ""


class _Page(Struct):
    items: list[_Listed] | None = None
    next_cursor: str | None = None


async def list_functions(question: Question[Model], http: "httpx.AsyncClient", *, url: str) -> Discovered:
    """Return the functions of the apps at *url* that the question wants.

    Raises:
        DiscoveryError: there is no such app, or as `gloo.plugins.asking.ask`.
    """
    options = question.options
    assert isinstance(options, FnDiscovery)
    v2 = f"{url.rstrip('/')}/v2"
    found: list[Function] = []
    async for app in _apps(http, v2, options.app):
        async for function in _members(http, v2, app, triggers=options.triggers):
            found.append(function)
            if question.enough(len(found)):
                return Discovered(tuple(found))
    return Discovered(tuple(found))


async def _apps(http: "httpx.AsyncClient", v2: str, name: str) -> AsyncIterator[_Listed]:
    """Yield all apps, or that with *name*: without it, what was known of it shall not be forgotten unsaid."""
    known = False
    async for app in _items(http, f"{v2}/apps", {"name": name} if name else {}):
        if app.name and name in {"", app.name}:
            known = True
            yield app
    if name and not known:
        raise DiscoveryError(f"there is no app named {name!r}", "look at discovery.spec.app")


async def _members(http: "httpx.AsyncClient", v2: str, app: _Listed, *, triggers: bool) -> AsyncIterator[Function]:
    async for each in _items(http, f"{v2}/fns", {"app_id": app.id}):
        yield Function(name=f"{app.name}.{each.name}", spec={"id": each.id})
    if not triggers:
        return
    async for each in _items(http, f"{v2}/triggers", {"app_id": app.id}):
        if each.type == "http":
            source = f"/{each.source.removeprefix('/')}"
            yield Function(name=f"{app.name}:{each.name}", spec={"trigger": source, "app": app.name})


async def _items(http: "httpx.AsyncClient", url: str, query: dict[str, str]) -> AsyncIterator[_Listed]:
    """Yield what all pages of a list hold."""
    at = ""
    while True:
        asked = {**query, "per_page": str(_PER_PAGE), **({"cursor": at} if at else {})}
        page = await ask(http, Ask(url, urlencode(asked)), _Page)
        for item in page.items or ():
            yield item
        if page.next_cursor in {None, "", at}:
            return
        at = page.next_cursor or ""
