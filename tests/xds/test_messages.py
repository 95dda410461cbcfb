"""How the messages read."""

from gloo.envoy.snapshot import ResourceType
from gloo.xds.messages import Stall


def test_a_stall_names_the_culprits_but_not_endlessly() -> None:
    names = tuple("abcdefg")
    stall = Stall(ResourceType.CLUSTER, names, 5, asked=True)
    assert str(stall) == "Envoy has not answered for cluster a, b, c, d, e and 2 more in 5.0 s"


def test_a_stall_without_names_still_names_the_type() -> None:
    assert str(Stall(ResourceType.ROUTE, (), 1.25, asked=False)) == "Envoy has not asked for route (none) in 1.2 s"
