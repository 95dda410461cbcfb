"""What an upstream names that lives elsewhere: secrets and artifacts."""

from collections.abc import Iterator, Mapping
from typing import Any

from gloo.errors import ConfigError, MissingReference
from gloo.model.artifact import Artifact
from gloo.model.base import Model, Value
from gloo.model.codec import ConfigObject
from gloo.model.strict import decode_struct
from gloo.model.upstream import Upstream
from gloo.plugins.base import FunctionPlugin, UpstreamPlugin
from gloo.plugins.registry import Plugins
from gloo.translator.discovery_options import discovery_secrets


class Needs(Value, frozen=True):
    """Names of secrets, and of artifacts."""

    secrets: tuple[str, ...] = ()
    artifacts: tuple[str, ...] = ()


_NOTHING = Needs()


def needs_of(item: ConfigObject, plugins: Plugins) -> Needs:
    """Return what an upstream asks for; what can't be decoded asks for nothing."""
    upstream = item.value
    if not isinstance(upstream, Upstream) or upstream.type not in plugins.upstreams:
        return _NOTHING
    plugin = plugins.upstreams[upstream.type]
    try:
        needs = Needs(_secrets(upstream, plugin), tuple(dict.fromkeys(_artifacts(upstream, plugin, plugins))))
    except Exception:  # noqa: BLE001 - a bug; the translation of the upstream comes upon it too, and tells
        return _NOTHING
    return needs if needs != _NOTHING else _NOTHING


def _secrets(upstream: Upstream, plugin: UpstreamPlugin[Any, Any, Any]) -> tuple[str, ...]:
    asked = upstream.discovery is not None and upstream.discovery.functions
    if type(plugin).secrets is UpstreamPlugin.secrets and upstream.ssl_config is None and not asked:
        return ()  # it names none, so there is nothing to decode
    spec, _ = decode_struct(upstream.spec, plugin.spec_model)
    if spec is None:
        return ()
    named = (name for _, name in secrets_named(upstream, plugin, spec))
    return tuple(dict.fromkeys((*named, *discovery_secrets(upstream, plugin, spec))))


def secrets_named(upstream: Upstream, plugin: UpstreamPlugin[Any, Any, Any], spec: Model) -> list[tuple[str, str]]:
    """Return the names of secrets that *upstream* needs, each once, with the field that names it."""
    named = {name: _field_of(name, spec) for name in plugin.secrets(spec)}
    if upstream.ssl_config is not None:
        named = {name: f"ssl_config.{field}" for name, field in upstream.ssl_config.secrets.items()} | named
    return [(field, name) for name, field in named.items()]


def _field_of(secret: str, spec: Model) -> str:
    """Return the field of *spec* that names a secret; the whole where a plugin finds it elsewhere."""
    return next((f"spec.{name}" for name in spec.__struct_fields__ if getattr(spec, name) == secret), "spec")


def _artifacts(upstream: Upstream, plugin: FunctionPlugin[Any, Any], plugins: Plugins) -> Iterator[str]:
    if upstream.service_info is not None:
        plugin = plugins.services.get(upstream.service_info.type.lower(), plugin)
    if type(plugin).artifacts is FunctionPlugin.artifacts:
        return  # likewise
    for function in upstream.functions:
        fields, _ = decode_struct(dict(function.spec), plugin.function_model)
        if fields is not None:
            yield from plugin.artifacts(fields).values()


def with_artifacts(fields: Model, plugin: FunctionPlugin[Any, Any], artifacts: Mapping[str, Artifact]) -> Model:
    """Return the fields of a function with the texts of the artifacts that it names.

    Raises:
        MissingReference: there is none of a name.
        ConfigError: one can't be used.
    """
    named = plugin.artifacts(fields)
    if not named:
        return fields
    texts = {name: _text(name, field, artifacts) for field, name in named.items()}
    filled: Model = plugin.with_artifacts(fields, texts)
    return filled


def _text(name: str, field: str, artifacts: Mapping[str, Artifact]) -> str:
    if name not in artifacts:
        hint = f"put it into the folder artifacts as {name}; it is used once it exists"
        raise MissingReference("", field, f"there is no artifact {name!r}", hint)
    artifact = artifacts[name]
    if artifact.problem:
        raise ConfigError("", field, f"artifact {name!r} {artifact.problem}", artifact.hint)
    return artifact.text
