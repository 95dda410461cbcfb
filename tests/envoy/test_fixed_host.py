import json

from envoy.config.route.v3 import route_components_pb2
from google.protobuf import json_format

from gloo.envoy.fixed_host import error_host, http3_offer, https_host
from gloo.model.base import Json


def written(body: bytes) -> Json:
    message = route_components_pb2.VirtualHost.FromString(body)
    return json_format.MessageToDict(message, preserving_proto_field_name=True)


def test_a_client_that_names_our_http_port_is_sent_to_our_https_port() -> None:
    named, other = written(https_host("a", ("a.test",), http_port=8080, https_port=8443))["routes"]
    assert named["match"]["headers"][0]["string_match"] == {"suffix": ":8080"}
    assert named["redirect"] == {"https_redirect": True, "port_redirect": 8443}
    assert other["redirect"] == {"https_redirect": True}


def test_an_error_is_json_with_its_reason() -> None:
    (route,) = written(error_host("a", ("*",), status=421, reason="why", message="what"))["routes"]
    assert route["direct_response"]["status"] == 421
    error = json.loads(route["direct_response"]["body"]["inline_string"])["error"]
    assert error == {"status": 421, "message": "what", "reason": "why"}


def test_an_offer_is_added_to_a_serialised_host() -> None:
    host = written(error_host("a", ("*",), status=421, reason="why", message="what") + http3_offer(443))
    assert host["name"] == "a"
    assert host["response_headers_to_add"][0]["header"] == {"key": "alt-svc", "value": 'h3=":443"; ma=86400'}
