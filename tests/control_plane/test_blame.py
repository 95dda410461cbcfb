"""Envoy refuses a table; we find the route."""

from functools import partial

from gloo.control_plane.blame import blame
from gloo.envoy.listener import Listener
from gloo.envoy.route import DirectResponse, PathMatch, Route, RouteMatch
from gloo.envoy.route_message import route_bytes, virtual_host_bytes
from gloo.envoy.route_tree import route_fields
from gloo.envoy.validation import validation_bootstrap
from gloo.proxy.binary import find_envoy
from gloo.proxy.validate import validate
from gloo.translator.refusals import digest_of
from gloo.translator.virtual_services import VirtualHost

LISTENER = Listener("http", "127.0.0.1", 10000, "routes").resource()


def _route(name: str, path: PathMatch) -> bytes:
    return route_bytes(Route(name, RouteMatch(path), DirectResponse(200, name)))


def _host(name: str, *routes: bytes) -> VirtualHost:
    return VirtualHost(name, virtual_host_bytes(name, (f"{name}.org",), route_fields(routes)), routes, frozenset())


async def _judge(hosts: tuple[bytes, ...]) -> str | None:
    return await validate(find_envoy(), validation_bootstrap(LISTENER, hosts))


GOOD = _route("good", PathMatch("prefix", "/good"))
BAD = _route("bad", PathMatch("regex", "/bad("))


async def test_the_one_route_that_envoy_refuses_is_found_among_good_ones() -> None:
    hosts = (_host("a", GOOD), _host("b", GOOD, BAD, GOOD), _host("c", GOOD))

    reasons = await blame(hosts, _judge)

    assert list(reasons) == [digest_of(BAD)]
    assert "/bad(" in reasons[digest_of(BAD)]


async def test_a_virtual_host_that_is_refused_for_itself_is_named_as_a_whole() -> None:
    broken = VirtualHost("b", virtual_host_bytes("b", ("b.org", "b.org"), route_fields((GOOD,))), (GOOD,), frozenset())

    reasons = await blame((_host("a", GOOD), broken), _judge)

    assert list(reasons) == [digest_of(broken.body)]


async def test_a_table_that_envoy_takes_blames_nobody() -> None:
    assert await blame((_host("a", GOOD),), partial(_judge)) == {}
