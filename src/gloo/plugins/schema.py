"""The JSON Schema of what users write, for editors: the model, and what each plugin adds to it.

An upstream's `spec` depends on its `type`, a function's on the protocol or the type of its upstream, a route's
`extensions` are what all plugins read together. Field names are given in snake_case only, which is what to write.
"""

from collections.abc import Mapping
from typing import Any

from gloo.model.route import Route
from gloo.model.upstream import ServiceInfo, Upstream
from gloo.model.virtual_service import VirtualService
from gloo.plugins.base import FunctionPlugin, RoutePlugin, ServicePlugin, UpstreamPlugin
from gloo.plugins.registry import Plugins
from gloo.plugins.schema_types import Definitions, Schema

DIALECT = "https://json-schema.org/draft/2020-12/schema"
KINDS: Mapping[str, type[Upstream | VirtualService]] = {"Upstream": Upstream, "VirtualService": VirtualService}
_BUNDLE = {"upstreams": "Upstream", "virtual_services": "VirtualService"}


def json_schema(plugins: Plugins, kind: str = "") -> Schema:
    """Return the schema of *kind*, ``Upstream`` or ``VirtualService``; without one, of any file that gloo reads."""
    definitions = Definitions()
    for model in KINDS.values():
        definitions.reference(model)
    _complete_upstream(definitions.schema(Upstream), plugins, definitions)
    _complete_route(definitions, plugins)
    if kind:
        top: Schema = {"title": kind, "$ref": f"#/$defs/{kind}"}
    else:
        definitions.schemas["Bundle"] = _bundle()
        top = {
            "title": "gloo configuration",
            "anyOf": [_ref(name) for name in ("Upstream", "VirtualService", "Bundle")],
        }
    return {"$schema": DIALECT, **top, "$defs": dict(sorted(definitions.schemas.items()))}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def _bundle() -> Schema:
    members = {key: {"type": "array", "items": _ref(kind)} for key, kind in _BUNDLE.items()}
    return {
        "type": "object",
        "description": "A file with lists of objects.",
        "properties": members,
        "minProperties": 1,
        "additionalProperties": False,
    }


def _complete_upstream(upstream: Schema, plugins: Plugins, definitions: Definitions) -> None:
    """Add what depends on `type` and `service_info.type`: rules that hold one by one, each for one plugin."""
    upstream["properties"]["type"]["enum"] = sorted(plugins.upstreams)
    services = definitions.schema(ServiceInfo)["properties"]["type"]
    services["examples"] = sorted(plugin.service_type for plugin in plugins.services.values())
    upstream["allOf"] = [
        *(_upstream_rule(plugin, definitions) for _, plugin in sorted(plugins.upstreams.items())),
        *(_service_rule(plugin, definitions) for _, plugin in sorted(plugins.services.items())),
    ]


def _upstream_rule(plugin: UpstreamPlugin[Any, Any, Any], definitions: Definitions) -> Schema:
    is_type = {"properties": {"type": {"const": plugin.upstream_type}}, "required": ["type"]}
    spec = definitions.reference(plugin.spec_model)
    needed = ["spec"] if definitions.schema(plugin.spec_model).get("required") else []
    return {
        "if": is_type,
        "then": {
            "properties": {"spec": spec, **_discovery(plugin, definitions)},
            "required": needed,
            "if": {"not": {"required": ["service_info"]}},
            "then": _functions(plugin, definitions),
        },
    }


def _discovery(plugin: UpstreamPlugin[Any, Any, Any], definitions: Definitions) -> Schema:
    """Return the form of `discovery.spec`; upstreams that can't be asked are not to be asked."""
    if plugin.discovery_model is None:
        return {"discovery": {"properties": {"functions": {"const": False}}}}
    return {"discovery": {"properties": {"spec": definitions.reference(plugin.discovery_model)}}}


def _service_rule(plugin: ServicePlugin[Any, Any, Any], definitions: Definitions) -> Schema:
    named = {"properties": {"type": {"pattern": _any_case(plugin.service_type)}}, "required": ["type"]}
    properties = {"properties": {"properties": definitions.reference(plugin.properties_model)}}
    then = _functions(plugin, definitions)
    return {
        "if": {"properties": {"service_info": named}, "required": ["service_info"]},
        "then": {"properties": {"service_info": properties, **then["properties"]}},
    }


def _functions(plugin: FunctionPlugin[Any, Any], definitions: Definitions) -> Schema:
    spec = definitions.reference(plugin.function_model)
    return {"properties": {"functions": {"items": {"properties": {"spec": spec}}}}}


def _complete_route(definitions: Definitions, plugins: Plugins) -> None:
    """List the keys of `extensions`; one that several plugins read has the form that any of them reads."""
    forms: dict[str, list[Schema]] = {}
    for plugin in plugins.all:
        if isinstance(plugin, FunctionPlugin | RoutePlugin):
            for key, form in definitions.fields(plugin.extension_model).items():
                known = forms.setdefault(key, [])
                if form not in known:
                    known.append(form)
    extensions = definitions.schema(Route)["properties"]["extensions"]
    extensions["properties"] = {
        key: known[0] if len(known) == 1 else {"anyOf": known} for key, known in sorted(forms.items())
    }
    extensions["additionalProperties"] = False


def _any_case(word: str) -> str:
    letters = (f"[{char.lower()}{char.upper()}]" if char.isalpha() else f"\\{char}" for char in word)
    return f"^{''.join(letters)}$"
