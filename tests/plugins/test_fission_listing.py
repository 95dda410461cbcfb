"""Functions of Fission, as a cluster lists them; the server is a double of its API."""

from tests.support.kubernetes_double import TOKEN, cluster_of
from tests.support.platform_server import PlatformServer, ask, names, platform_server

from gloo.model.base import Json
from gloo.model.secret import Secret

SECRET = Secret("cluster", {"token": TOKEN})


def function(name: str, namespace: str) -> Json:
    """Return an object as Fission has it."""
    environment: Json = {"name": "python", "namespace": namespace}
    return {
        "apiVersion": "fission.io/v1",
        "kind": "Function",
        "metadata": {"name": name, "namespace": namespace, "creationTimestamp": "2026-01-01T00:00:00Z"},
        "spec": {"environment": environment, "InvokeStrategy": {"StrategyType": "execution"}},
        "status": {"conditions": [{"type": "Ready", "status": "False"}]},
    }


OBJECTS = {
    "default": [function("resize", "default")],
    "finance": [function("report", "finance"), function("resize", "finance")],
}


def text(server: PlatformServer, options: str = "", spec: str = "") -> str:
    return f"""
name: fission
type: fission
spec: {{router: "http://router-internal.fission"{spec}}}
discovery: {{functions: true, spec: {{api_server: "{server.url}", secret_ref: cluster{options}}}}}
"""


async def test_functions_of_the_own_namespace_keep_their_names() -> None:
    async with platform_server(cluster_of("fission.io/v1/functions", OBJECTS)) as server:
        found = await ask(text(server), SECRET)
        assert [(each.name, each.spec) for each in found.functions] == [("resize", {})]
        assert names(await ask(text(server, spec=", namespace: finance"), SECRET)) == ["report", "resize"]
    assert server.asked[1] == "GET /apis/fission.io/v1/namespaces/finance/functions?limit=200"


async def test_functions_of_another_namespace_are_named_with_it() -> None:
    async with platform_server(cluster_of("fission.io/v1/functions", OBJECTS)) as server:
        found = await ask(text(server, ", namespaces: [finance]"), SECRET)
    assert names(found) == ["resize", "report.finance", "resize.finance"]
    assert found.functions[1].spec == {"function_name": "report", "namespace": "finance"}


async def test_a_name_that_fission_itself_can_not_call_is_left_out() -> None:
    async with platform_server(cluster_of("fission.io/v1/functions", {"default": [function("a.b", "default")]})) as it:
        found = await ask(text(it), SECRET)
    assert (names(found), len(found.left_out)) == ([], 1)
    assert "'a.b' is no name of Fission" in found.left_out[0]
