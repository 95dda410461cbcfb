"""What one subscription remembers."""

from tests.xds.conversation import resource, snapshot

from gloo.envoy.snapshot import ResourceType
from gloo.xds.subscription import ABSENT, Subscription


def _wildcard() -> Subscription:
    subscription = Subscription(ResourceType.CLUSTER)
    subscription.subscribe_all({})
    return subscription


def test_state_is_a_version_per_name() -> None:
    subscription = _wildcard()
    a = resource("cluster", "a:1")
    subscription.accept(a, hold=False)
    assert subscription.have == {"a": a.version}
    assert not subscription.held


def test_only_touched_names_are_looked_at() -> None:
    target = snapshot("cluster a:1 b:1").of_type(ResourceType.CLUSTER)
    subscription = _wildcard()
    subscription.touch({"b"}, target)
    assert [one.name for one in subscription.due(target).updates] == ["b"]


def test_names_that_nobody_asked_for_are_not_looked_at() -> None:
    target = snapshot("route r:1").of_type(ResourceType.ROUTE)
    subscription = Subscription(ResourceType.ROUTE)
    subscription.touch({"r"}, target)
    assert not subscription.pending


def test_a_removed_name_is_remembered_as_absent_only_while_it_is_asked_for() -> None:
    named, wildcard = Subscription(ResourceType.ROUTE), _wildcard()
    named.subscribe(["r"], kept={})
    named.remove(["r"])
    wildcard.remove(["r"])
    assert named.have == {"r": ABSENT}
    assert not wildcard.have


def test_an_update_refused_over_an_older_version_is_known() -> None:
    subscription = _wildcard()
    subscription.reject(resource("cluster", "a:1"), "no")
    assert not subscription.keeps_older()
    subscription.accept(resource("cluster", "a:1"), hold=False)
    subscription.reject(resource("cluster", "a:2"), "no")
    assert subscription.keeps_older()
