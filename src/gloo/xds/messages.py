"""What is said on an ADS stream, free of protobuf: one request and one response type for both dialects."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from gloo.envoy.snapshot import Reference, Resource, ResourceType
from gloo.model.base import Value

WILDCARD = "*"
"""The name that subscribes to every resource of a type (xDS protocol, "How the client specifies what resources")."""


@dataclass(frozen=True, slots=True)
class Request:
    """One DiscoveryRequest or DeltaDiscoveryRequest.

    Args:
        type_url: what it is about; it may be a type that we don't serve.
        names: delta: the names to subscribe to; state of the world: all names wanted from now on.
        unsubscribe: delta: the names to forget.
        initial: delta, first request of a type: name -> version of what Envoy kept from an earlier stream.
        version: state of the world: of the last response that Envoy accepted, on whichever stream.
        nonce: of the response that this answers; empty in a spontaneous request.
        error: why Envoy refused that response; None when it accepted.
        node: Envoy's node id; Envoy may send it in its first request alone.
    """

    type_url: str
    names: tuple[str, ...] = ()
    unsubscribe: tuple[str, ...] = ()
    initial: Mapping[str, str] = field(default_factory=dict)
    version: str = ""
    nonce: str = ""
    error: str | None = None
    node: str = ""


class Response(Value, frozen=True):
    """One DiscoveryResponse or DeltaDiscoveryResponse.

    Args:
        type: the type of all its resources.
        nonce: unique on its stream.
        version: of the response as a whole; Envoy shows it in its admin pages, nothing depends on it.
        resources: delta: what is new; state of the world: for clusters and listeners all of them.
        removals: delta: the names that exist no more, or never did.
    """

    type: ResourceType
    nonce: str
    version: str
    resources: tuple[Resource, ...]
    removals: tuple[str, ...] = ()


class Verdict(Value, frozen=True):
    """What one Envoy said about one version of one resource.

    Args:
        node: Envoy's node id.
        resource: type and name.
        version: `Resource.version` of what it judged.
        accepted: True for ACK, False for NACK.
        message: Envoy's words when it refused; empty otherwise.
    """

    node: str
    resource: Reference
    version: str
    accepted: bool
    message: str = ""


class Outcome(Value, frozen=True):
    """What comes out of a stream for what went in: say *responses* to Envoy, tell *verdicts* to the control plane."""

    responses: tuple[Response, ...] = ()
    verdicts: tuple[Verdict, ...] = ()


class Stall(Value, frozen=True):
    """What a stream has been waiting for too long.

    Args:
        type: the type that holds up the later ones.
        names: the resources, sorted.
        seconds: since when.
        asked: True: Envoy was sent them and says neither ACK nor NACK;
            False: a cluster or listener that it accepted needs them, yet it does not ask for them.
    """

    type: ResourceType
    names: tuple[str, ...]
    seconds: float
    asked: bool

    def __str__(self) -> str:
        names = ", ".join(self.names[:5]) + (f" and {len(self.names) - 5} more" if len(self.names) > 5 else "")
        fact = "has not answered for" if self.asked else "has not asked for"
        return f"Envoy {fact} {self.type.name.lower()} {names or '(none)'} in {self.seconds:.1f} s"
