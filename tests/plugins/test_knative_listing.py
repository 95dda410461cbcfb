"""Services of Knative, as a cluster lists them; the server is a double of its API."""

import pytest
from tests.support.kubernetes_double import TOKEN, cluster_of
from tests.support.platform_server import PlatformServer, ask, names, platform_server

from gloo.model.base import Json
from gloo.model.secret import Secret

KIND = "serving.knative.dev/v1/services"
SECRET = Secret("cluster", {"token": TOKEN})


def service(name: str, namespace: str = "shop", domain: str = "example.org", ready: str = "True", **more: Json) -> Json:
    """Return an object as Knative has it, with a revision that was ready."""
    status: dict[str, Json] = {
        "url": f"http://{name}.{namespace}.{domain}",
        "address": {"url": f"http://{name}.{namespace}.svc.cluster.local"},
        "conditions": [{"type": "Ready", "status": ready}],
        "latestReadyRevisionName": f"{name}-00001",
        "observedGeneration": 1,
    }
    return {
        "apiVersion": "serving.knative.dev/v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {},
        "status": {key: value for key, value in {**status, **more}.items() if value is not None},
    }


def text(server: PlatformServer, options: str = "", spec: str = '{gateway: "http://gw", domain: example.org}') -> str:
    spec = spec.replace("}", ", namespace: shop}")
    return f"""
name: cluster
type: knative
spec: {spec}
discovery: {{functions: true, spec: {{api_server: "{server.url}", secret_ref: cluster{options}}}}}
"""


async def test_services_behind_the_gateway_are_functions() -> None:
    objects = {"shop": [service("price"), service("order")], "sales": [service("order", "sales")]}
    async with platform_server(cluster_of(KIND, objects)) as server:
        found = await ask(text(server, ", namespaces: [sales]"), SECRET)
    assert [(each.name, each.spec) for each in found.functions] == [
        ("price", {}),
        ("order", {}),
        ("order.sales", {"service": "order", "namespace": "sales"}),
    ]
    assert found.left_out == ()
    assert server.asked[0] == "GET /apis/serving.knative.dev/v1/namespaces/shop/services?limit=200"


async def test_the_domain_of_the_cluster_itself_reaches_all_services() -> None:
    objects = {"shop": [service("price"), service("inner", domain="svc.cluster.local")]}
    async with platform_server(cluster_of(KIND, objects)) as server:
        assert names(await ask(text(server, spec='{gateway: "http://gw"}'), SECRET)) == ["price", "inner"]


async def test_a_service_that_listens_to_another_host_is_left_out_with_both() -> None:
    objects = {"shop": [service("inner", domain="svc.cluster.local"), service("price")]}
    async with platform_server(cluster_of(KIND, objects)) as server:
        found = await ask(text(server), SECRET)
    assert names(found) == ["price"]
    told = "inner: it listens to inner.shop.svc.cluster.local, and requests would be for inner.shop.example.org"
    assert found.left_out == (told,)


@pytest.mark.parametrize("ready", ["False", "Unknown"])
async def test_a_service_whose_change_fails_or_is_under_way_goes_on(ready: str) -> None:
    async with platform_server(cluster_of(KIND, {"shop": [service("price", ready=ready)]})) as server:
        assert names(await ask(text(server), SECRET)) == ["price"]


@pytest.mark.parametrize("more", [{"latestReadyRevisionName": None}, {"latestReadyRevisionName": "", "url": None}])
async def test_a_service_that_never_was_ready_is_left_out(more: dict[str, Json]) -> None:
    fresh: Json = {"metadata": {"name": "fresh", "namespace": "shop"}}
    async with platform_server(cluster_of(KIND, {"shop": [service("new", ready="False", **more), fresh]})) as server:
        found = await ask(text(server), SECRET)
    assert names(found) == []
    assert found.left_out == tuple(f"{name}: no revision of it was ready yet" for name in ("new", "fresh"))


async def test_with_a_url_only_the_service_that_has_it_is_found() -> None:
    objects = {"shop": [service("price"), service("order"), service("new", latestReadyRevisionName=None)]}
    async with platform_server(cluster_of(KIND, objects)) as server:
        found = await ask(text(server, spec='{url: "https://order.shop.example.org"}'), SECRET)
    assert [(each.name, each.spec) for each in found.functions] == [("order", {})]
    assert found.left_out == ()
