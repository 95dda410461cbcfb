"""A real Envoy to try things on, and what it needs."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.support import ports

from gloo.proxy.admin import Admin
from gloo.proxy.binary import find_envoy
from gloo.proxy.launch import Launch
from gloo.proxy.runtime_folder import runtime_folder


@pytest.fixture(scope="session")
def binary() -> Path:
    return find_envoy()


@pytest.fixture
def folder() -> Iterator[Path]:
    with runtime_folder() as path:
        yield path


@pytest.fixture
def free_port() -> int:
    return ports.free_port()


@pytest.fixture
def admin(folder: Path) -> Admin:
    return Admin(folder / "admin.sock")


@pytest.fixture
def launch(binary: Path, folder: Path, admin: Admin, free_port: int) -> Launch:
    """Return how to start an Envoy that says "hello" on `free_port`; on /slow late, on /endless after a minute."""
    return Launch(binary=binary, bootstrap=static_bootstrap(admin.socket, free_port), folder=folder, concurrency=1)


@pytest.fixture
def launch_of(binary: Path, folder: Path) -> Callable[[str], Launch]:
    """Return a function from a bootstrap to how to start an Envoy with it."""
    return lambda bootstrap: Launch(binary=binary, bootstrap=bootstrap, folder=folder, concurrency=1)


def static_bootstrap(admin_socket: Path, port: int) -> str:
    """Write a bootstrap with one listener on *port*, and nothing else."""
    api = "type.googleapis.com/envoy.extensions.filters"
    hello = {"direct_response": {"status": 200, "body": {"inline_string": "hello"}}}
    slow, endless = (
        {"match": {"path": path}, "typed_per_filter_config": {"fault": _delay(api, wait)}, **hello}
        for path, wait in (("/slow", "0.5s"), ("/endless", "60s"))
    )
    fault = {"name": "fault", "typed_config": {"@type": f"{api}.http.fault.v3.HTTPFault"}}
    router = {"name": "router", "typed_config": {"@type": f"{api}.http.router.v3.Router"}}
    virtual_host = {"name": "all", "domains": ["*"], "routes": [slow, endless, {"match": {"prefix": "/"}, **hello}]}
    connection = {
        "@type": f"{api}.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "test",
        "route_config": {"virtual_hosts": [virtual_host]},
        "http_filters": [fault, router],
    }
    listener = {
        "name": "test",
        "address": {"socket_address": {"address": "127.0.0.1", "port_value": port}},
        "filter_chains": [{"filters": [{"name": "http", "typed_config": connection}]}],
    }
    return json.dumps(
        {
            "admin": {"address": {"pipe": {"path": str(admin_socket), "mode": 0o600}}},
            "static_resources": {"listeners": [listener]},
        }
    )


def _delay(api: str, wait: str) -> dict[str, object]:
    return {
        "@type": f"{api}.http.fault.v3.HTTPFault",
        "delay": {"fixed_delay": wait, "percentage": {"numerator": 100}},
    }
