"""Metadata is on the route as written."""

from tests.support.extended_routes import extended, problems_of, written

from gloo.plugins.route_metadata import RouteMetadata


def test_values_stand_by_namespace_whatever_they_are() -> None:
    given = {"org.example": {"team": "pets", "tier": 2, "tags": ["a", None], "more": {"deep": True}}}
    assert written(extended(RouteMetadata(), {"metadata": given}))["metadata"] == {"filter_metadata": given}


def test_a_namespace_holds_names() -> None:
    assert problems_of(RouteMetadata(), {"metadata": {"org.example": 1}})
