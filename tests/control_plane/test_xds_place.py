"""Where Envoys of others get their configuration, and where they listen."""

import socket
from pathlib import Path

import pytest

from gloo.control_plane.settings import Settings
from gloo.control_plane.xds_place import (
    Address,
    check_socket,
    role_ports,
    with_role_ports,
    xds_address,
    xds_socket,
)
from gloo.errors import ProxyError, SettingsError
from gloo.translator.gateway import Gateway


@pytest.mark.parametrize(
    ("written", "host", "port", "loopback"),
    [
        ("18000", "127.0.0.1", 18000, True),
        ("localhost:1", "localhost", 1, True),
        ("[::1]:65535", "::1", 65535, True),
        ("0.0.0.0:18000", "0.0.0.0", 18000, False),
        ("gloo.internal:18000", "gloo.internal", 18000, False),
    ],
)
def test_an_address_without_a_host_is_of_this_machine(written: str, host: str, port: int, loopback: bool) -> None:
    address = xds_address(Settings(xds_address=written))
    assert address == Address(host, port)
    assert address is not None
    assert address.is_loopback is loopback


def test_nothing_given_is_no_place() -> None:
    assert xds_address(Settings()) is None
    assert xds_socket(Settings()) is None
    gateway = Gateway()
    assert with_role_ports(gateway, Settings()) is gateway


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (Settings(xds_address="0"), "port 0 is not between"),
        (Settings(xds_address="localhost:70000"), "port 70000 is not between"),
        (Settings(xds_address="::1:18000"), "is no HOST:PORT"),
        (Settings(role_ports="inner=9080"), "is no ROLE=HTTP:HTTPS"),
        (Settings(xds_socket="/" + "x" * 107), "too long"),
        (Settings(role_ports="a=1:2,a=3:4"), "stands there twice"),
        (Settings(role_ports="a-=1:2"), "'a-' is no role"),
        (Settings(role_ports="a=1:70000"), "port 70000"),
        (Settings(role_ports="ingress=1:2"), "are http_port and https_port"),
    ],
)
def test_what_can_not_be_is_refused(settings: Settings, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        for read in (xds_address, xds_socket, role_ports):
            read(settings)


def test_roles_with_ports_of_their_own_have_gateways_of_their_own() -> None:
    gateway = with_role_ports(Gateway(bind="127.0.0.1"), Settings(role_ports="inner=9080:9443,edge=80:443"))
    assert gateway.of_role("ingress") is gateway
    inner = gateway.of_role("inner")
    assert (inner.bind, inner.http_port, inner.https_port) == ("127.0.0.1", 9080, 9443)
    assert gateway.of_role("edge").https_port == 443


def test_a_socket_is_made_only_where_nobody_listens_and_nothing_else_is(tmp_path: Path) -> None:
    path = tmp_path / "s"
    check_socket(path)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listening:
        listening.bind(str(path))
        check_socket(path)  # stale until somebody listens
        listening.listen()
        with pytest.raises(ProxyError, match="another process listens"):
            check_socket(path)
    path.unlink()
    path.write_text("")
    with pytest.raises(ProxyError, match="no socket"):
        check_socket(path)
    with pytest.raises(ProxyError, match="no folder"):
        check_socket(tmp_path / "missing" / "s")
