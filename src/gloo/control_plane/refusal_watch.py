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
from gloo.translator import Translation
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
        self._taken: Mapping[Reference, str] = {}  # versions of what is shared, as the default role runs them
        self._proven: Mapping[ResourceType, tuple[bytes, ...]] = {}  # parts of what is shared, as it last ran whole
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
        """Note what runs: the listeners of a translation, or its route tables, once Envoy took all of them."""
        shared = (each for each in accepted if each.resource[0] in _SHARED and role_of(each.node) == DEFAULT_ROLE)
        taken = {each.resource: each.version for each in shared}
        translation = self._published()
        if not taken or translation is None:
            return
        current = {kind: translation.snapshots[DEFAULT_ROLE].of_type(kind) for kind in _SHARED}
        merged = {**self._taken, **taken}
        self._taken = {(kind, name): version for (kind, name), version in merged.items() if name in current[kind]}
        for kind in {kind for kind, _ in taken}:
            if all(self._taken.get((kind, name)) == each.version for name, each in current[kind].items()):
                self._proven = {**self._proven, kind: tuple(_SHARED[kind](translation))}

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
        current = {
            each.version for snapshot in translation.snapshots.values() for each in snapshot.of_type(kind).values()
        }
        reason = next((verdict.message for verdict in refused if verdict.version in current), None)
        if reason is None or _TAKEN in reason:
            return {}
        if kind is ResourceType.ROUTE:
            found = await self._traced(translation)
            if found.keys() - self.refusals.reasons.keys():
                return found
        return self._suspected(kind, translation, reason)

    def _suspected(self, kind: ResourceType, translation: Translation, reason: str) -> Mapping[str, str]:
        """Return a refusal of all that is new in what is of *kind*; if it is more than one, `go_on` tries each half."""
        new = tuple(dict.fromkeys(map(digest_of, self._unproven(kind, translation))))
        self._log.error(f"it can't be told which part of its {kind.name.lower()}s Envoy refuses", left_out=len(new))
        if len(new) > 1:
            self._suspects += (new[: len(new) // 2], new[len(new) // 2 :])
        return dict.fromkeys(new, reason)

    def _unproven(self, kind: ResourceType, translation: Translation) -> Iterator[bytes]:
        known = set(self._proven.get(kind, ()))
        return (part for part in _SHARED[kind](translation) if part not in known)

    async def _traced(self, translation: Translation) -> Mapping[str, str]:
        if self._validate is None:
            return {}
        validate = self._validate
        listener = next(iter(translation.snapshots[DEFAULT_ROLE].of_type(ResourceType.LISTENER).values()))

        async def judge(hosts: tuple[bytes, ...]) -> str | None:
            return await validate(validation_bootstrap(listener, hosts))

        try:
            return await blame(translation.hosts, judge, self.refusals.reasons.keys())
        except ProxyError as error:
            self._log.warning("Envoy can't be asked which route it refuses", problem=str(error))
            return {}

    def unproven(self, translation: Translation) -> tuple[VirtualHost, ...]:
        """Return the virtual hosts of *translation* that are new or changed since Envoy last took all it was given."""
        bodies = set(self._unproven(ResourceType.ROUTE, translation))
        return tuple(host for host in translation.hosts if host.body in bodies)


_SHARED: Mapping[ResourceType, Callable[[Translation], Iterable[bytes]]] = {
    ResourceType.LISTENER: lambda translation: map(tls_bytes, translation.ways),
    ResourceType.ROUTE: lambda translation: (host.body for host in translation.hosts),
}
"""What holds parts of many objects, and these parts, as refusals know them."""
