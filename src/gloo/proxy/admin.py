"""Talk to Envoy's admin API over its Unix socket.

The API has no authentication and its config dump shows credentials, hence the socket, which only its owner can open.
"""

import re
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from gloo.errors import ProxyError
from gloo.model.base import Value

if TYPE_CHECKING:
    import httpx


class _Stat(msgspec.Struct, frozen=True):
    name: str = ""  # histograms come without name and value, in one entry of another shape
    value: int | str = 0


class _Stats(msgspec.Struct, frozen=True):
    stats: list[_Stat]


class Admin(Value, frozen=True):
    """The admin API of one Envoy; holds no connection between calls, so it outlives restarts.

    Every call raises `ProxyError` if Envoy does not answer or answers with an error.

    Args:
        socket: the Unix socket of the bootstrap.
        patience: seconds to wait for one answer.
    """

    socket: Path
    patience: float = 5.0

    async def ready(self) -> bool:
        """Tell whether Envoy is live: it has its first configuration and its listeners are open."""
        return await self.state() == "LIVE"

    async def state(self) -> str:
        """Return Envoy's word: LIVE, DRAINING, PRE_INITIALIZING or INITIALIZING; empty if it does not answer."""
        try:
            response = await self._request("GET", "/ready")
        except ProxyError:
            return ""
        return response.text.strip()

    async def stats(self, prefix: str = "") -> Mapping[str, int]:
        """Return the counters and gauges whose name starts with *prefix*, those never touched included."""
        response = await self._ask("GET", "/stats", {"format": "json", "filter": f"^{re.escape(prefix)}"})
        entries = msgspec.json.decode(response.content, type=_Stats).stats
        return {entry.name: entry.value for entry in entries if entry.name and isinstance(entry.value, int)}

    async def idle(self) -> bool:
        """Tell whether no request is under way on any listener; the admin's own do not count."""
        gauges = await self.stats("http.")
        return not any(
            value
            for name, value in gauges.items()
            if name.endswith(".downstream_rq_active") and not name.startswith("http.admin.")
        )

    async def config_dump(self) -> Mapping[str, object]:
        """Return the whole configuration as Envoy has it, endpoints too. It holds credentials: never log it."""
        response = await self._ask("GET", "/config_dump", {"include_eds": "on"})
        return msgspec.json.decode(response.content, type=dict[str, object])

    async def drain(self) -> None:
        """Ask clients to leave (``connection: close``, GOAWAY); listeners stay open and requests go on to their end."""
        await self._ask("POST", "/healthcheck/fail")
        await self._ask("POST", "/drain_listeners", {"graceful": "", "skip_exit": ""})

    async def _ask(self, method: str, path: str, parameters: Mapping[str, str] | None = None) -> "httpx.Response":
        response = await self._request(method, path, parameters)
        if response.status_code != 200:
            raise ProxyError(f"Envoy's admin API answers {response.status_code} to {method} {path}: {response.text!r}")
        return response

    async def _request(self, method: str, path: str, parameters: Mapping[str, str] | None = None) -> "httpx.Response":
        import httpx  # noqa: PLC0415 - its import takes 150 ms, which this hides behind Envoy's own start

        no_certificates = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # the default would load all of them for each call
        transport = httpx.AsyncHTTPTransport(uds=str(self.socket), verify=no_certificates)
        async with httpx.AsyncClient(transport=transport, timeout=self.patience, trust_env=False) as client:
            try:
                return await client.request(method, f"http://envoy{path}", params=parameters)
            except httpx.HTTPError as error:
                raise ProxyError(f"Envoy's admin API does not answer {method} {path}: {error}") from error
