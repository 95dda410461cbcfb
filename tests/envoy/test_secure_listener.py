from gloo.envoy.downstream_tls import DownstreamTls
from gloo.envoy.readable import readable
from gloo.envoy.secure_listener import SecureChain, SecureListener
from gloo.envoy.snapshot import ResourceType

CHAINS = (
    SecureChain(("*.one.test", "one.test"), DownstreamTls("one"), "table"),
    SecureChain((), DownstreamTls("rest"), "table"),
)


def test_the_name_that_a_client_asks_for_chooses_the_chain() -> None:
    resource = SecureListener("https", "::", 8443, CHAINS).resource()
    listener = readable(resource)
    assert [chain["name"] for chain in listener["filter_chains"]] == ["*.one.test", "*"]
    assert listener["filter_chains"][0]["filter_chain_match"] == {"server_names": ["*.one.test", "one.test"]}
    assert listener["listener_filters"][0]["name"] == "envoy.filters.listener.tls_inspector"
    assert resource.needs == {
        (ResourceType.ROUTE, "table"),
        (ResourceType.SECRET, "one"),
        (ResourceType.SECRET, "rest"),
    }


def test_refused_names_have_a_chain_that_closes() -> None:
    listener = readable(SecureListener("https", "::", 8443, CHAINS, refused_names=("late.test",)).resource())
    last = listener["filter_chains"][-1]
    assert last["filters"][0]["name"] == "envoy.filters.network.direct_response"
    assert "transport_socket" not in last


def test_quic_listens_on_udp() -> None:
    listener = readable(SecureListener("http3", "::", 8443, CHAINS, quic=True).resource())
    assert listener["address"]["socket_address"]["protocol"] == "UDP"
    assert "quic_options" in listener["udp_listener_config"]
    assert "listener_filters" not in listener
