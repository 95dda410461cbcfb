import os
import socket
import subprocess
import sys

import httpx
import pytest

from gloo.errors import ProxyError
from gloo.proxy.admin import Admin
from gloo.proxy.launch import Launch
from gloo.proxy.ports import check_free, owner_of
from gloo.proxy.supervisor import Envoy

LISTEN = """
import socket, sys
s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
s.bind(("127.0.0.1", 0)); s.listen(); print(s.getsockname()[1], flush=True); sys.stdin.read()
"""


def test_a_free_port_is_free_on_each_kind_of_address(free_port: int) -> None:
    assert check_free("127.0.0.1", free_port, flag="--http-port") == "127.0.0.1"
    assert check_free("0.0.0.0", free_port, flag="--http-port") == "0.0.0.0"


def test_port_0_is_always_free() -> None:
    assert check_free("127.0.0.1", 0, flag="--http-port") == "127.0.0.1"


@pytest.mark.parametrize("bind", ["127.0.0.1", "0.0.0.0", "::"])
def test_a_listener_with_reuseport_is_found_and_named_with_the_flag_to_pass(bind: str) -> None:
    command = [sys.executable, "-I", "-S", "-c", LISTEN]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as listener:
        assert listener.stdout is not None
        port = int(listener.stdout.readline())
        with pytest.raises(ProxyError) as caught:
            check_free(bind, port, flag="--https-port")
        message = str(caught.value)
    assert f"port {port} is taken by " in message
    assert f"(pid {listener.pid})" in message
    assert f"(pid {os.getpid()})" in message
    assert f"pass another one: --https-port {port + 1}" in message


async def test_an_envoy_takes_its_port_while_it_runs_and_leaves_it_free_at_once(
    launch: Launch, admin: Admin, free_port: int
) -> None:
    async with httpx.AsyncClient() as client:
        async with Envoy(launch, admin).running() as envoy:
            await envoy.wait_ready()
            await client.get(f"http://127.0.0.1:{free_port}/")  # stays connected, so the port is in TIME_WAIT later
            with pytest.raises(ProxyError, match=rf"is taken by envoy \(pid {envoy.pid}\)"):
                check_free("127.0.0.1", free_port, flag="--http-port")
        assert check_free("127.0.0.1", free_port, flag="--http-port") == "127.0.0.1"


@pytest.mark.parametrize("bind", ["localhost", "1.2.3", ""])
def test_a_bind_address_must_be_an_ip_address(bind: str) -> None:
    with pytest.raises(ProxyError, match="is not an IP address"):
        check_free(bind, 8080, flag="--http-port")


def test_an_address_of_another_host_is_refused() -> None:
    with pytest.raises(ProxyError, match=r"192\.0\.2\.1 is not an address of this host"):
        check_free("192.0.2.1", 8080, flag="--http-port")


def test_all_addresses_become_the_ipv4_ones_on_a_host_without_ipv6(
    free_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    class WithoutIpv6(socket.socket):
        def bind(self, address: object) -> None:
            if self.family == socket.AF_INET6:
                raise OSError(99, "Cannot assign requested address")
            super().bind(address)  # type: ignore[arg-type] # typeshed names a private union of address types

    monkeypatch.setattr(socket, "socket", WithoutIpv6)
    assert check_free("::", free_port, flag="--http-port") == "0.0.0.0"


def test_nobody_owns_a_free_port(free_port: int) -> None:
    assert owner_of(free_port) is None
