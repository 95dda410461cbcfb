"""What Envoy refuses is not Accepted, whoever's fault it is."""

from tests.support.translating import translated

from gloo.control_plane.doubts import with_doubts
from gloo.envoy.snapshot import ResourceType
from gloo.model.status import State

SERVICE = "name: {0}\ndomains: [{0}.test]\nroutes: []\n"
TRANSLATION = translated(SERVICE.format("a"), SERVICE.format("b"))


def test_of_a_refused_table_only_what_is_new_is_in_doubt() -> None:
    (new,) = (host for host in TRANSLATION.hosts if host.name == "b")

    reports = with_doubts(TRANSLATION, {(ResourceType.ROUTE, "gloo-http"): "no such thing"}, (new,))

    assert reports["VirtualService/a"].state is State.ACCEPTED
    assert reports["VirtualService/b"].state is State.PENDING
    assert "no such thing" in reports["VirtualService/b"].reason


def test_what_a_refused_listener_serves_is_in_doubt() -> None:
    refused = {(ResourceType.LISTENER, "gloo-https"): "no such thing"}
    assert with_doubts(TRANSLATION, refused, ())["VirtualService/a"].state is State.ACCEPTED
    refused = {(ResourceType.LISTENER, "gloo-http"): "no such thing"}
    assert with_doubts(TRANSLATION, refused, ())["VirtualService/a"].state is State.PENDING
