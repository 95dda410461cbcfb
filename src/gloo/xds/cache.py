"""Holds the latest snapshot of each role and hands it to the streams of that role's Envoys.

All methods belong to one event loop. Publishing is synchronous: when `publish` returns, every stream
has its next response in its outbox.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from itertools import count

import structlog

from gloo.envoy.snapshot import EnvoySnapshot
from gloo.model.base import Value
from gloo.xds.messages import Outcome, Request, Response, Stall, Verdict
from gloo.xds.publication import Publication
from gloo.xds.stream import SERVED_TYPES, DeltaStream, SotwStream, Stream

_log = structlog.get_logger("gloo.xds")

VerdictSink = Callable[[tuple[Verdict, ...]], None]
"""Gets the verdicts of one answer; must not block. `asyncio.Queue.put_nowait` is one."""

Clock = Callable[[], float]


class Node(Value, frozen=True):
    """A connected Envoy.

    Args:
        id: its node id.
        role: the part of the id before the first ``~``; empty without a ``~``.
        peer: where it connects from, in gRPC's words.
        delta: whether it speaks delta xDS.
        known: whether its role has a snapshot; without one it gets the fallback.
    """

    id: str
    role: str
    peer: str
    delta: bool
    known: bool


class NodeReceipt(Value, frozen=True):
    """How far one Envoy is: *settled* when it has judged everything, *rejected* what it refuses."""

    node: str
    settled: bool
    rejected: tuple[Verdict, ...]

    @property
    def live(self) -> bool:
        """Whether it runs the whole snapshot."""
        return self.settled and not self.rejected


class Receipt(Value, frozen=True):
    """Which Envoys of a role run its snapshot; *serial* is the publication's, 0 without one."""

    role: str
    serial: int
    nodes: tuple[NodeReceipt, ...]

    @property
    def settled(self) -> bool:
        """Whether every connected Envoy has judged everything."""
        return all(node.settled for node in self.nodes)

    @property
    def live(self) -> int:
        """How many Envoys run the whole snapshot."""
        return sum(node.live for node in self.nodes)

    def __str__(self) -> str:
        return f"live on {self.live}/{len(self.nodes)}"


def role_of(node: str) -> str:
    """The role in a node id: what stands before the first ``~``; empty without one."""
    role, tilde, _ = node.partition("~")
    return role if tilde else ""


class Session:
    """One connected stream: the pure `Stream`, the outbox of what it says, and the way back to the cache."""

    def __init__(self, cache: "SnapshotCache", stream: Stream, peer: str) -> None:
        self.stream = stream
        self.role = role_of(stream.node)
        self.peer = peer
        self.outbox: asyncio.Queue[Response] = asyncio.Queue()
        self._cache = cache

    def receive(self, request: Request) -> None:
        """Take in what Envoy says; the answer, if any, is in the outbox afterwards."""
        if request.type_url not in SERVED_TYPES:
            _log.warning("Envoy asks for a type that is not served", node=self.stream.node, type=request.type_url)
        self._deliver(self.stream.receive(request, self._cache.clock()))

    def offer(self, publication: Publication) -> None:
        """Have Envoy get *publication*, unless it is getting it already."""
        if publication.serial != self.stream.serial:
            self._deliver(self.stream.offer(publication, self._cache.clock()))

    def stall(self, patience: float) -> Stall | None:
        """What Envoy owes for longer than *patience* seconds; each is told once."""
        stall, outcome = self.stream.stall(self._cache.clock(), patience)
        self._deliver(outcome)
        return stall

    def _deliver(self, outcome: Outcome) -> None:
        for response in outcome.responses:
            self.outbox.put_nowait(response)
        self._cache.progressed(outcome.verdicts)


class SnapshotCache:
    """The latest snapshot of each role, and the streams that wait for it.

    Args:
        verdicts: gets what Envoy says about each resource; by default nobody listens.
        clock: seconds, monotonic.
    """

    def __init__(self, verdicts: VerdictSink | None = None, *, clock: Clock = time.monotonic) -> None:
        self.clock = clock
        self._verdicts = verdicts
        self._serials = count(1)
        self._roles: dict[str, Publication] = {}
        self._fallback: Publication | None = None
        self._sessions: set[Session] = set()
        self._progress = asyncio.Event()

    @property
    def roles(self) -> Mapping[str, EnvoySnapshot]:
        """The snapshots, by role."""
        return {role: publication.snapshot for role, publication in self._roles.items()}

    def publish(self, role: str, snapshot: EnvoySnapshot) -> int:
        """Make *snapshot* what the Envoys of *role* are to have; returns its serial."""
        self._roles[role] = self._following(self._roles.get(role), snapshot)
        self._offer_all()
        return self._roles[role].serial

    def publish_ahead(self, role: str, clusters: EnvoySnapshot) -> None:
        """Let Envoys of *role* have *clusters* before the first snapshot, for they take their time to get ready.

        It may be called again with more of them; after the first snapshot it does nothing.
        """
        before = self._roles.get(role)
        if before is None or before.ahead:
            self._roles[role] = self._following(before, clusters, ahead=True)
            self._offer_all()

    def publish_fallback(self, snapshot: EnvoySnapshot) -> None:
        """Make *snapshot* what an Envoy without a known role is to have: a page that says what is wrong."""
        self._fallback = self._following(self._fallback, snapshot)
        self._offer_all()

    def withdraw(self, role: str) -> None:
        """Forget *role*: its Envoys get the fallback."""
        self._roles.pop(role, None)
        self._offer_all()

    def connect(self, node: str, *, delta: bool, peer: str = "") -> Session:
        """Open a session for a stream of *node*; the caller must `disconnect` it."""
        session = Session(self, DeltaStream(node) if delta else SotwStream(node), peer)
        self._sessions.add(session)
        self._offer(session)
        return session

    def disconnect(self, session: Session) -> None:
        """Close *session*."""
        self._sessions.discard(session)
        self.progressed(())

    def connected(self) -> tuple[Node, ...]:
        """The connected Envoys, sorted by id; two streams of one id (a hot restart) are two."""
        nodes = (
            Node(
                one.stream.node,
                one.role,
                one.peer,
                delta=isinstance(one.stream, DeltaStream),
                known=one.role in self._roles,
            )
            for one in self._sessions
        )
        return tuple(sorted(nodes, key=lambda node: (node.id, node.peer)))

    def receipt(self, role: str) -> Receipt:
        """How far the connected Envoys of *role* are with its latest snapshot."""
        publication = self._roles.get(role)
        serial = publication.serial if publication and not publication.ahead else 0
        nodes = (
            NodeReceipt(
                one.stream.node,
                serial != 0 and one.stream.serial == serial and one.stream.settled,
                one.stream.rejections(),
            )
            for one in self._sessions
            if one.role == role
        )
        return Receipt(role, serial, tuple(sorted(nodes, key=lambda node: node.node)))

    async def settled(
        self,
        role: str,
        *,
        timeout: float,  # noqa: ASYNC109 - a late receipt is an answer, not an error
        nodes: int = 0,
        taken: bool = False,
    ) -> Receipt:
        """Wait until all Envoys of *role*, *nodes* at least, have judged its latest snapshot; if *taken*, taken it.

        Returns the receipt as it is then, or after *timeout* seconds: look at `Receipt.settled` and `Receipt.nodes`.
        """
        deadline = asyncio.get_running_loop().time() + timeout
        while True:
            receipt = self.receipt(role)
            refused = taken and any(node.rejected for node in receipt.nodes)
            if receipt.settled and len(receipt.nodes) >= nodes and not refused:
                return receipt
            try:
                async with asyncio.timeout_at(deadline):
                    await self._progress.wait()
            except TimeoutError:
                return receipt

    async def taken(self) -> None:
        """Wait until all connected Envoys, one at least, have taken the latest snapshot of their role."""
        while True:
            receipts = [self.receipt(role) for role in self._roles]
            if any(each.nodes for each in receipts) and all(each.live == len(each.nodes) for each in receipts):
                return
            await self._progress.wait()

    def progressed(self, verdicts: tuple[Verdict, ...]) -> None:
        """Hand *verdicts* on and wake whoever waits for `settled`."""
        if verdicts and self._verdicts is not None:
            self._verdicts(verdicts)
        waiting, self._progress = self._progress, asyncio.Event()
        waiting.set()

    def _following(self, before: Publication | None, snapshot: EnvoySnapshot, *, ahead: bool = False) -> Publication:
        serial = next(self._serials)
        if before is None:
            return Publication.first(serial, snapshot, ahead=ahead)
        return before.next(serial, snapshot, ahead=ahead)

    def _offer_all(self) -> None:
        for session in self._sessions:
            self._offer(session)

    def _offer(self, session: Session) -> None:
        publication = self._roles.get(session.role, self._fallback)
        if publication is not None:
            session.offer(publication)
