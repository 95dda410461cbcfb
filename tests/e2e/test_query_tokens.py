"""Tokens in the query of a request, through a real Envoy."""

from pathlib import Path

from tests.e2e.conftest import Gateway
from tests.e2e.test_jwt import ISSUER, PARTNER, STRANGER, config, provider, refused, route, running, service
from tests.support.recording_upstream import recording_upstream

from gloo.envoy.query_tokens import token_header


async def test_a_token_in_the_query_is_taken_out_and_the_rest_stays_as_it_came(
    gateway: Gateway, tmp_path: Path
) -> None:
    providers = {"idp": provider(), "partner": provider(PARTNER, forward=True, from_query=["p"])}
    routes = (route("/out", {"require": ["idp"]}), route("/in", {"require": ["partner"]}), route("/any"))
    rest = "a=%26b%3D1&b&c=&a=%20"
    whole = service("shop", providers, *routes)
    async with recording_upstream() as upstream, running(gateway, tmp_path, config(upstream.port, whole)) as found:
        for path in ("/out", "/any"):
            assert (await found.get(f"{path}?{rest}&access%5Ftoken={ISSUER.token()}")).status_code == 200
            assert (await found.get(f"{path}?access_token={ISSUER.token()}")).status_code == 200
            refused(await found.get(f"{path}?{rest}&access_token={STRANGER.token()}"), "token_refused")
            refused(await found.get(f"{path}?{rest}&access_token=%0d%0a"), "token_refused")
            refused(await found.get(f"{path}?{rest}"), "token_missing")
        kept = f"/in?{rest}&p={PARTNER.token()}"
        assert (await found.get(kept)).status_code == 200
        mine = {token_header("access_token"): ISSUER.token()}
        refused(await found.get("/out", headers=mine), "token_missing")
    assert [asked.path for asked in upstream.asked["out"]] == [f"/out?{rest}", "/out"]
    assert [asked.path for asked in upstream.asked["any"]] == [f"/any?{rest}", "/any"]
    assert [asked.path for asked in upstream.asked["in"]] == [kept]
    everything = [asked for name in ("out", "any", "in") for asked in upstream.asked[name]]
    assert not any(name.startswith("x-gloo-token") for asked in everything for name, _ in asked.headers)
