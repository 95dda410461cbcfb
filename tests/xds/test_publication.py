"""What a publication says about the one before it."""

from tests.xds.conversation import snapshot

from gloo.envoy.snapshot import EnvoySnapshot, ResourceType
from gloo.xds.publication import Publication, changed_names


def test_added_changed_and_removed_names_are_found() -> None:
    old = snapshot("cluster a:1 b:1 c:1").of_type(ResourceType.CLUSTER)
    new = snapshot("cluster a:1 b:2 d:1").of_type(ResourceType.CLUSTER)
    assert changed_names(old, new) == {"b", "c", "d"}


def test_equal_bytes_in_new_objects_are_no_change() -> None:
    old, new = snapshot("cluster a:1"), snapshot("cluster a:1")
    assert not changed_names(old.of_type(ResourceType.CLUSTER), new.of_type(ResourceType.CLUSTER))


def test_a_publication_knows_what_it_follows() -> None:
    first = Publication.first(1, snapshot("cluster a:1"))
    second = first.next(2, EnvoySnapshot.of())
    assert (first.base, second.base) == (0, 1)
    assert second.changes[ResourceType.CLUSTER] == {"a"}
    assert not second.changes[ResourceType.ROUTE]
