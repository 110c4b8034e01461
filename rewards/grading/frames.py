"""Length-prefixed JSON over a stream: how the grader, the nursery and the workers speak."""

from __future__ import annotations

import json
import socket
import struct
from typing import Any

_HEADER = struct.Struct("!I")
HEADER_SIZE = _HEADER.size


def encode(message: dict[str, Any]) -> bytes:
    """A message with its length in front. Floats survive exactly: JSON holds their shortest repr."""
    payload = json.dumps(message, ensure_ascii=True).encode("ascii")
    return _HEADER.pack(len(payload)) + payload


def length_of(header: bytes) -> int:
    """Bytes of the message behind a header."""
    size: int = _HEADER.unpack(header)[0]
    return size


def decode(payload: bytes) -> dict[str, Any]:
    """The message in a payload."""
    message: dict[str, Any] = json.loads(payload)
    return message


def receive(sock: socket.socket) -> dict[str, Any] | None:
    """Reads one message from a blocking socket; None at its end."""
    header = receive_exactly(sock, HEADER_SIZE)
    if header is None:
        return None
    payload = receive_exactly(sock, length_of(header))
    return None if payload is None else decode(payload)


def receive_exactly(sock: socket.socket, size: int) -> bytes | None:
    """Reads so many bytes from a blocking socket; None if it ends before."""
    chunks = bytearray()
    while len(chunks) < size:
        chunk = sock.recv(min(size - len(chunks), 1 << 20))
        if not chunk:
            return None
        chunks += chunk
    return bytes(chunks)
