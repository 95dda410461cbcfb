"""What Envoy itself rejected."""

import pytest

from gloo.envoy.snapshot import Resource, ResourceType
from gloo.errors import ConfigError
from gloo.translator.refusals import Refusals, digest_of


def test_what_envoy_refused_is_refused_until_its_bytes_change() -> None:
    refusals = Refusals({digest_of(b"bad"): "no such thing"})
    with pytest.raises(ConfigError, match="Envoy refuses it: no such thing"):
        refusals.check_bytes(b"bad")
    refusals.check_bytes(b"better")


def test_a_digest_is_a_resource_s_version() -> None:
    assert digest_of(b"x") == Resource(ResourceType.CLUSTER, "a", b"x").version
