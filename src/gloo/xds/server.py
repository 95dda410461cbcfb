"""Serves a `SnapshotCache` over gRPC: the aggregated discovery service, delta and state of the world."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from types import TracebackType
from typing import Protocol

import grpc
import grpc.aio
import structlog
from google.protobuf.message import DecodeError

from gloo.errors import GlooError
from gloo.model.base import Value
from gloo.xds import wire
from gloo.xds.cache import Session, SnapshotCache
from gloo.xds.messages import Request, Response

_log = structlog.get_logger("gloo.xds")

_LARGEST_MESSAGE = 256 * 1024 * 1024
"""Bytes, both ways: 20,000 routes are about 1.5 MB, so this is out of reach, yet a bound."""

_OPTIONS = (
    ("grpc.max_receive_message_length", _LARGEST_MESSAGE),
    ("grpc.max_send_message_length", _LARGEST_MESSAGE),
    ("grpc.so_reuseport", 0),
)


class Call(Protocol):
    """What we use of gRPC's ServicerContext."""

    async def write(self, message: bytes) -> None: ...

    async def abort(self, code: object, details: str) -> None: ...

    def peer(self) -> str: ...


class _Dialect(Value, frozen=True):
    method: str
    delta: bool
    decode: Callable[[bytes], Request]
    encode: Callable[[Response], bytes]


_DIALECTS = (
    _Dialect(wire.DELTA_METHOD, True, wire.decode_delta, wire.encode_delta),
    _Dialect(wire.SOTW_METHOD, False, wire.decode_sotw, wire.encode_sotw),
)


class AdsServer:
    """The gRPC server; an async context manager that serves from entry to exit.

    Args:
        cache: what to serve.
        socket: path of a Unix socket, opened for its owner alone; a stale one is replaced.
        address: ``host:port`` to listen on as well, in clear; port 0 picks a free one, see `port`.
        patience: seconds after which an Envoy that does not answer, or does not ask for what it needs, is logged.
    """

    def __init__(
        self, cache: SnapshotCache, *, socket: Path | None = None, address: str | None = None, patience: float = 5.0
    ) -> None:
        self.port: int | None = None
        self._cache = cache
        self._socket = socket
        self._address = address
        self._patience = patience
        self._server: grpc.aio.Server | None = None

    async def __aenter__(self) -> "AdsServer":
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listen; raises `GlooError` when the socket or the address can't be had."""
        server = grpc.aio.server(options=_OPTIONS)
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(wire.SERVICE, self._methods()),))
        try:
            if self._address is not None:
                self.port = server.add_insecure_port(self._address)
            if self._socket is not None:
                self._bind_socket(server, self._socket)
        except (RuntimeError, OSError) as error:
            raise GlooError(f"xDS server: cannot listen on {self._address or self._socket}: {error}") from error
        await server.start()
        self._server = server

    async def stop(self) -> None:
        """End all streams and stop listening; does nothing when not started."""
        server, self._server = self._server, None
        if server is not None:
            await server.stop(grace=None)
            await server.wait_for_termination()

    @staticmethod
    def _bind_socket(server: grpc.aio.Server, socket: Path) -> None:
        before = os.umask(0o177)
        try:
            server.add_insecure_port(f"unix:{socket}")
        finally:
            os.umask(before)

    def _methods(self) -> dict[str, grpc.RpcMethodHandler]:
        return {
            dialect.method: grpc.stream_stream_rpc_method_handler(self._behaviour(dialect)) for dialect in _DIALECTS
        }

    def _behaviour(self, dialect: _Dialect) -> Callable[[AsyncIterator[bytes], Call], Awaitable[None]]:
        async def serve(messages: AsyncIterator[bytes], call: Call) -> None:
            """Serve one stream from its first request to its end."""
            try:
                await self._serve(dialect, messages, call)
            except* DecodeError as errors:
                unreadable = str(errors.exceptions[0])
            else:
                return
            await call.abort(grpc.StatusCode.INVALID_ARGUMENT, f"unreadable request: {unreadable}")

        return serve

    async def _serve(self, dialect: _Dialect, messages: AsyncIterator[bytes], call: Call) -> None:
        first = await anext(messages, None)
        if first is None:
            return
        request = dialect.decode(first)
        session = self._cache.connect(request.node, delta=dialect.delta, peer=call.peer())
        log = _log.bind(node=request.node, delta=dialect.delta)
        log.info("Envoy connected", role=session.role)
        try:
            async with asyncio.TaskGroup() as group:
                speaking = group.create_task(_speak(session, dialect, call))
                watching = group.create_task(self._watch(session))
                session.receive(request)
                async for message in messages:
                    session.receive(dialect.decode(message))
                speaking.cancel()
                watching.cancel()
        finally:
            self._cache.disconnect(session)
            log.info("Envoy disconnected", role=session.role)

    async def _watch(self, session: Session) -> None:
        """Log what Envoy owes for too long, so that a stuck change has a name."""
        while True:
            await asyncio.sleep(self._patience / 2)
            stall = session.stall(self._patience)
            if stall is not None:
                _log.warning("Envoy is stuck", node=session.stream.node, reason=str(stall))


async def _speak(session: Session, dialect: _Dialect, call: Call) -> None:
    while True:
        response = await session.outbox.get()
        await call.write(dialect.encode(response))
