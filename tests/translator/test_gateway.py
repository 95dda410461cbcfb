from gloo.translator.gateway import Gateway


def test_a_gateway_listens_on_all_addresses_unless_told_otherwise() -> None:
    assert Gateway() == Gateway("::", 8080, 8443, b"")
