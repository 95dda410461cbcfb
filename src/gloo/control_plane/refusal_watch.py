"""What Envoy refuses: noted, traced to the user's object, and taken out of the next translation."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping

import structlog

from gloo.control_plane.blame import blame, blame_providers
from gloo.envoy.refusal_text import refusal_text
from gloo.envoy.snapshot import Resource, ResourceType
from gloo.envoy.validation import validation_bootstrap
from gloo.errors import ProxyError
from gloo.model.base import replace
from gloo.translator import Translation
from gloo.translator.domains import DEFAULT_ROLE
from gloo.translator.refusals import Refusals, digest_of
from gloo.translator.virtual_services import VirtualHost
from gloo.xds.cache import role_of
from gloo.xds.messages import Verdict

Validate = Callable[[bytes], Awaitable[str | None]]
"""Says why Envoy refuses a serialised bootstrap; None when it takes it."""

_WHOLE = (ResourceType.CLUSTER, ResourceType.SECRET)
"""What stands for one object of the user; a route table stands for many."""


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
        self._taken: dict[str, str] = {}  # versions by name of route tables, as the default role runs them
        self._proven: tuple[VirtualHost, ...] = ()
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
        """Note which virtual hosts run: all of a translation, once Envoy took all its route tables."""
        taken = {
            verdict.resource[1]: verdict.version
            for verdict in accepted
            if verdict.resource[0] is ResourceType.ROUTE and role_of(verdict.node) == DEFAULT_ROLE
        }
        translation = self._published()
        if taken and translation is not None:
            self._taken |= taken
            tables = _tables(translation)
            if all(self._taken.get(name) == table.version for name, table in tables.items()):
                self._proven = translation.hosts

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
                reasons.update(await self._blame_routes(translation, refused))
            if reasons.keys() - self.refusals.reasons.keys():
                self.refusals = Refusals({**self.refusals.reasons, **reasons})
                self._tell()

    async def _blame_routes(self, translation: Translation, refused: Iterable[Verdict]) -> Mapping[str, str]:
        """Return reasons by digest for the tables among *refused*; nothing when Envoy has got other tables since."""
        current = {
            table.version
            for snapshot in translation.snapshots.values()
            for table in snapshot.of_type(ResourceType.ROUTE).values()
        }
        reason = next((verdict.message for verdict in refused if verdict.version in current), None)
        if reason is None:
            return {}
        found = await self._traced(translation)
        if found.keys() - self.refusals.reasons.keys():
            return found
        unproven = self.unproven(translation)
        self._log.error("it can't be found out which route Envoy refuses", left_out=[host.name for host in unproven])
        return {digest_of(host.body): reason for host in unproven}

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
        proven = {host.body for host in self._proven}
        return tuple(host for host in translation.hosts if host.body not in proven)


def _tables(translation: Translation) -> Mapping[str, Resource]:
    """Return the route tables of the default role by name."""
    return translation.snapshots[DEFAULT_ROLE].of_type(ResourceType.ROUTE)
