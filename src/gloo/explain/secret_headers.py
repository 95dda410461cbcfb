"""Headers that filters of a cluster set to a secret of its upstream, whatever the client sent: no value is shown."""

from gloo.envoy.readable import readable
from gloo.envoy.upstream_filters import CHOSEN
from gloo.explain.request import Request
from gloo.model.base import Json, Value, replace
from gloo.translator.upstreams import TranslatedUpstream

_OURS = "gloo.upstream."
_OTHERS = ("path", "method")
"""What filters of a cluster write that is no header."""


class SecretHeader(Value, frozen=True):
    """A header, and the filter that sets it."""

    name: str
    filter: str


def with_secrets(request: Request, upstream: TranslatedUpstream) -> tuple[Request, tuple[SecretHeader, ...]]:
    """Return *request*, still with its marks, without the headers that get a secret, and these headers."""
    filters = _filters(upstream)
    held = {header: name for name, config in filters if (header := _header_of(config))}
    if not held:
        return request, ()
    chosen = [name for name, _ in filters if name not in held.values() and name.startswith(_OURS)]
    choosing = [name for name in chosen if name.removeprefix(_OURS) not in _OTHERS]
    if choosing:  # one of those held is wanted, by the mark of the target, and all go
        wanted = request.first(CHOSEN) in held
        found = tuple(SecretHeader(name.removeprefix(_OURS), name) for name in choosing if wanted)
    else:
        found = tuple(SecretHeader(header, name) for header, name in held.items())
    gone = held.keys() | {each.name for each in found}
    return replace(request, headers=tuple(pair for pair in request.headers if pair[0] not in gone)), found


def _filters(upstream: TranslatedUpstream) -> list[tuple[str, Json]]:
    if upstream.accepted is None:
        return []
    options = readable(upstream.accepted.cluster).get("typed_extension_protocol_options", {})
    return [
        (each["name"], each.get("typed_config", {}))
        for each in (one for protocol in options.values() for one in protocol.get("http_filters", ()))
    ]


def _header_of(config: Json) -> str:
    """Return the header that a filter sets to a secret; empty for another filter."""
    header: str = config.get("credential", {}).get("typed_config", {}).get("header", "")
    return header
