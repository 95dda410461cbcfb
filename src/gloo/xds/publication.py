"""A snapshot with its place in time and what it changed, worked out once for all streams."""

from collections.abc import Mapping

from gloo.envoy.snapshot import EnvoySnapshot, Resource, ResourceType
from gloo.model.base import Value


def changed_names(old: Mapping[str, Resource], new: Mapping[str, Resource]) -> frozenset[str]:
    """The names that were added, changed or removed: linear, and free when both are the same object."""
    if old is new:
        return frozenset()
    lookup = old.get
    changed = [
        name
        for name, resource in new.items()
        if (before := lookup(name)) is not resource and (before is None or before.version != resource.version)
    ]
    return frozenset(changed).union(old.keys() - new.keys())


class Publication(Value, frozen=True):
    """A published snapshot.

    Args:
        serial: unique among all publications of one cache; a later one has a higher number.
        snapshot: what Envoy is to have.
        base: serial of the publication that *changes* starts from; 0 for none, then streams compare everything.
        changes: by type, the names that differ from *base*.
        ahead: whether the snapshot holds clusters alone, as the rest is still being worked out: whoever speaks delta
            gets them, and nothing is taken from anybody.
    """

    serial: int
    snapshot: EnvoySnapshot
    base: int
    changes: Mapping[ResourceType, frozenset[str]]
    ahead: bool = False

    @classmethod
    def first(cls, serial: int, snapshot: EnvoySnapshot, *, ahead: bool = False) -> "Publication":
        return cls(serial, snapshot, 0, {}, ahead)

    def next(self, serial: int, snapshot: EnvoySnapshot, *, ahead: bool = False) -> "Publication":
        """The publication that follows this one in its role."""
        changes = {kind: changed_names(self.snapshot.of_type(kind), snapshot.of_type(kind)) for kind in ResourceType}
        return Publication(serial, snapshot, self.serial, changes, ahead)
