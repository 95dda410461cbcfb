"""Fn, Knative and Fission through a whole gateway, by functions that nobody wrote; all of them are doubles.

The API of the cluster has a certificate of the cluster's own authority, which is beside the token in a secret.
"""

import asyncio
from pathlib import Path

import httpx
import pytest
from tests.e2e.conftest import EXAMPLES, Gateway
from tests.e2e.test_function_examples import service
from tests.support.authority import Authority, write_secret
from tests.support.gateway import RunningGateway
from tests.support.kubernetes_double import TOKEN, cluster_of
from tests.support.platform_server import platform_server

from gloo.model.base import Json

PORT = "PORT-OF-THE-DOUBLE"
FN = f'{{name: a, type: fn, spec: {{url: "http://127.0.0.1:{PORT}"}}, discovery: {{functions: true}}}}'
CLUSTER = (
    "{{name: a, type: {type}, spec: {spec}, "
    'discovery: {{functions: true, spec: {{api_server: "{url}", secret_ref: cluster, namespaces: [{further}]}}}}}}'
)


def write(folder: Path, upstream: str, function: str) -> None:
    """Write *upstream*, and a route for all requests to its *function*."""
    folder.mkdir(exist_ok=True)
    destination = f'{{function: {{upstream_name: a, function_name: "{function}"}}}}'
    route = f"{{request_matcher: {{path_prefix: /}}, single_destination: {destination}}}"
    text = f"upstreams: [{upstream}]\nvirtual_services: [{{name: default, routes: [{route}]}}]\n"
    (folder / "gloo.yaml").write_text(text)


async def found(running: RunningGateway, path: str) -> httpx.Response:
    """Ask until the function was found, twenty seconds at most."""
    async with asyncio.timeout(20):
        while (answer := await running.get(path)).status_code != 200:  # noqa: ASYNC110 - discovery sends no event here
            await asyncio.sleep(0.05)
    return answer


async def test_fn_is_invoked_by_an_id_that_nobody_wrote(tmp_path: Path, gateway: Gateway) -> None:
    folder = tmp_path / "config"
    write(folder, FN, "shop.order")
    async with service(EXAMPLES / "25-fn/double.py", folder, PORT), gateway(folder) as running:
        told = (await found(running, "/x")).json()
    assert (told["function"], told["method"]) == ("order", "POST")


KNATIVE: Json = {
    "metadata": {"name": "orders", "namespace": "sales"},
    "status": {"url": "http://orders.sales.example.org", "latestReadyRevisionName": "orders-00001"},
}
FISSION: Json = {"metadata": {"name": "resize", "namespace": "default"}, "spec": {}}


@pytest.mark.parametrize(
    ("example", "spec", "kind", "listed", "function", "part"),
    [
        (
            "26-knative",
            f'{{gateway: "http://127.0.0.1:{PORT}", domain: example.org, namespace: shop}}',
            "serving.knative.dev/v1/services",
            {"shop": [], "sales": [KNATIVE]},
            "orders.sales",
            {"path": "/x", "method": "GET"},
        ),
        (
            "24-fission",
            f'{{router: "http://127.0.0.1:{PORT}"}}',
            "fission.io/v1/functions",
            {"default": [FISSION]},
            "resize",
            {"function": "default/resize", "path": "/x"},
        ),
    ],
)
async def test_what_a_cluster_lists_is_called(
    tmp_path: Path,
    gateway: Gateway,
    example: str,
    spec: str,
    kind: str,
    listed: dict[str, list[Json]],
    function: str,
    part: dict[str, str],
) -> None:
    folder, authority = tmp_path / "config", Authority.make()
    async with platform_server(cluster_of(kind, listed), tls=authority.issue("127.0.0.1"), folder=tmp_path) as api:
        further = ", ".join(listed)
        write(folder, CLUSTER.format(type=example[3:], spec=spec, url=api.url, further=further), function)
        write_secret(folder / "secrets", "cluster", {"token": TOKEN, "ca.crt": authority.certificate})
        async with service(EXAMPLES / example / "double.py", folder, PORT), gateway(folder) as running:
            told = (await found(running, "/x")).json()
    assert part.items() <= told.items()
