"""What one Envoy wants, has, refused and is still to get of one resource type. No I/O."""

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field

from gloo.envoy.snapshot import Resource, ResourceType
from gloo.model.base import Value
from gloo.xds.messages import WILDCARD

Target = Mapping[str, Resource]

ABSENT = ""
"""The version of a resource of which Envoy has been told that it does not exist."""


class Rejection(Value, frozen=True):
    """The version that Envoy refused, and why."""

    version: str
    message: str


class Due(Value, frozen=True):
    """What is to be done about the pending names of a subscription.

    Args:
        updates: to send.
        absent: names asked for that don't exist: to be told so.
        current: Envoy has them already.
    """

    updates: tuple[Resource, ...]
    absent: tuple[str, ...]
    current: tuple[Resource, ...]


@dataclass(slots=True)
class Subscription:
    """The state of one type on one stream.

    Args:
        kind: the type.
        asked: Envoy has asked for this type on this stream.
        wildcard: it wants every resource of the type.
        names: the names it asked for one by one.
        have: name -> version of what it holds; `ABSENT` when it knows that there is none.
        held: state of the world only: the resources behind *have*, for they have to be said again and again.
        rejected: by name, what it refused; not sent again in that version.
        pending: the names to look at; all others are as they should be.
        suspects: groups of names to be sent apart, to find out which of them Envoy refuses.
        awaited: names that an accepted resource needs and that Envoy has not asked for yet.
        owes_answer: Envoy waits for a response, be it empty.
        blind: state of the world only: Envoy kept a set from an earlier stream which we don't know.
        nonce: of the last response of this type.
    """

    kind: ResourceType
    asked: bool = False
    wildcard: bool = False
    names: set[str] = field(default_factory=set)
    have: dict[str, str] = field(default_factory=dict)
    held: dict[str, Resource] = field(default_factory=dict)
    rejected: dict[str, Rejection] = field(default_factory=dict)
    pending: set[str] = field(default_factory=set)
    suspects: list[frozenset[str]] = field(default_factory=list)
    awaited: set[str] = field(default_factory=set)
    owes_answer: bool = False
    blind: bool = False
    nonce: str = ""

    def covers(self, name: str) -> bool:
        """Whether Envoy wants *name*."""
        return self.wildcard or name in self.names

    def begin(self, initial: Mapping[str, str]) -> None:
        """Take over what Envoy kept from an earlier stream, name -> version."""
        self.asked = True
        self.have.update(initial)
        self.pending.update(initial)

    def subscribe_all(self, target: Target) -> None:
        """Want every resource from now on."""
        if not self.wildcard:
            self.wildcard = True
            self.owes_answer = not self.have
            self.pending.update(target)

    def subscribe(self, names: Iterable[str], *, kept: Mapping[str, str]) -> None:
        """Want *names*. A name asked for again is sent again, unless it is among the *kept*.

        The protocol demands it ("the server must still provide those resources"): Envoy may have forgotten them.
        """
        for name in names:
            self.names.add(name)
            self.awaited.discard(name)
            self.pending.add(name)
            if name not in kept:
                self._drop(name)

    def unsubscribe(self, names: Iterable[str]) -> None:
        """Want *names* no more; ``*`` leaves those that were asked for by name."""
        for name in names:
            if name == WILDCARD:
                self.wildcard = False
                self.trim()
                continue
            self.names.discard(name)
            self._drop(name)
            (self.pending.add if self.wildcard else self.pending.discard)(name)

    def trim(self) -> None:
        """Forget all that Envoy does not want."""
        if not self.wildcard:
            for name in [known for known in self.have if known not in self.names]:
                self._drop(name)
            self.pending = self.pending & self.names

    def touch(self, names: Set[str], target: Target) -> None:
        """Look at *names* again: they may have changed in *target*."""
        self.pending.update(names if self.wildcard else (name for name in names if name in self.names))
        if self.awaited:
            self.awaited.intersection_update(target)

    def touch_all(self, target: Target) -> None:
        """Look at everything again: *target* is another one altogether."""
        self.pending.update(self.have, self.names, target if self.wildcard else ())
        self.awaited.intersection_update(target)

    def due(self, target: Target) -> Due:
        """Say what to do next; only what is to be sent or removed stays pending.

        While there are suspects, one group of them at a time, else all that is pending.
        """
        while self.suspects:
            due = self._sort(self.suspects.pop(0) & self.pending, target)
            if due.updates:
                return due
        return self._sort(self.pending, target)

    def gone(self, target: Target) -> tuple[str, ...]:
        """The names that Envoy holds and that exist no more, sorted."""
        return tuple(sorted(name for name in self.pending if self.have.get(name) and name not in target))

    def accept(self, resource: Resource, *, hold: bool) -> None:
        """Envoy has *resource* now; with *hold*, keep it to be said again."""
        self.have[resource.name] = resource.version
        self.rejected.pop(resource.name, None)
        if hold:
            self.held[resource.name] = resource

    def reject(self, resource: Resource, message: str) -> None:
        """Envoy refused *resource* and keeps what it had."""
        self.rejected[resource.name] = Rejection(resource.version, message)

    def remove(self, names: Iterable[str]) -> None:
        """Envoy knows now that *names* don't exist."""
        for name in names:
            self._drop(name)
            if name in self.names:
                self.have[name] = ABSENT

    def keeps_older(self) -> bool:
        """Whether Envoy refused an update and so lives on with an older version, whose needs we don't know."""
        return any(self.have.get(name) for name in self.rejected)

    def suspect(self, names: Iterable[str]) -> None:
        """One of *names*, two at least, was refused: have them sent in two halves."""
        ordered = sorted(names)
        middle = len(ordered) // 2
        self.suspects[:0] = [frozenset(ordered[:middle]), frozenset(ordered[middle:])]

    def _sort(self, names: Set[str], target: Target) -> Due:
        updates: list[Resource] = []
        absent: list[str] = []
        current: list[Resource] = []
        done: list[str] = []
        for name in sorted(names):
            resource = target.get(name)
            if resource is None:
                self.rejected.pop(name, None)
                if name in self.names and name not in self.have:
                    absent.append(name)
                elif not self.have.get(name):
                    done.append(name)
            elif self.have.get(name) == resource.version:
                self.rejected.pop(name, None)
                current.append(resource)
                done.append(name)
            elif name in self.rejected and self.rejected[name].version == resource.version:
                done.append(name)
            else:
                updates.append(resource)
        if done:
            self.pending = self.pending.difference(done)  # a new set: an emptied one stays slow to walk
        return Due(tuple(updates), tuple(absent), tuple(current))

    def _drop(self, name: str) -> None:
        self.have.pop(name, None)
        self.held.pop(name, None)
        self.rejected.pop(name, None)
        self.awaited.discard(name)
