"""Which upstreams are to be asked for their functions: those that say so, and whose type can be asked. Pure."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from gloo.errors import ConfigError
from gloo.model.base import Model
from gloo.model.codec import ConfigObject
from gloo.model.discovery import Discovery
from gloo.model.secret import Secret
from gloo.model.snapshot import ConfigSnapshot
from gloo.model.strict import decode_struct
from gloo.model.upstream import Upstream
from gloo.plugins.base import UpstreamPlugin
from gloo.plugins.registry import Plugins


@dataclass(frozen=True, slots=True)
class Wanted:
    """An upstream that is to be asked. Two are equal when the same would be asked in the same way.

    Args:
        options: `discovery.spec`, decoded.
        secrets: those of the named ones that exist.
        lacking: those that don't.
        question: stands for all that the answer depends on; an answer to another question is of no use.
    """

    upstream: Upstream = field(compare=False)
    plugin: UpstreamPlugin[Any, Any, Any]
    spec: Model
    options: Model
    discovery: Discovery
    secrets: Mapping[str, Secret]
    lacking: tuple[str, ...]
    question: str


def wanted_of(config: ConfigSnapshot, plugins: Plugins) -> dict[str, Wanted]:
    """Return the upstreams of *config* that are to be asked, by name; what is wrong with others, translation says."""
    asked = ((name, item.value) for name, item in config.upstreams.items() if is_asked(item))
    found = ((name, wanted_upstream(value, config, plugins)) for name, value in asked if isinstance(value, Upstream))
    return {name: wanted for name, wanted in found if wanted is not None}


def is_asked(item: ConfigObject) -> bool:
    """Tell whether the user wants the upstream to be asked."""
    value = item.value
    return isinstance(value, Upstream) and value.discovery is not None and value.discovery.functions


def wanted_upstream(upstream: Upstream, config: ConfigSnapshot, plugins: Plugins) -> Wanted | None:
    """Return how *upstream* is asked, whether or not its user wants it; None where it can't be."""
    plugin = plugins.upstreams.get(upstream.type)
    if plugin is None or plugin.discovery_model is None or upstream.service_info is not None:
        return None
    discovery = upstream.discovery or Discovery()
    spec, _ = decode_struct(dict(upstream.spec), plugin.spec_model)
    options, _ = decode_struct(dict(discovery.spec), plugin.discovery_model)
    if spec is None or options is None:
        return None
    try:
        names = plugin.discovery_secrets(upstream, spec, options)
    except ConfigError:
        return None
    except Exception:  # noqa: BLE001 - a bug; the translation of the upstream comes upon it too, and tells
        return None
    secrets = {name: config.secrets[name] for name in names if name in config.secrets}
    lacking = tuple(name for name in names if name not in secrets)
    return Wanted(upstream, plugin, spec, options, discovery, secrets, lacking, _question(upstream, discovery))


def _question(upstream: Upstream, discovery: Discovery) -> str:
    text = msgspec.json.encode([upstream.type, upstream.spec, discovery.spec], order="deterministic")
    return hashlib.blake2b(text, digest_size=16).hexdigest()
