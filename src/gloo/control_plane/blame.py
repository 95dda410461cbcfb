"""Finding out whose fault it is when Envoy refuses a route table, or the providers of tokens.

A refusal of providers names one of them. That of a table names the table, not the route. So parts of the table are put
to Envoy, halved again and again, until the routes are found that it refuses even alone; they are taken out, and the
rest is published.
"""

from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping
from typing import TypeVar

from gloo.envoy.jwt import TokenProvider
from gloo.envoy.route_message import virtual_host_bytes
from gloo.envoy.route_tree import route_fields
from gloo.envoy.snapshot import ResourceType
from gloo.translator.refusals import digest_of
from gloo.translator.virtual_services import VirtualHost
from gloo.xds.messages import Verdict

T = TypeVar("T")
Judge = Callable[[tuple[bytes, ...]], Awaitable[str | None]]
"""Says why Envoy refuses these virtual hosts together; None when it takes them."""


async def blame(
    hosts: tuple[VirtualHost, ...], judge: Judge, known: Collection[str] = frozenset()
) -> Mapping[str, str]:
    """Return Envoy's reasons by the digest of the route, or of the virtual host as a whole, that it refuses.

    Where all that is found is *known*, so that taking it out did not help, the virtual host as a whole is to blame.
    """
    reasons: dict[str, str] = {}

    async def of_hosts(some: tuple[VirtualHost, ...]) -> str | None:
        return await judge(tuple(body for host in some for body in (host.body, *_later(host))))

    for host, reason in await _culprits(hosts, of_hosts):
        found = await _routes_of(host, judge)
        new = {digest: why for digest, why in found.items() if digest not in known}
        reasons.update(new or {digest_of(host.body): reason})
    return reasons


def blame_providers(providers: Iterable[TokenProvider], refused: Iterable[Verdict]) -> Mapping[str, str]:
    """Return Envoy's reasons by the digest of each of *providers* that a refusal names; Envoy names the first alone."""
    return {
        digest_of(provider.body): verdict.message
        for verdict in refused
        if verdict.resource[0] is ResourceType.EXTENSION
        for provider in providers
        if f"'{provider.name}'" in verdict.message
    }


def _later(host: VirtualHost) -> Iterator[bytes]:
    """Yield the routes of *host* that stand in another table, as a virtual host of a domain that nobody else has."""
    if host.later:
        halves = [half for _, half in host.later]
        yield virtual_host_bytes(f"{host.name}/later", (f"{host.name}.later.invalid",), route_fields(halves))


async def _routes_of(host: VirtualHost, judge: Judge) -> dict[str, str]:
    async def of_routes(some: tuple[bytes, ...]) -> str | None:
        return await judge((virtual_host_bytes(host.name, ("*",), route_fields(some)),))

    every = (*host.routes, *(half for _, half in host.later))
    return {digest_of(route): reason for route, reason in await _culprits(every, of_routes)}


async def _culprits(
    some: tuple[T, ...], judge: Callable[[tuple[T, ...]], Awaitable[str | None]]
) -> list[tuple[T, str]]:
    """Return the members of *some* that are refused alone, by halving what is refused together.

    Of members that are refused only together, it is the last one.
    """
    reason = await judge(some) if some else None
    if reason is None:
        return []
    if len(some) == 1:
        return [(some[0], reason)]
    middle = len(some) // 2
    found = [*await _culprits(some[:middle], judge), *await _culprits(some[middle:], judge)]
    if found:
        return found
    fine, refused = middle, len(some)  # so many from the front: the smallest number that is refused ends with it
    while refused - fine > 1:
        tried = (fine + refused) // 2
        if (said := await judge(some[:tried])) is None:
            fine = tried
        else:
            refused, reason = tried, said
    return [(some[refused - 1], reason)]
