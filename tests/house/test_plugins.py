"""A plugin comes whole: its file, its test, an example that uses it, and every field described."""

from collections.abc import Iterator
from inspect import getfile, getmodule
from pathlib import Path
from typing import Annotated, get_args, get_origin, get_type_hints

import msgspec
import pytest
from tests.support.house import ROOT, TESTS

from gloo.control_plane.offline import translate_folder
from gloo.model.base import Model
from gloo.model.upstream import Upstream
from gloo.model.virtual_service import VirtualService
from gloo.plugins.base import Plugin, RoutePlugin, ServicePlugin, UpstreamPlugin
from gloo.plugins.registry import BUILT_IN
from gloo.translator import Gateway

EACH = pytest.mark.parametrize("plugin", BUILT_IN, ids=lambda plugin: type(plugin).__name__)


@EACH
def test_a_plugin_has_a_test_file(plugin: Plugin) -> None:
    assert list((TESTS / "plugins").glob(f"test_{Path(getfile(type(plugin))).stem}*.py"))


@EACH
def test_a_plugin_says_what_it_is_with_an_example_in_yaml(plugin: Plugin) -> None:
    module = getmodule(type(plugin))
    assert module is not None
    assert ".. code-block:: yaml" in (module.__doc__ or "")


@EACH
def test_every_field_of_a_plugin_is_described(plugin: Plugin) -> None:
    models = ("spec_model", "function_model", "extension_model", "properties_model", "discovery_model")
    given = [model for name in models if (model := getattr(plugin, name, None)) is not None]
    assert [field for model in given for field in undescribed(model)] == []


@EACH
def test_a_page_names_every_field_of_a_discovery(plugin: Plugin) -> None:
    if not isinstance(plugin, UpstreamPlugin) or plugin.discovery_model is None:
        return
    text = (ROOT / "docs" / f"{plugin.upstream_type}.md").read_text().partition("## Discovery")[2]
    assert [name for name in plugin.discovery_model.__struct_fields__ if f"`{name}`" not in text] == []


def undescribed(model: type[msgspec.Struct]) -> Iterator[str]:
    """Yield the fields of *model*, and of the models in it, that no description belongs to."""
    for name, hint in get_type_hints(model, include_extras=True).items():
        if name.startswith("__"):
            continue
        notes = get_args(hint)[1:] if get_origin(hint) is Annotated else ()
        if not any(isinstance(note, msgspec.Meta) and note.description for note in notes):
            yield f"{model.__name__}.{name}"
        for inner in models_in(hint):
            yield from undescribed(inner)


def models_in(hint: object) -> Iterator[type[Model]]:
    """Yield the models that a type names."""
    if isinstance(hint, type) and issubclass(hint, Model):
        yield hint
    for part in get_args(hint):
        yield from models_in(part)


@EACH
def test_a_plugin_is_shown_by_an_example(plugin: Plugin) -> None:
    configs = [translate_folder(folder, Gateway()).config for folder in (ROOT / "examples").glob("*/config")]
    items = [item.value for config in configs for item in config.objects]
    upstreams = [value for value in items if isinstance(value, Upstream)]
    if isinstance(plugin, UpstreamPlugin):
        assert plugin.upstream_type in {upstream.type for upstream in upstreams}
    elif isinstance(plugin, ServicePlugin):
        assert plugin.service_type in {each.service_info.type for each in upstreams if each.service_info}
    elif isinstance(plugin, RoutePlugin):
        services = [value for value in items if isinstance(value, VirtualService)]
        used = {name for service in services for route in service.routes for name in route.extensions}
        assert used & set(plugin.extension_model.__struct_encode_fields__)
