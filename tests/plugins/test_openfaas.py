"""OpenFaaS: functions behind its gateway."""

import pytest
from tests.support.translating import GATEWAY, PLUGINS, clusters, config_of, routes, translated

from gloo.envoy.readable import readable
from gloo.envoy.snapshot import ResourceType
from gloo.model.base import Json
from gloo.model.secret import Secret
from gloo.model.status import State
from gloo.translator import Translation, translate

FAAS = """\
name: faas
type: openfaas
spec: {gateway: "http://gateway.example.org:8080/faas/", namespace: own}
functions:
- name: resize
- name: report
  spec: {function_name: figures, namespace: finance, callback_url: "https://example.org/done?id=1"}
"""
WITH_SECRET = FAAS.replace("namespace: own", "secret_ref: s")
ROUTE = """\
name: default
routes:
- request_matcher: {path_prefix: /}
  single_destination: {function: {upstream_name: faas, function_name: %s}}
  extensions: %s
"""


def added(function: str, extensions: str = "{}") -> Json:
    """Return the headers that a call adds."""
    (found,) = routes(translated(FAAS, ROUTE % (function, extensions)), "default")
    return {each["header"]["key"]: each["header"]["value"] for each in found["request_headers_to_add"]}


def with_secret(**data: str) -> Translation:
    translation = translate(config_of(WITH_SECRET, secrets=(Secret("s", data),)), PLUGINS, gateway=GATEWAY)
    for snapshot in translation.snapshots.values():
        snapshot.check()
    return translation


def test_a_call_goes_below_the_gateways_own_path_to_the_function_and_its_namespace() -> None:
    assert added("resize") == {"x-gloo-path": "+/faas/function/resize.own"}
    assert added("report") == {"x-gloo-path": "+/faas/function/figures.finance"}


def test_an_asynchronous_call_says_where_its_answer_goes() -> None:
    assert added("report", "{execution_style: async}") == {
        "x-gloo-path": "+/faas/async-function/figures.finance",
        "x-callback-url": "https://example.org/done?id=1",
    }


def test_its_cluster_is_the_gateway_with_what_writes_the_path() -> None:
    cluster = clusters(translated(FAAS))["faas"]
    assert "gateway.example.org" in str(cluster["load_assignment"])
    (options,) = cluster["typed_extension_protocol_options"].values()
    assert [each["name"] for each in options["http_filters"]] == [
        "gloo.upstream.path",
        "envoy.filters.http.upstream_codec",
    ]


@pytest.mark.parametrize("names", [("username", "password"), ("basic-auth-user", "basic-auth-password")])
def test_the_secret_is_a_resource_of_its_own_and_no_part_of_the_cluster(names: tuple[str, str]) -> None:
    snapshot = with_secret(**dict(zip(names, ("me", "canary\n"), strict=True))).snapshots["ingress"]
    secret = snapshot.of_type(ResourceType.SECRET)["openfaas/faas"]
    assert b"Basic bWU6Y2FuYXJ5" in secret.body
    cluster = snapshot.of_type(ResourceType.CLUSTER)["faas"]
    assert (ResourceType.SECRET, "openfaas/faas") in cluster.needs
    assert b"bWU6Y2FuYXJ5" not in cluster.body
    assert "bWU6Y2FuYXJ5" not in str(readable(secret)) + repr(snapshot)


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        ({"password": "p"}, "the secret 's' has no username"),
        ({"username": "u", "password": " "}, "the secret 's' has no password"),
        ({"username": "a:b", "password": "p"}, "the user name in the secret 's' holds a colon"),
    ],
)
def test_a_secret_that_can_not_be_used_is_told_without_its_values(data: dict[str, str], problem: str) -> None:
    (found,) = with_secret(**data).reports["Upstream/faas"].problems
    assert (found.field, found.problem) == ("spec.secret_ref", problem)


def test_a_missing_secret_is_waited_for() -> None:
    assert translated(WITH_SECRET).reports["Upstream/faas"].state is State.PENDING


@pytest.mark.parametrize(
    ("text", "field"),
    [
        (FAAS.replace("http://gateway.example.org:8080/faas/", "gateway:8080"), "spec"),
        (FAAS.replace("http://", "http://u:p@"), "spec"),
        (FAAS.replace("namespace: own", "namespace: A"), "spec"),
        (FAAS.replace("function_name: figures", "function_name: a/b"), "functions[1].spec"),
        (FAAS.replace("https://example.org/done?id=1", "done"), "functions[1].spec"),
        (FAAS.replace("name: resize", "name: Re size"), "functions[0].spec.function_name"),
    ],
)
def test_what_openfaas_would_not_take_is_told_with_its_place(text: str, field: str) -> None:
    (problem,) = translated(text).reports["Upstream/faas"].problems
    assert problem.field == field
    assert "u:p" not in str(problem)


def test_a_route_must_name_a_function() -> None:
    plain = "name: default\nroutes:\n- request_matcher: {path_prefix: /}\n"
    translation = translated(FAAS, f"{plain}  single_destination: {{upstream: {{name: faas}}}}\n")
    assert translation.reports["VirtualService/default"].state is State.REJECTED


def test_nothing_is_mirrored_to_it_for_no_function_would_be_chosen() -> None:
    web = "name: web\ntype: service\nspec: {hosts: [{addr: 10.0.0.1, port: 80}]}\n"
    plain = (
        "name: default\nroutes:\n- request_matcher: {path_prefix: /}\n  single_destination: {upstream: {name: web}}\n"
    )
    translation = translated(FAAS, web, f"{plain}  extensions: {{mirror: {{upstream: faas}}}}\n")
    (problem,) = translation.reports["VirtualService/default"].problems
    assert problem.problem == "upstream 'faas' is reached by its functions alone"
