"""All plugins, checked: one that breaks the contract is refused by name, and the others go on."""

from importlib.metadata import EntryPoint

import pytest

from gloo.errors import ConfigError, PluginError
from gloo.plugins import registry
from gloo.plugins.base import Nothing, RoutePlugin, ServicePlugin, UpstreamPlugin
from gloo.plugins.registry import BUILT_IN, Plugins, load_plugins
from gloo.plugins.service import Service


class Stranger(UpstreamPlugin[Nothing, Nothing, Nothing]):
    """A plugin of another distribution."""

    upstream_type = "stranger"
    spec_model = Nothing


class Unfinished(UpstreamPlugin[Nothing, Nothing, Nothing]):
    """It does not say what its spec is."""

    upstream_type = "unfinished"


def test_a_type_has_one_plugin() -> None:
    with pytest.raises(PluginError, match=r"both claim 'service'"):
        Plugins.of([*BUILT_IN, Service()])


def test_a_plugin_that_breaks_the_contract_is_named() -> None:
    with pytest.raises(PluginError, match=r"Unfinished\.spec_model"):
        Plugins.of([Unfinished()])


class Silent(Stranger):
    """It says that it can be asked, and can't."""

    discovery_model = Nothing


class Formless(Silent):
    """What it is asked with has no form."""

    discovery_model = dict  # type: ignore[assignment]


@pytest.mark.parametrize(
    ("plugin", "said"), [(Silent(), "but no discover"), (Formless(), r"discovery_model is no subclass of Model")]
)
def test_a_plugin_that_can_not_be_asked_as_it_says_is_named(plugin: Stranger, said: str) -> None:
    with pytest.raises(PluginError, match=said):
        Plugins.of([plugin])


def test_an_unknown_type_comes_with_the_nearest_one() -> None:
    with pytest.raises(ConfigError, match=r"type: 'servce' is no upstream type \(did you mean 'service'\?\)"):
        Plugins.of(BUILT_IN).upstream("servce")


def test_a_service_type_is_known_in_any_case() -> None:
    plugins = Plugins.of(BUILT_IN)
    assert plugins.service("rest") is plugins.service("REST")


def test_every_kind_of_plugin_is_found_in_its_place() -> None:
    plugins = Plugins.of(BUILT_IN)
    assert set(plugins.all) == set(BUILT_IN)
    assert all(isinstance(plugin, UpstreamPlugin) for plugin in plugins.upstreams.values())
    assert all(isinstance(plugin, ServicePlugin) for plugin in plugins.services.values())
    assert all(isinstance(plugin, RoutePlugin) for plugin in plugins.routes)


def test_a_filter_stands_once_in_the_chain_whoever_asks_for_it() -> None:
    names = [each.name for each in Plugins.of(BUILT_IN).filters()]
    assert len(names) == len(set(names))


def test_a_key_of_extensions_that_nobody_reads_is_told_with_the_nearest_one() -> None:
    (problem,) = Plugins.of(BUILT_IN).unknown_extensions({"paramters": 1})
    assert (problem.field, problem.hint) == ("extensions.paramters", "did you mean 'parameters'?")


def test_a_key_of_extensions_may_be_in_camel_case() -> None:
    assert Plugins.of(BUILT_IN).unknown_extensions({"maxRetries": 1}) == ()


def entry(name: str) -> EntryPoint:
    return EntryPoint(name, f"{__name__}:{name}", registry.ENTRY_POINTS)


def test_a_bad_plugin_of_another_distribution_is_named_and_the_others_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    classes = {"Stranger": Stranger, "Unfinished": Unfinished}
    monkeypatch.setattr(
        registry, "entry_points", lambda group: [entry("Unfinished"), entry("Missing"), entry("Stranger")]
    )
    monkeypatch.setattr(EntryPoint, "load", lambda self: classes[self.name])
    plugins, faults = load_plugins()
    assert "stranger" in plugins.upstreams
    assert len(faults) == 2
    assert "Unfinished" in str(faults[0])
    assert "Missing" in str(faults[1])
