"""Plays a written conversation between Envoy and one stream, line by line.

    == cluster a:1 b:1          publish this, whole; parts are joined by |; ``c:1>endpoint/e`` needs that endpoint
    =~ cluster a:1 b:1          publish this ahead of the rest
    >> cluster *                Envoy subscribes; -a unsubscribes; a=1 is a version it kept from an earlier stream
    >> cluster ack              Envoy accepts the last response of that type; names may follow
    >> cluster nack b: no good  Envoy refuses it with this text
    >> cluster stale            Envoy answers a response that is not the last one
    << cluster a:1 b:1 -c       we send exactly this; -c is a removal
    << nothing                  we have nothing more to say

State of the world says all its names in each request: those of earlier lines are added here.
Each ``<<`` takes one response; at the next ``>>`` or ``==`` none may be left over.
"""

from collections import deque

from gloo.envoy.snapshot import EnvoySnapshot, Reference, Resource, ResourceType
from gloo.xds.messages import Outcome, Request, Response, Verdict
from gloo.xds.publication import Publication
from gloo.xds.stream import DeltaStream, SotwStream, Stream


def resource(kind: str, word: str) -> Resource:
    """The resource that *word* describes: ``name:version`` or ``name:version>type/name,type/name``."""
    label, _, needs = word.partition(">")
    name, _, _version = label.partition(":")
    return Resource(
        ResourceType[kind.upper()], name, label.encode(), frozenset(map(_reference, filter(None, needs.split(","))))
    )


def _reference(word: str) -> Reference:
    kind, _, name = word.partition("/")
    return ResourceType[kind.upper()], name


def snapshot(text: str) -> EnvoySnapshot:
    """The snapshot that *text* describes: ``cluster a:1 | listener l:1>route/r``."""
    parts = [part.split() for part in text.split("|") if part.strip()]
    return EnvoySnapshot.of(*(resource(kind, word) for kind, *words in parts for word in words))


class Conversation:
    """One stream and its clock, which moves only when told."""

    def __init__(self, *, delta: bool = True) -> None:
        self.stream: Stream = DeltaStream("web~1") if delta else SotwStream("web~1")
        self.now = 0.0
        self._published: Publication | None = None
        self._said: deque[Response] = deque()
        self._nonces: dict[str, str] = {}
        self._wanted: dict[str, dict[str, None]] = {}
        self._verdicts: list[Verdict] = []

    def play(self, script: str) -> None:
        """Go through *script*; AssertionError at the first line that comes out differently."""
        for line in filter(None, map(str.strip, script.splitlines())):
            side, _, text = line.partition(" ")
            if side == "<<":
                self._hear(text)
                continue
            left_over = [self._word(response) for response in self._said]
            assert not left_over, f"before {line!r} came {left_over}"
            self.take(self._ask(text) if side == ">>" else self._publish(text, ahead=side == "=~"))
        assert not self._said, [self._word(response) for response in self._said]

    def take(self, outcome: Outcome) -> None:
        """Put *outcome* where the script looks for it."""
        self._said.extend(outcome.responses)
        self._verdicts.extend(outcome.verdicts)

    def verdicts(self) -> list[str]:
        """The verdicts since the last call, ``cluster a ok`` or ``cluster a no: why``."""
        told, self._verdicts = self._verdicts, []
        return [
            f"{one.resource[0].name.lower()} {one.resource[1]} {'ok' if one.accepted else 'no: ' + one.message}"
            for one in told
        ]

    def _publish(self, text: str, *, ahead: bool) -> Outcome:
        before, new = self._published, snapshot(text)
        first = Publication.first(1, new, ahead=ahead)
        self._published = before.next(before.serial + 1, new) if before else first
        return self.stream.offer(self._published, self.now)

    def _ask(self, text: str) -> Outcome:
        kind, *words = text.split()
        nonce, error = "", None
        if words and words[0] in ("ack", "nack", "stale"):
            verb = words.pop(0)
            nonce = "0" if verb == "stale" else self._nonces[kind]
            if verb == "nack":
                error, words = text.partition("nack ")[2], []
        kept = dict(word.split("=") for word in words if "=" in word)
        names = tuple(word for word in words if "=" not in word and not word.startswith("-"))
        gone = tuple(word[1:] for word in words if word.startswith("-"))
        if isinstance(self.stream, SotwStream):
            wanted = self._wanted.setdefault(kind, {})
            wanted.update(dict.fromkeys(names))
            names, gone = tuple(name for name in wanted if name not in gone), ()
            self._wanted[kind] = dict.fromkeys(names)
        request = Request(
            ResourceType[kind.upper()].type_url,
            names=names,
            unsubscribe=gone,
            initial={name: resource(kind, f"{name}:{version}").version for name, version in kept.items()},
            nonce=nonce,
            error=error,
        )
        return self.stream.receive(request, self.now)

    def _hear(self, expected: str) -> None:
        if expected == "nothing":
            assert not self._said, [self._word(response) for response in self._said]
            return
        assert self._said, f"nothing was said instead of {expected!r}"
        response = self._said.popleft()
        self._nonces[response.type.name.lower()] = response.nonce
        heard = self._word(response)
        assert heard == expected, f"{heard!r} was said instead of {expected!r}"

    @staticmethod
    def _word(response: Response) -> str:
        names = [one.body.decode() for one in response.resources] + ["-" + name for name in response.removals]
        return " ".join([response.type.name.lower(), *names])
