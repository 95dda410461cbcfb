from tests.support.translating import GATEWAY

from gloo.envoy.readable import readable
from gloo.envoy.snapshot import ResourceType
from gloo.translator.fallback import fallback_snapshot


def test_the_page_says_how_a_node_id_looks_and_which_roles_there_are() -> None:
    snapshot = fallback_snapshot(GATEWAY, ("internal", "ingress"))
    snapshot.check()
    (table,) = snapshot.of_type(ResourceType.ROUTE).values()
    page = str(readable(table))
    assert "ROLE~NAME" in page
    assert "ingress, internal" in page
    assert "'status': 500" in page


def test_its_listener_is_an_update_of_the_one_that_a_role_brings() -> None:
    assert list(fallback_snapshot(GATEWAY, ()).of_type(ResourceType.LISTENER)) == ["gloo-http"]
