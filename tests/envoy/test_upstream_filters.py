"""Filters of a cluster."""

from gloo.envoy.cluster import Cluster, Endpoint
from gloo.envoy.readable import readable
from gloo.envoy.snapshot import ResourceType
from gloo.envoy.upstream_filters import header_secret, injected, path_written
from gloo.model.duration import Duration


def test_a_cluster_has_its_filters_before_the_one_that_ends_them_and_needs_their_secrets() -> None:
    secret = header_secret("s", "canary")
    filters = (path_written(), injected("x-key", "s"))
    endpoint = Endpoint("10.0.0.1", 80)
    resource = Cluster("a", "static", (endpoint,), Duration(1), filters=filters, secrets=(secret,)).resource()
    (options,) = readable(resource)["typed_extension_protocol_options"].values()
    assert [each["name"] for each in options["http_filters"]] == [
        "gloo.upstream.path",
        "gloo.upstream.x-key.s",
        "envoy.filters.http.upstream_codec",
    ]
    assert "http_protocol_options" in options["explicit_http_config"]
    assert resource.needs == {(ResourceType.SECRET, "s")}
    assert b"canary" not in resource.body
    assert readable(secret) == {"name": "s", "generic_secret": "(not shown)"}


def test_a_cluster_without_filters_says_nothing_about_them() -> None:
    resource = Cluster("a", "static", (Endpoint("10.0.0.1", 80),), Duration(1)).resource()
    assert "typed_extension_protocol_options" not in readable(resource)
