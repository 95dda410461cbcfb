"""A mirror names the upstream that gets copies."""

import pytest
from tests.support.extended_routes import decoded, extended, problems_of, written

from gloo.envoy.route import Forward
from gloo.plugins.mirror import Mirror, MirrorExtension


@pytest.mark.parametrize(("percentage", "millionths"), [(100, 1_000_000), (0.5, 5_000), (0, None)])
def test_a_share_of_requests_is_copied(percentage: float, millionths: int | None) -> None:
    given = {"mirror": {"upstream": "next", "percentage": percentage}}
    (policy,) = written(extended(Mirror(), given))["route"]["request_mirror_policies"]
    assert policy["cluster"] == "next"
    assert policy["runtime_fraction"]["default_value"].get("numerator") == millionths
    assert policy["runtime_fraction"]["default_value"]["denominator"] == "MILLION"


def test_its_upstream_is_named_by_field_and_needed_by_the_route() -> None:
    given = {"mirror": {"upstream": "next"}}
    extension = decoded(Mirror(), given)
    assert isinstance(extension, MirrorExtension)
    assert Mirror().upstreams(extension) == {"mirror.upstream": "next"}
    action = extended(Mirror(), given).action
    assert isinstance(action, Forward)
    assert action.clusters == {"main", "next"}


@pytest.mark.parametrize("percentage", [-1, 101, "10"])
def test_a_share_is_between_0_and_100(percentage: object) -> None:
    assert problems_of(Mirror(), {"mirror": {"upstream": "next", "percentage": percentage}})
