"""HTTP/1.1 as the test server reads and writes it, with the faults on the wire."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from collections.abc import Mapping, Sequence
from typing import Any

from chat_faults import Fault


class Aborted(Exception):
    """The connection is to be reset now."""


class Hurt:
    """What a fault does to a reply.

    Args:
        fault: The fault, or None.
    """

    def __init__(self, fault: Fault | None = None) -> None:
        self.kind = fault.kind if fault is not None else None
        self.refusal = fault if fault is not None and fault.kind in ("status", "inside") else None

    @property
    def harmless(self) -> bool:
        """Whether the reply arrives whole."""
        return self.kind in (None, "slow")

    async def refuse(self, writer: asyncio.StreamWriter) -> None:
        """Sends the HTTP error."""
        assert self.refusal is not None
        headers = {} if self.refusal.retry_after is None else {"Retry-After": self.refusal.retry_after}
        error = {
            "message": self.refusal.message,
            "type": self.refusal.error_type,
            "code": self.refusal.status if self.kind == "inside" else self.refusal.error_type,
        }
        status = 200 if self.kind == "inside" else self.refusal.status
        await send_json(writer, status, {"error": error}, headers=headers)


async def read_request(reader: asyncio.StreamReader) -> tuple[str, dict[str, str], bytes] | None:
    """Path, headers by lower-case name, and body; None where the connection has ended."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in lines if line)
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return first.split(" ")[1], headers, body


async def send_json(
    writer: asyncio.StreamWriter,
    status: int,
    value: Any,
    *,
    headers: Mapping[str, str] | None = None,
    hurt: Hurt | None = None,
) -> None:
    """Sends one JSON reply, as a fault wants it."""
    kind = hurt.kind if hurt is not None else None
    body = json.dumps(value).encode()
    if kind == "reset":
        reset(writer)
    if kind in ("truncated", "empty", "garbage"):
        body = {"truncated": body[: len(body) // 2], "empty": b"", "garbage": b"<html>not JSON</html>"}[kind]
    extra = "".join(f"{name}: {text}\r\n" for name, text in (headers or {}).items())
    head = (
        f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n{extra}\r\n"
    )
    if kind == "reset_body":
        writer.write(head.encode() + body[: len(body) // 2])
        await writer.drain()
        reset(writer)
    writer.write(head.encode() + body)
    await writer.drain()


async def send_events(
    writer: asyncio.StreamWriter, chunks: Sequence[Mapping[str, Any]], hurt: Hurt, word_seconds: float
) -> None:
    """Sends a stream of server-sent events, as a fault wants it."""
    if hurt.kind == "reset":
        reset(writer)
    head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    writer.write(head.encode())
    if hurt.kind != "empty":
        broken_at = len(chunks) // 2 if hurt.kind in ("truncated", "reset_body", "garbage") else None
        for place, chunk in enumerate(chunks):
            if place == broken_at:
                await _break(writer, hurt)
                return
            await _event(writer, json.dumps(chunk))
            if word_seconds:
                await asyncio.sleep(word_seconds)
        await _event(writer, "[DONE]")
    writer.write(b"0\r\n\r\n")
    await writer.drain()


async def _event(writer: asyncio.StreamWriter, data: str) -> None:
    if writer.transport.is_closing():
        raise ConnectionResetError("the client has gone")
    event = f"data: {data}\n\n".encode()
    writer.write(f"{len(event):x}\r\n".encode() + event + b"\r\n")
    await writer.drain()


async def _break(writer: asyncio.StreamWriter, hurt: Hurt) -> None:
    if hurt.kind == "reset_body":
        await writer.drain()
        reset(writer)
    if hurt.kind == "garbage":
        await _event(writer, "{not JSON")
    writer.write(b"0\r\n\r\n")
    await writer.drain()


def reset(writer: asyncio.StreamWriter) -> None:
    """Resets the connection, as a crashed server or a proxy does.

    Raises:
        Aborted: Always.
    """
    wire = writer.get_extra_info("socket")
    wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    raise Aborted
