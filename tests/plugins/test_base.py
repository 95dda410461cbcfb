"""The contract between gloo and a plugin."""

import pytest

from gloo.envoy.route import Target
from gloo.plugins.base import FunctionCall, FunctionPlugin, Nothing, Plugin, UpstreamPlugin

CALL = FunctionCall("a/f", Nothing(), Nothing(), Target("a"))


def test_a_plugin_that_does_nothing_changes_nothing() -> None:
    plugin: FunctionPlugin[Nothing, Nothing] = FunctionPlugin()
    plugin.check_function("a/f", Nothing())
    assert plugin.call(CALL) is CALL.target
    assert Plugin().filters() == ()


def test_an_upstream_plugin_has_to_say_what_its_cluster_is() -> None:
    plugin: UpstreamPlugin[Nothing, Nothing, Nothing] = UpstreamPlugin()
    assert plugin.secrets(Nothing()) == ()
    with pytest.raises(NotImplementedError):
        plugin.cluster(None, Nothing(), {})  # type: ignore[arg-type]  # it is not looked at
