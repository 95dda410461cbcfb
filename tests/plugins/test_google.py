"""Google: Cloud Functions and Cloud Run functions."""

import pytest
from tests.support.translating import clusters, routes, translated

from gloo.model.base import Json

CLOUD = """\
name: shop
type: google
spec: {region: europe-west1, project_id: example-shop}
functions:
- name: price
- name: other
  spec: {function_name: Other}
- name: by-url
  spec: {url: "https://europe-west1-example-shop.cloudfunctions.net/by/url"}
- name: elsewhere
  spec: {url: "https://a.run.app/"}
- name: ordered
  spec: {event: {type: t, source: /shop}}
"""
RUN = CLOUD.replace("region: europe-west1, project_id: example-shop", 'url: "https://a.run.app/base/"')
ROUTE = """\
name: default
routes:
- request_matcher: {path_prefix: /}
  single_destination: {function: {upstream_name: shop, function_name: %s}}
"""


def added(function: str, upstream: str = CLOUD) -> Json:
    """Return the headers that a call adds."""
    (found,) = routes(translated(upstream, ROUTE % function), "default")
    return {each["header"]["key"]: each["header"]["value"] for each in found["request_headers_to_add"]}


@pytest.mark.parametrize(
    ("upstream", "function", "path"),
    [
        (CLOUD, "price", "+/price"),
        (CLOUD, "other", "+/Other"),
        (CLOUD, "by-url", "+/by/url"),
        (RUN, "price", "+/base"),
        (RUN, "other", "+/base/Other"),
        (RUN, "elsewhere", "+"),
    ],
)
def test_a_call_goes_to_the_functions_path(upstream: str, function: str, path: str) -> None:
    assert added(function, upstream) == {"x-gloo-path": path}


def test_a_function_on_another_host_is_told_on_its_route() -> None:
    (problem,) = translated(CLOUD, ROUTE % "elsewhere").reports["VirtualService/default"].problems
    assert problem.problem == "function 'elsewhere' is on another host, a.run.app"


def test_the_host_is_that_of_region_and_project_and_functions_are_asked_by_it() -> None:
    cluster = clusters(translated(CLOUD))["shop"]
    assert "europe-west1-example-shop.cloudfunctions.net" in str(cluster["load_assignment"])
    assert "transport_socket" in cluster
    (found,) = routes(translated(CLOUD, ROUTE % "price"), "default")
    assert found["route"]["auto_host_rewrite"] is True


def test_a_request_becomes_an_event_unless_it_is_one() -> None:
    (found,) = routes(translated(CLOUD, ROUTE % "ordered"), "default")
    events = [each for each in found["request_headers_to_add"] if each["header"]["key"].startswith("ce-")]
    assert {each["header"]["key"]: each["header"]["value"] for each in events} == {
        "ce-id": "%REQ(x-request-id)%",
        "ce-specversion": "1.0",
        "ce-type": "t",
        "ce-source": "/shop",
    }
    assert {each["append_action"] for each in events} == {"ADD_IF_ABSENT"}


@pytest.mark.parametrize(
    "spec",
    [
        "{}",
        "{region: europe-west1}",
        '{region: europe-west1, project_id: example-shop, url: "https://a"}',
        "{region: Europe, project_id: example-shop}",
        "{region: europe-west1, project_id: X}",
        '{url: "a.run.app"}',
    ],
)
def test_a_place_that_can_not_be_is_told(spec: str) -> None:
    text = CLOUD.replace("{region: europe-west1, project_id: example-shop}", spec)
    (problem, *_) = translated(text).reports["Upstream/shop"].problems
    assert problem.field.startswith("spec")


@pytest.mark.parametrize("spec", ["{function_name: a/b}", '{function_name: a, url: "https://a"}', "{url: a}"])
def test_a_function_that_can_not_be_is_told(spec: str) -> None:
    (problem,) = translated(CLOUD.replace("{function_name: Other}", spec)).reports["Upstream/shop"].problems
    assert problem.field.startswith("functions[1].spec")
