"""A real server with Vault's interface for tests: OpenBao in its development mode, on a free port, all in memory.

Its program is found on PATH, or where OPENBAO says.
"""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from tests.support.ports import free_ports

from gloo.model.base import Json, replace

PROGRAM = os.environ.get("OPENBAO") or shutil.which("bao")
ROOT = "canary-root-token-5c1e"
STARTED_WITHIN = 30.0  # seconds; it takes under one on an idle machine


@dataclass(frozen=True, slots=True)
class OpenBao:
    """A running server, asked as its root."""

    url: str
    namespace: str = ""
    token: str = ROOT

    def ask(self, method: str, path: str, body: Mapping[str, Json] | None = None) -> Json:
        """Send one request below ``/v1``; fail unless it is granted."""
        headers = {"X-Vault-Token": self.token} | ({"X-Vault-Namespace": self.namespace} if self.namespace else {})
        answer = httpx.request(method, f"{self.url}/v1/{path}", headers=headers, json=body, trust_env=False)
        assert answer.status_code in {200, 204}, answer.text
        return answer.json() if answer.content else {}

    def within(self, namespace: str) -> "OpenBao":
        return replace(self, namespace=namespace)

    def mount(self, name: str, version: int) -> None:
        """Mount a key-value engine of a version."""
        self.ask("POST", f"sys/mounts/{name}", {"type": "kv", "options": {"version": str(version)}})

    def write(self, path: str, values: Mapping[str, Json], *, mount: str = "secret") -> None:
        """Write a secret into an engine of version 2."""
        self.ask("POST", f"{mount}/data/{path}", {"data": dict(values)})

    def remove(self, path: str, *, mount: str = "secret") -> None:
        """Delete the latest version of a secret."""
        self.ask("DELETE", f"{mount}/data/{path}")

    def allow(self, policy: str, *paths: str) -> None:
        """Set a policy that lets its holders read *paths*."""
        rules = "\n".join(f'path "{path}" {{ capabilities = ["read"] }}' for path in paths)
        self.ask("PUT", f"sys/policies/acl/{policy}", {"policy": rules})

    def new_token(self, *policies: str, **options: Json) -> str:
        """Return a token with *policies*, its name being theirs."""
        made = self.ask("POST", "auth/token/create", {"policies": list(policies), **options})
        return str(made["auth"]["client_token"])

    def revoke(self, token: str) -> None:
        self.ask("POST", "auth/token/revoke", {"token": token})

    def approle(self, role: str, policy: str, **options: Json) -> tuple[str, str]:
        """Make an AppRole; return its role id and a secret id."""
        if "approle/" not in self.ask("GET", "sys/auth")["data"]:
            self.ask("POST", "sys/auth/approle", {"type": "approle"})
        self.ask("POST", f"auth/approle/role/{role}", {"token_policies": [policy], **options})
        role_id = self.ask("GET", f"auth/approle/role/{role}/role-id")["data"]["role_id"]
        return role_id, self.ask("POST", f"auth/approle/role/{role}/secret-id", {})["data"]["secret_id"]


@contextmanager
def openbao(folder: Path, *arguments: str, port: int = 0) -> Iterator[OpenBao]:
    """Run a server for the length of a block; skip aloud where there is none, fail where CI is set."""
    if PROGRAM is None and not os.environ.get("CI"):
        pytest.skip("there is no OpenBao: see tests/support/openbao.py")
    assert PROGRAM is not None, "there is no OpenBao: make .venv/.peers"
    port = port or free_ports(1)[0]
    listen = (f"-dev-root-token-id={ROOT}", f"-dev-listen-address=127.0.0.1:{port}", "-dev-no-store-token")
    with (folder / "openbao.log").open("ab") as log:
        process = subprocess.Popen(
            [PROGRAM, "server", "-dev", *listen, *arguments], stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
    try:
        _wait(f"http://127.0.0.1:{port}", process)
        yield OpenBao(f"http://127.0.0.1:{port}")
    finally:
        process.terminate()
        process.wait(10)


def _wait(url: str, process: "subprocess.Popen[bytes]") -> None:
    """Return when the server answers and has its engine of version 2."""
    ends = time.monotonic() + STARTED_WITHIN
    while time.monotonic() < ends and process.poll() is None:
        try:
            if httpx.get(f"{url}/v1/secret/config", headers={"X-Vault-Token": ROOT}, trust_env=False).is_success:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.02)
    raise AssertionError("OpenBao does not start, see its log")
