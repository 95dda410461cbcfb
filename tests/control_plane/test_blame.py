"""Envoy refuses a table; we find the route."""

from functools import partial

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec
from envoy.config.core.v3 import extension_pb2
from tests.support.tokens import Issuer, base64url

from gloo.control_plane.blame import blame, blame_providers
from gloo.envoy.jwt import JWT_FILTER, Demand, TokenProvider, jwt_filter, jwt_resource, token_demanded, token_provider
from gloo.envoy.later import asking
from gloo.envoy.listener import Listener
from gloo.envoy.message import TypedConfig
from gloo.envoy.route import DirectResponse, Forward, PathMatch, Route, RouteMatch, Target
from gloo.envoy.route_message import route_bytes, virtual_host_bytes
from gloo.envoy.route_tree import route_fields
from gloo.envoy.snapshot import ResourceType
from gloo.envoy.validation import validation_bootstrap
from gloo.model.base import replace
from gloo.model.jwks import read_jwks
from gloo.model.jwt import JwtProvider, KeySource
from gloo.proxy.binary import find_envoy
from gloo.proxy.validate import validate
from gloo.translator.refusals import digest_of
from gloo.translator.virtual_services import VirtualHost
from gloo.xds.messages import Verdict

LISTENER = Listener("http", "127.0.0.1", 10000, "routes").resource()


def _route(name: str, path: PathMatch) -> bytes:
    return route_bytes(Route(name, RouteMatch(path), DirectResponse(200, name)))


def _host(name: str, *routes: bytes) -> VirtualHost:
    return VirtualHost(name, virtual_host_bytes(name, (f"{name}.org",), route_fields(routes)), routes, frozenset())


async def _judge(hosts: tuple[bytes, ...]) -> str | None:
    return await validate(find_envoy(), validation_bootstrap(LISTENER, hosts))


GOOD = _route("good", PathMatch("prefix", "/good"))
BAD = _route("bad", PathMatch("regex", "/bad("))
_FORWARD = Route("forward", RouteMatch(PathMatch("prefix", "/forward")), Forward((Target("up"),)))
FORWARDING, ASYNC = route_bytes(_FORWARD), route_bytes(asking(replace(_FORWARD, later="gateway"), "forward/1f"))


async def test_the_one_route_that_envoy_refuses_is_found_among_good_ones() -> None:
    hosts = (_host("a", GOOD), _host("b", GOOD, BAD, FORWARDING), _host("c", GOOD, FORWARDING, ASYNC))

    reasons = await blame(hosts, _judge)

    assert list(reasons) == [digest_of(BAD)]
    assert "/bad(" in reasons[digest_of(BAD)]


async def test_a_bad_half_of_a_route_that_no_client_waits_for_is_found() -> None:
    good, bad = (
        msgspec.structs.replace(_host(name, GOOD), later=((f"{name}/0", half),))
        for name, half in (("a", GOOD), ("b", BAD))
    )

    assert list(await blame((good, bad), _judge)) == [digest_of(BAD)]


async def test_a_virtual_host_that_is_refused_for_itself_is_named_as_a_whole() -> None:
    broken = VirtualHost("b", virtual_host_bytes("b", ("b.org", "b.org"), route_fields((GOOD,))), (GOOD,), frozenset())

    reasons = await blame((_host("a", GOOD), broken), _judge)

    assert list(reasons) == [digest_of(broken.body)]


async def test_a_table_that_envoy_takes_blames_nobody() -> None:
    assert await blame((_host("a", GOOD),), partial(_judge)) == {}


async def test_a_route_that_demands_a_token_can_be_judged_without_its_provider() -> None:
    listener = Listener("http", "127.0.0.1", 10000, "routes", (jwt_filter(),)).resource()
    demanding = Route(
        "a",
        RouteMatch(PathMatch("prefix", "/")),
        DirectResponse(200),
        filters=((JWT_FILTER, token_demanded(Demand("shop", ("idp",)))),),
    )
    host = _host("a", route_bytes(demanding))
    assert await validate(find_envoy(), validation_bootstrap(listener, (host.body,))) is None


def _provider(name: str, jwks: str) -> TokenProvider:
    return token_provider(name, JwtProvider(issuer="a", jwks=KeySource(inline="")), jwks)


async def test_the_provider_that_envoy_refuses_is_found_by_its_name() -> None:
    bad, good = _provider("shop/bad", "{"), TokenProvider("shop/ba", b"")
    message = "Provider 'shop/bad' in jwt_authn config has invalid local jwks: Jwks is an invalid JSON"
    refused = Verdict("n", (ResourceType.EXTENSION, JWT_FILTER), "v", accepted=False, message=message)
    other = Verdict("n", (ResourceType.CLUSTER, "shop/ba"), "v", accepted=False, message="'shop/ba'")
    assert blame_providers((good, bad), (refused, other)) == {digest_of(bad.body): message}
    assert await _envoy_says(bad) == message


async def test_envoy_takes_every_kind_of_key_that_we_take() -> None:
    rsa_key, ec_key, ed_key = Issuer().jwks()["keys"]
    bare = [{name: key[name] for name in key if name not in ("alg", "kid")} for key in (rsa_key, ec_key, ed_key)]
    sized = [{**rsa_key, "alg": alg} for alg in ("RS384", "RS512", "PS256", "PS384", "PS512")]
    others = [_ec_key(ec.SECP384R1(), "P-384"), _ec_key(ec.SECP521R1(), "P-521"), {**ec_key, "use": "enc"}]
    every = [*bare, *sized, *others, {**rsa_key, "n": f"{rsa_key['n']}=="}]
    providers = [_provider(f"shop/{index}", read_jwks({"keys": [key]})) for index, key in enumerate(every)]
    assert await _envoy_says(*providers) is None


def _ec_key(curve: ec.EllipticCurve, name: str) -> dict[str, str]:
    point, size = ec.generate_private_key(curve).public_key().public_numbers(), (curve.key_size + 7) // 8
    places = {place: base64url(getattr(point, place).to_bytes(size, "big")) for place in ("x", "y")}
    return {"kty": "EC", "crv": name, **places}


async def _envoy_says(*providers: TokenProvider) -> str | None:
    extension = extension_pb2.TypedExtensionConfig.FromString(jwt_resource(providers, ()).body)
    config = TypedConfig(extension.typed_config.type_url, extension.typed_config.value)
    listener = Listener("http", "127.0.0.1", 10000, "routes", (replace(jwt_filter(), config=config, discovered=False),))
    return await validate(find_envoy(), validation_bootstrap(listener.resource(), (_host("a", GOOD).body,)))


async def test_a_host_whose_routes_were_taken_out_in_vain_is_named_as_a_whole() -> None:
    host = _host("b", BAD)
    assert list(await blame((_host("a", GOOD), host), _judge, {digest_of(BAD)})) == [digest_of(host.body)]


async def test_of_hosts_that_are_refused_only_together_the_last_one_is_named() -> None:
    hosts = tuple(_host(name, GOOD) for name in "abcdefg")

    async def judge(bodies: tuple[bytes, ...]) -> str | None:
        return "no" if hosts[1].body in bodies and hosts[4].body in bodies else None

    assert await blame(hosts, judge) == {digest_of(hosts[4].body): "no"}
