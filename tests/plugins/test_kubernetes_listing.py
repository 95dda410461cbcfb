"""Lists of a cluster: who asks, whom it trusts, which namespaces, and all pages; Fission's functions stand for any."""

from pathlib import Path

import pytest
from tests.support.authority import Authority
from tests.support.kubernetes_double import TOKEN, cluster_of
from tests.support.platform_server import ask, names, platform_server
from tests.support.translating import translated

from gloo.errors import ConfigError, DiscoveryError
from gloo.model.base import Json
from gloo.model.secret import Secret

KIND = "fission.io/v1/functions"
LIST = "/apis/fission.io/v1/functions"
SECRET = Secret("cluster", {"token": f"{TOKEN}\n"})


def objects(namespace: str, *names: str) -> list[Json]:
    return [{"metadata": {"name": name, "namespace": namespace}, "spec": {}} for name in names]


OBJECTS = {"default": objects("default", "a", "b", "c"), "sales": objects("sales", "a", "d")}


def text(url: str, options: str = "", most: int = 500) -> str:
    return f"""
name: a
type: fission
spec: {{router: "http://router.fission"}}
discovery: {{functions: true, most: {most}, spec: {{api_server: "{url}/", secret_ref: cluster{options}}}}}
"""


async def test_all_pages_are_read_with_the_token() -> None:
    async with platform_server(cluster_of(KIND, OBJECTS, size=2)) as server:
        assert names(await ask(text(server.url), SECRET)) == ["a", "b", "c"]
    path = "GET /apis/fission.io/v1/namespaces/default/functions?limit=200"
    assert server.asked == [path, f"{path}&continue=2"]
    assert {each["authorization"] for each in server.headers} == {f"Bearer {TOKEN}"}


async def test_no_more_pages_are_read_than_are_of_use() -> None:
    async with platform_server(cluster_of(KIND, OBJECTS, size=1)) as server:
        await ask(text(server.url, ", namespaces: [sales]", most=1), SECRET)
    assert len(server.asked) == 2


@pytest.mark.parametrize("options", [", namespaces: [sales, default, sales]", ", all_namespaces: true"])
async def test_further_namespaces_are_asked_for(options: str) -> None:
    async with platform_server(cluster_of(KIND, OBJECTS)) as server:
        assert names(await ask(text(server.url, options), SECRET)) == ["a", "b", "c", "a.sales", "d.sales"]
    assert len(server.asked) == (1 if "all" in options else 2)
    assert (f"GET {LIST}?limit=200" in server.asked) == ("all" in options)


async def test_what_is_being_deleted_is_there_no_more() -> None:
    going: Json = {"metadata": {"name": "x", "namespace": "default", "deletionTimestamp": "2026-01-01T00:00:00Z"}}
    async with platform_server(cluster_of(KIND, {"default": [going, *objects("default", "a")]})) as server:
        assert names(await ask(text(server.url), SECRET)) == ["a"]


async def test_a_proxy_on_this_machine_needs_no_secret() -> None:
    async with platform_server(cluster_of(KIND, OBJECTS, token="")) as server:
        assert names(await ask(text(server.url).replace(", secret_ref: cluster", ""))) == ["a", "b", "c"]
    assert "authorization" not in server.headers[0]


async def test_an_empty_list_may_be_written_as_null() -> None:
    async with platform_server(lambda request: {"metadata": None, "items": None}) as server:
        assert names(await ask(text(server.url), SECRET)) == []


@pytest.mark.parametrize(
    ("options", "secret", "problem"),
    [
        ("", Secret("cluster", {"token": "other"}), "was answered 401 Unauthorized"),
        (", namespaces: [nowhere]", SECRET, "namespaces/nowhere/functions was answered 403 Forbidden"),
    ],
)
async def test_a_refusal_is_told_in_the_word_of_the_cluster(options: str, secret: Secret, problem: str) -> None:
    async with platform_server(cluster_of(KIND, OBJECTS)) as server:
        with pytest.raises(DiscoveryError, match=problem):
            await ask(text(server.url, options), secret)


@pytest.mark.parametrize(
    ("data", "problem"),
    [({"token": " "}, "has no token"), ({"token": "t", "ca.crt": "canary"}, "ca.crt in the secret 'cluster' is no")],
)
async def test_a_secret_that_is_of_no_use_is_told_and_nobody_is_asked(data: dict[str, str], problem: str) -> None:
    async with platform_server(cluster_of(KIND, OBJECTS)) as server:
        with pytest.raises(ConfigError, match=problem) as told:
            await ask(text(server.url), Secret("cluster", data))
    assert (told.value.field, server.asked) == ("spec.secret_ref", [])
    assert "canary" not in str(told.value)


@pytest.mark.parametrize(
    ("url", "options", "problem"),
    [
        ("http://10.0.0.1", "", "by https:// alone"),
        ("ftp://10.0.0.1", "", "api_server is no URL"),
        ("https://10.0.0.1", ", namespaces: [A/B]", "'A/B' is no name of Kubernetes"),
    ],
)
def test_what_can_not_be_asked_is_told_and_the_upstream_serves(url: str, options: str, problem: str) -> None:
    (found,) = translated(text(url, options)).reports["Upstream/a"].problems
    assert found.field.startswith("discovery.spec")
    assert problem in found.problem


async def test_a_cluster_is_trusted_by_the_authority_in_the_secret(tmp_path: Path) -> None:
    authority = Authority.make()
    async with platform_server(cluster_of(KIND, OBJECTS), tls=authority.issue("127.0.0.1"), folder=tmp_path) as server:
        assert server.url.startswith("https://")
        trusting = Secret("cluster", {"token": TOKEN, "ca.crt": authority.certificate})
        assert names(await ask(text(server.url), trusting)) == ["a", "b", "c"]
        assert names(await ask(text(server.url, ", tls_verify: false"), SECRET)) == ["a", "b", "c"]
        strange = Secret("cluster", {"token": TOKEN, "ca.crt": Authority.make().certificate})
        for secret in (SECRET, strange):
            with pytest.raises(DiscoveryError, match="CERTIFICATE_VERIFY_FAILED"):
                await ask(text(server.url), secret)
    assert len(server.asked) == 2
