"""What Envoy refuses: noted, traced to the user's object, and taken out of the next translation."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import structlog

from gloo.control_plane.blame import blame, blame_providers
from gloo.envoy.snapshot import ResourceType
from gloo.envoy.validation import validation_bootstrap
from gloo.errors import ProxyError
from gloo.translator import Translation
from gloo.translator.domains import DEFAULT_ROLE
from gloo.translator.refusals import Refusals
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
    """

    def __init__(self, validate: Validate | None, tell: Callable[[], None]) -> None:
        self.refusals = Refusals()
        self._validate, self._tell = validate, tell
        self._refused: list[Verdict] = []
        self._arrived = asyncio.Event()
        self._log = structlog.get_logger("gloo.control_plane")

    def judge(self, verdicts: tuple[Verdict, ...]) -> None:
        """Take note of what Envoy refuses; `run` finds out whose it is."""
        refused = [verdict for verdict in verdicts if not verdict.accepted]
        for verdict in refused:
            kind, name = verdict.resource
            self._log.error(f"Envoy {verdict.node} refuses {kind.name.lower()} {name}: {verdict.message}")
        if refused:
            self._refused += refused
            self._arrived.set()

    async def run(self, published: Callable[[], Translation | None]) -> None:
        """Trace refusals until cancelled; *published* returns what Envoy was given."""
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            refused, self._refused = self._refused, []
            reasons = {each.version: each.message for each in refused if each.resource[0] in _WHOLE}
            translation = published()
            if translation is not None:
                reasons.update(blame_providers(translation.providers, refused))
            if translation is not None and any(each.resource[0] is ResourceType.ROUTE for each in refused):
                reasons.update(await self._blame_routes(translation))
            if reasons.keys() - self.refusals.reasons.keys():
                self.refusals = Refusals({**self.refusals.reasons, **reasons})
                self._tell()

    async def _blame_routes(self, translation: Translation) -> Mapping[str, str]:
        if self._validate is None:
            return {}
        validate = self._validate
        listener = next(iter(translation.snapshots[DEFAULT_ROLE].of_type(ResourceType.LISTENER).values()))

        async def judge(hosts: tuple[bytes, ...]) -> str | None:
            return await validate(validation_bootstrap(listener, hosts))

        try:
            return await blame(translation.hosts, judge)
        except ProxyError as error:
            self._log.warning("it can't be found out which route Envoy refuses", problem=str(error))
            return {}
