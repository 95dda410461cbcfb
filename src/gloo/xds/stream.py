"""One ADS stream without I/O: requests and publications go in, responses and verdicts come out.

Make before break: a change goes out phase by phase, one response per type at a time, and a later phase waits until
Envoy has judged the earlier one and asked for what it needs. Removals come last, referrers first. The plan is made
afresh after each answer, so a newer publication supersedes an unfinished one.
"""

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from gloo.envoy.snapshot import Resource, ResourceType
from gloo.model.base import Value
from gloo.xds.messages import WILDCARD, Outcome, Request, Response, Stall, Verdict
from gloo.xds.nack import split_error
from gloo.xds.publication import Publication
from gloo.xds.subscription import Subscription, Target

SERVED_TYPES: Mapping[str, ResourceType] = {kind.type_url: kind for kind in ResourceType}
"""What can be asked for, by type URL."""

_WHOLE = (ResourceType.CLUSTER, ResourceType.LISTENER)
"""Envoy wants all of these; of the other types it asks for what these name. In state of the world
a response must hold all of them, for what is missing is removed."""

_PHASES = (
    (ResourceType.CLUSTER, ResourceType.ENDPOINT, ResourceType.SECRET),
    (ResourceType.LISTENER,),
    (ResourceType.EXTENSION,),
    (ResourceType.ROUTE,),
)
"""The order of additions and updates. The first three go together, for Envoy withholds its answer to a clusters'
response until the clusters in it are warm, that is, until it has their endpoints and secrets."""

_REMOVALS: tuple[tuple[ResourceType, tuple[ResourceType, ...]], ...] = (
    (ResourceType.LISTENER, ()),
    (ResourceType.ROUTE, (ResourceType.LISTENER,)),
    (ResourceType.EXTENSION, (ResourceType.LISTENER,)),
    (ResourceType.CLUSTER, (ResourceType.ROUTE, ResourceType.LISTENER, ResourceType.EXTENSION)),
    (ResourceType.ENDPOINT, (ResourceType.CLUSTER,)),
    (ResourceType.SECRET, (ResourceType.LISTENER, ResourceType.CLUSTER)),
)
"""The order of removals, each with the types that may refer to it."""


class Step(Value, frozen=True):
    """One response's worth of work on one type; *updates* by name, *removals* include names that never existed."""

    kind: ResourceType
    updates: dict[str, Resource]
    removals: tuple[str, ...] = ()


@dataclass(slots=True)
class _Sent:
    """The response that Envoy has not answered yet, since when, and whether `Stream.stall` told of it."""

    nonce: str
    step: Step
    since: float
    told: bool = False


class Stream(ABC):
    """What both dialects share; times are seconds of any monotonic clock, given by the caller."""

    def __init__(self, node: str) -> None:
        self.node = node
        self._publication: Publication | None = None
        self._subscriptions = {kind: Subscription(kind) for kind in ResourceType}
        self._sent: dict[ResourceType, _Sent] = {}
        self._waiting_since: float | None = None
        self._responses = 0
        self._verdicts: list[Verdict] = []

    @property
    def serial(self) -> int:
        """The serial of the publication that this stream works on; 0 before the first."""
        return self._publication.serial if self._publication else 0

    @property
    def settled(self) -> bool:
        """Whether Envoy has judged every resource of the publication that it is to have."""
        if self._publication is None or self._sent or self._awaits() is not None:
            return False
        return all(self._subscriptions[kind].asked or not self._target(kind) for kind in _WHOLE)

    def rejections(self) -> tuple[Verdict, ...]:
        """What Envoy refuses at present, sorted by type and name."""
        return tuple(
            Verdict(self.node, (kind, name), rejection.version, accepted=False, message=rejection.message)
            for kind, subscription in self._subscriptions.items()
            for name, rejection in sorted(subscription.rejected.items())
        )

    def offer(self, publication: Publication, now: float) -> Outcome:
        """Have Envoy get *publication* from now on, instead of any other."""
        follows = publication.base != 0 and publication.base == self.serial
        self._publication = publication
        for kind, subscription in self._subscriptions.items():
            if follows:
                subscription.touch(publication.changes[kind], self._target(kind))
            else:
                subscription.touch_all(self._target(kind))
        return self._advance(now)

    def receive(self, request: Request, now: float) -> Outcome:
        """Take in what Envoy says; a type that we don't serve is left unanswered."""
        kind = SERVED_TYPES.get(request.type_url)
        if kind is None:
            return Outcome()
        subscription = self._subscriptions[kind]
        if self._fresh(request, subscription):
            sent = self._sent.get(kind)
            if sent is not None and request.nonce == sent.nonce:
                del self._sent[kind]
                self._judge(sent.step, request.error)
            self._subscribe(request, subscription)
        return self._advance(now)

    def stall(self, now: float, patience: float) -> tuple[Stall | None, Outcome]:
        """Tell, once each, what has been waited for longer than *patience* seconds, and go on without it.

        A cluster that can't warm (a host name that does not resolve) must not keep other changes from Envoy.
        """
        for kind, sent in self._sent.items():
            if now - sent.since > patience and not sent.told:
                sent.told = True
                names = tuple(sorted((*sent.step.updates, *sent.step.removals)))
                return Stall(kind, names, now - sent.since, asked=True), self._advance(now)
        waiting = self._awaits()
        if waiting is None or self._waiting_since is None or now - self._waiting_since <= patience:
            return None, Outcome()
        stall = Stall(waiting.kind, tuple(sorted(waiting.awaited)), now - self._waiting_since, asked=False)
        waiting.awaited.clear()
        return stall, self._advance(now)

    @abstractmethod
    def _fresh(self, request: Request, subscription: Subscription) -> bool:
        """Whether *request* is up to date."""

    @abstractmethod
    def _subscribe(self, request: Request, subscription: Subscription) -> None:
        """Take over what *request* wants."""

    @abstractmethod
    def _response(self, step: Step, subscription: Subscription, nonce: str) -> Response | None:
        """Word *step*; None when this dialect has no words for it."""

    @abstractmethod
    def _holds(self, kind: ResourceType) -> bool:
        """Whether accepted resources of *kind* must be kept to be said again."""

    def _target(self, kind: ResourceType) -> Target:
        return self._publication.snapshot.of_type(kind) if self._publication else {}

    def _unsubscribe(self, names: Iterable[str], subscription: Subscription) -> None:
        gone = tuple(names)
        subscription.unsubscribe(gone)
        self._disregard(gone, subscription)

    def _disregard(self, names: Iterable[str], subscription: Subscription) -> None:
        """Let a coming ACK say nothing about *names*: Envoy dropped or asked for them after we sent them."""
        sent = self._sent.get(subscription.kind)
        if sent is not None:
            for name in names:
                sent.step.updates.pop(name, None)

    def _advance(self, now: float) -> Outcome:
        responses: list[Response] = []
        while self._publication is not None and (step := self._plan()) is not None:
            response = self._say(step, now)
            if response is not None:
                responses.append(response)
        if self._sent or self._awaits() is None:
            self._waiting_since = None
        elif self._waiting_since is None:
            self._waiting_since = now
        verdicts, self._verdicts = tuple(self._verdicts), []
        return Outcome(tuple(responses), verdicts)

    def _say(self, step: Step, now: float) -> Response | None:
        subscription = self._subscriptions[step.kind]
        subscription.owes_answer = False
        response = self._response(step, subscription, str(self._responses + 1))
        if response is None:
            self._judge(step, None)
            return None
        self._responses += 1
        subscription.nonce = response.nonce
        self._sent[step.kind] = _Sent(response.nonce, step, now)
        if step.kind is ResourceType.CLUSTER:
            self._warm(step.updates.values())
        return response

    def _plan(self) -> Step | None:
        """What to send next, or None: all is said, or Envoy must answer or ask for something first."""
        if self._publication is not None and self._publication.ahead:
            return self._plan_ahead()
        for phase in _PHASES:
            for kind in phase:
                if kind not in self._sent and (step := self._plan_updates(kind)) is not None:
                    return step
            if any(self._holds_up(kind) for kind in phase):
                return None
        return None if self._sent else self._plan_removals()

    @abstractmethod
    def _plan_ahead(self) -> Step | None:
        """What to send of a publication that holds clusters alone."""

    def _holds_up(self, kind: ResourceType) -> bool:
        """Whether later phases must wait for *kind*; a stalled response holds up removals alone."""
        sent = self._sent.get(kind)
        return (sent is not None and not sent.told) or bool(self._subscriptions[kind].awaited)

    def _plan_updates(self, kind: ResourceType) -> Step | None:
        subscription = self._subscriptions[kind]
        due = subscription.due(self._target(kind))
        for resource in due.current:
            self._expect(resource)
        if due.updates or due.absent or subscription.owes_answer:
            return Step(kind, {resource.name: resource for resource in due.updates}, due.absent)
        return None

    def _plan_removals(self) -> Step | None:
        for kind, referrers in _REMOVALS:
            gone = self._subscriptions[kind].gone(self._target(kind))
            if gone and any(self._subscriptions[referrer].keeps_older() for referrer in referrers):
                return None
            if gone:
                return Step(kind, {}, gone)
        return None

    def _judge(self, step: Step, error: str | None) -> None:
        """Record Envoy's answer to *step*; *error* is None for an ACK."""
        subscription = self._subscriptions[step.kind]
        subscription.remove(step.removals)
        reasons: dict[str, str] = {}
        if error is not None:
            reasons = split_error(step.kind, error, step.updates)
            if not reasons and len(step.updates) > 1 and not subscription.blind:
                subscription.suspect(step.updates)
                return
            reasons = reasons or dict.fromkeys(step.updates, error)
        subscription.blind = subscription.blind and error is not None
        for resource in filter(lambda one: subscription.covers(one.name), step.updates.values()):
            self._record(resource, subscription, reasons.get(resource.name))

    def _record(self, resource: Resource, subscription: Subscription, reason: str | None) -> None:
        reference = (resource.type, resource.name)
        if reason is None:
            subscription.accept(resource, hold=self._holds(resource.type))
            self._expect(resource)
        else:
            subscription.reject(resource, reason)
        self._verdicts.append(Verdict(self.node, reference, resource.version, reason is None, reason or ""))

    def _expect(self, resource: Resource) -> None:
        """Await Envoy's subscriptions to what *resource*, now in Envoy, needs."""
        for kind, name in resource.needs:
            subscription = self._subscriptions[kind]
            if kind not in _WHOLE and name in self._target(kind) and not subscription.covers(name):
                subscription.awaited.add(name)

    def _warm(self, clusters: Iterable[Resource]) -> None:
        """Have the endpoints of changed *clusters* said again, be they the same: a changed cluster warms anew.

        (xDS protocol, "Resource warming"; measured: without it Envoy 1.40 waits 15 s for them.)
        """
        endpoints = self._subscriptions[ResourceType.ENDPOINT]
        names = [name for cluster in clusters for kind, name in cluster.needs if kind is ResourceType.ENDPOINT]
        for name in names:
            if endpoints.covers(name) and endpoints.have.pop(name, None) is not None:
                endpoints.pending.add(name)

    def _awaits(self) -> Subscription | None:
        return next((one for one in self._subscriptions.values() if one.awaited), None)


class DeltaStream(Stream):
    """Delta xDS: what changed is said, and nothing else."""

    def _fresh(self, request: Request, subscription: Subscription) -> bool:
        return True  # subscriptions are differences: each counts, whatever nonce it comes with

    def _subscribe(self, request: Request, subscription: Subscription) -> None:
        first = not subscription.asked
        if first:
            subscription.begin(request.initial)
        self._unsubscribe(request.unsubscribe, subscription)
        named = [name for name in request.names if name != WILDCARD]
        if WILDCARD in request.names or (first and not request.names):
            subscription.subscribe_all(self._target(subscription.kind))
        subscription.subscribe(named, kept=request.initial if first else {})
        self._disregard(named, subscription)
        if first:
            subscription.trim()

    def _plan_ahead(self) -> Step | None:
        """Say what is there, and of nothing that it is gone: what else there is to be is not known yet."""
        for kind in _PHASES[0]:
            if kind not in self._sent and (updates := self._subscriptions[kind].due(self._target(kind)).updates):
                return Step(kind, {resource.name: resource for resource in updates})
        return None

    def _response(self, step: Step, subscription: Subscription, nonce: str) -> Response:
        return Response(step.kind, nonce, str(self.serial), tuple(step.updates.values()), step.removals)

    def _holds(self, kind: ResourceType) -> bool:
        return False


class SotwStream(Stream):
    """State of the world: clusters and listeners are said all together, of the other types what changed."""

    def _fresh(self, request: Request, subscription: Subscription) -> bool:
        return request.nonce in ("", subscription.nonce)

    def _subscribe(self, request: Request, subscription: Subscription) -> None:
        named = {name for name in request.names if name != WILDCARD}
        legacy = not request.names and not subscription.names and (subscription.wildcard or not subscription.asked)
        if not subscription.asked:
            subscription.asked = True
            subscription.blind = bool(request.version) and self._holds(subscription.kind)
        if WILDCARD in request.names or legacy:
            subscription.subscribe_all(self._target(subscription.kind))
        elif subscription.wildcard:
            self._unsubscribe((WILDCARD,), subscription)
        self._unsubscribe(sorted(subscription.names - named), subscription)
        subscription.subscribe(sorted(named - subscription.names), kept={})

    def _plan_ahead(self) -> Step | None:
        return None  # a response must hold all that Envoy is to keep, and that is not known yet

    def _response(self, step: Step, subscription: Subscription, nonce: str) -> Response | None:
        if not self._holds(step.kind):
            resources = tuple(step.updates.values())
            return Response(step.kind, nonce, _version(resources), resources) if resources else None
        whole = {**subscription.held, **step.updates}
        resources = tuple(whole[name] for name in sorted(whole.keys() - set(step.removals)))
        return Response(step.kind, nonce, _version(resources), resources)

    def _holds(self, kind: ResourceType) -> bool:
        return kind in _WHOLE


def _version(resources: Iterable[Resource]) -> str:
    """A version for a set of resources: the same set has the same one, after a restart too."""
    digest = hashlib.blake2b(digest_size=8)
    for resource in resources:
        digest.update(f"{resource.name}\0{resource.version}\0".encode())
    return digest.hexdigest()
