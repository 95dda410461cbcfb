"""What one Envoy is to have."""

import pytest

from gloo.envoy.snapshot import EnvoySnapshot, Resource, ResourceType
from gloo.errors import SnapshotError


def resource(kind: ResourceType, name: str, body: bytes = b"", needs: str = "") -> Resource:
    return Resource(kind, name, body, frozenset({(ResourceType.CLUSTER, needs)}) if needs else frozenset())


def test_a_reference_to_nothing_is_told_with_both_ends() -> None:
    snapshot = EnvoySnapshot.of(resource(ResourceType.ROUTE, "r", needs="gone"))
    with pytest.raises(SnapshotError, match=r"route 'r' names cluster 'gone', which does not exist"):
        snapshot.check()


def test_a_reference_that_resolves_is_right() -> None:
    EnvoySnapshot.of(resource(ResourceType.ROUTE, "r", needs="a"), resource(ResourceType.CLUSTER, "a")).check()


def test_equal_bytes_are_one_version_and_other_bytes_another() -> None:
    versions = [
        resource(ResourceType.CLUSTER, name, body).version for name, body in (("a", b"1"), ("b", b"1"), ("a", b"2"))
    ]
    assert versions[0] == versions[1] != versions[2]


def test_resources_come_in_the_order_in_which_envoy_must_get_them() -> None:
    kinds = [each.type for each in EnvoySnapshot.of(*(resource(kind, "a") for kind in reversed(ResourceType)))]
    assert kinds == [
        ResourceType.CLUSTER,
        ResourceType.ENDPOINT,
        ResourceType.SECRET,
        ResourceType.LISTENER,
        ResourceType.EXTENSION,
        ResourceType.ROUTE,
    ]
