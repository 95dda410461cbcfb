"""What Envoy refuses: noted, traced to the user's object, and taken out of the next translation."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from itertools import islice

import structlog

from gloo.control_plane.blame import blame, blame_providers
from gloo.envoy.refusal_text import refusal_text
from gloo.envoy.snapshot import Reference, ResourceType
from gloo.envoy.validation import validation_bootstrap
from gloo.errors import ProxyError
from gloo.model.base import replace
from gloo.translator import RoleParts, Translation
from gloo.translator.domains import DEFAULT_ROLE
from gloo.translator.refusals import Refusals, digest_of
from gloo.translator.secure_services import tls_bytes
from gloo.translator.virtual_services import VirtualHost
from gloo.xds.cache import role_of
from gloo.xds.messages import Verdict

Validate = Callable[[bytes], Awaitable[str | None]]
"""Says why Envoy refuses a serialised bootstrap; None when it takes it."""

_WHOLE = (ResourceType.CLUSTER, ResourceType.SECRET)
"""What stands for one object of the user; a route table stands for many."""

_MOST = 20_000
"""Refusals to be remembered; of more than that the oldest are tried again, if they are still written at all."""

_TAKEN = "cannot bind"
"""What Envoy says of a listener whose port somebody else has: no object is to blame."""


class RefusalWatch:
    """Keeps what Envoy refused, by digest.

    Args:
        validate: asks Envoy about a bootstrap, to find the route that makes it refuse a table; None finds none.
        tell: called when there is a new refusal to be taken out.
        published: returns what Envoy was given last.
    """

    def __init__(
        self, validate: Validate | None, tell: Callable[[], None], published: Callable[[], Translation | None]
    ) -> None:
        self.refusals = Refusals()
        self._validate, self._tell, self._published = validate, tell, published
        self._refused: list[Verdict] = []
        self._taken: dict[str, Mapping[Reference, str]] = {}  # versions of what is shared, as Envoys of a role run them
        self._proven: dict[str, Mapping[ResourceType, tuple[bytes, ...]]] = {}  # its parts, as they last ran whole
        self._suspects: list[tuple[str, ...]] = []
        self._arrived = asyncio.Event()
        self._log = structlog.get_logger("gloo.control_plane")

    def judge(self, verdicts: tuple[Verdict, ...]) -> None:
        """Take note of what Envoy takes and refuses; `run` finds out whose it is."""
        refused = [replace(each, message=refusal_text(each.message)) for each in verdicts if not each.accepted]
        for verdict in refused:
            kind, name = verdict.resource
            self._log.error(f"Envoy {verdict.node} refuses {kind.name.lower()} {name}: {verdict.message}")
        if refused:
            self._refused += refused
            self._arrived.set()
        self._note_taken(each for each in verdicts if each.accepted)

    def _note_taken(self, accepted: Iterable[Verdict]) -> None:
        """Note what runs, role by role: what an Envoy of one role takes says nothing of what those of others get."""
        taken: dict[str, dict[Reference, str]] = {}
        for each in accepted:
            if each.resource[0] in _SHARED:
                taken.setdefault(role_of(each.node), {})[each.resource] = each.version
        translation = self._published()
        if not taken or translation is None:
            return
        roles = translation.snapshots.keys()
        self._taken = {role: known for role, known in self._taken.items() if role in roles}
        self._proven = {role: known for role, known in self._proven.items() if role in roles}
        for role in taken.keys() & roles:
            self._note_taken_by(role, taken[role], translation)

    def _note_taken_by(self, role: str, taken: Mapping[Reference, str], translation: Translation) -> None:
        """Note the listeners of a translation, or its route tables, once Envoys of *role* took all of them."""
        current = {kind: translation.snapshots[role].of_type(kind) for kind in _SHARED}
        known = {**self._taken.get(role, {}), **taken}
        known = {(kind, name): version for (kind, name), version in known.items() if name in current[kind]}
        self._taken[role] = known
        for kind in {kind for kind, _ in taken}:
            if all(known.get((kind, name)) == each.version for name, each in current[kind].items()):
                parts = tuple(_SHARED[kind](translation.parts[role]))
                self._proven[role] = {**self._proven.get(role, {}), kind: parts}

    def go_on(self) -> None:
        """Try some of what was left out without proof once more; to be called when Envoy has taken all else."""
        if self._suspects:
            tried = self._suspects.pop()
            self.refusals = Refusals({key: why for key, why in self.refusals.reasons.items() if key not in tried})
            self._tell()

    async def run(self) -> None:
        """Trace refusals until cancelled."""
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            refused, self._refused = self._refused, []
            reasons = {each.version: each.message for each in refused if each.resource[0] in _WHOLE}
            translation = self._published()
            if translation is not None:
                reasons.update(blame_providers(translation.providers, refused))
                for kind in _SHARED:
                    reasons.update(await self._blame(kind, translation, refused))
            if reasons.keys() - self.refusals.reasons.keys():
                known = {**self.refusals.reasons, **reasons}
                self.refusals = Refusals(dict(islice(known.items(), max(0, len(known) - _MOST), None)))
                self._tell()

    async def _blame(
        self, kind: ResourceType, translation: Translation, refused: Iterable[Verdict]
    ) -> Mapping[str, str]:
        """Return reasons by digest for what is of *kind* among *refused*; none if Envoy has got another one since."""
        reasons: dict[str, str] = {}
        for role, reason in _of_roles(kind, translation, refused).items():
            found = await self._traced(role, translation) if kind is ResourceType.ROUTE else {}
            if not found.keys() - self.refusals.reasons.keys():
                found = self._suspected(kind, role, translation=translation, reason=reason)
            reasons.update(found)
        return reasons

    def _suspected(self, kind: ResourceType, role: str, *, translation: Translation, reason: str) -> Mapping[str, str]:
        """Return a refusal of all that is new in what is of *kind*; if it is more than one, `go_on` tries each half."""
        new = tuple(dict.fromkeys(map(digest_of, self._unproven(kind, translation.parts[role]))))
        self._log.error(f"it can't be told which part of its {kind.name.lower()}s Envoy refuses", left_out=len(new))
        if len(new) > 1:
            self._suspects += (new[: len(new) // 2], new[len(new) // 2 :])
        return dict.fromkeys(new, reason)

    def _unproven(self, kind: ResourceType, parts: RoleParts) -> Iterator[bytes]:
        """Yield those of *parts* that no Envoy runs: what some role has taken is not at fault in another."""
        known = {part for proven in self._proven.values() for part in proven.get(kind, ())}
        return (part for part in _SHARED[kind](parts) if part not in known)

    async def _traced(self, role: str, translation: Translation) -> Mapping[str, str]:
        """Return what Envoy, asked about parts of the route tables of *role*, says of each that is to blame."""
        listener = next(iter(translation.snapshots[role].of_type(ResourceType.LISTENER).values()), None)
        if self._validate is None or listener is None:
            return {}
        validate = self._validate

        async def judge(hosts: tuple[bytes, ...]) -> str | None:
            return await validate(validation_bootstrap(listener, hosts))

        try:
            return await blame(translation.parts[role].hosts, judge, self.refusals.reasons.keys())
        except ProxyError as error:
            self._log.warning("Envoy can't be asked which route it refuses", problem=str(error))
            return {}

    def unproven(self, translation: Translation) -> tuple[VirtualHost, ...]:
        """Return the virtual hosts of the default role that are new or changed since Envoy last took all it was
        given."""
        parts = translation.parts[DEFAULT_ROLE]
        bodies = set(self._unproven(ResourceType.ROUTE, parts))
        return tuple(host for host in parts.hosts if host.body in bodies)


def _of_roles(kind: ResourceType, translation: Translation, refused: Iterable[Verdict]) -> Mapping[str, str]:
    """Return why Envoys refuse what *translation* has of *kind*, by their role."""
    reasons: dict[str, str] = {}
    for verdict in refused:
        role, (_, name) = role_of(verdict.node), verdict.resource
        snapshot = translation.snapshots.get(role)
        current = snapshot.of_type(kind).get(name) if snapshot is not None and verdict.resource[0] is kind else None
        if current is not None and current.version == verdict.version and _TAKEN not in verdict.message:
            reasons.setdefault(role, verdict.message)
    return reasons


_SHARED: Mapping[ResourceType, Callable[[RoleParts], Iterable[bytes]]] = {
    ResourceType.LISTENER: lambda parts: map(tls_bytes, parts.ways),
    ResourceType.ROUTE: lambda parts: (host.body for host in parts.hosts),
}
"""What holds parts of many objects, and these parts, as refusals know them."""
