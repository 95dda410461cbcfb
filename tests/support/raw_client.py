"""A client that hides nothing: the bytes that come, whatever a library would make of them."""

import asyncio
from collections.abc import Mapping


async def behind_head(port: int, path: str, headers: Mapping[str, str] | None = None) -> tuple[int, bytes]:
    """Ask for the HEAD of *path*, then for what is not there, on one connection.

    Returns the status of the first answer, and what follows its headers.
    """
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    lines = "".join(f"{name}: {value}\r\n" for name, value in {"host": "x", **(headers or {})}.items())
    writer.write(f"HEAD {path} HTTP/1.1\r\n{lines}\r\n".encode())
    async with asyncio.timeout(10):
        head = await reader.readuntil(b"\r\n\r\n")
        writer.write(b"GET /none HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        rest = await reader.read()
    writer.close()
    return int(head.split()[1]), rest
