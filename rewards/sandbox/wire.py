"""How client and worker speak: a JSON head and any number of blobs in a frame, over a socket pair.

    frame = length of head (4 bytes, little-endian) | head | blob | blob ...
    head  = {"sizes": [bytes of each blob], ...}

Heads are small; what is large (programs, inputs, outputs) travels as blobs and is never parsed.
"""

from __future__ import annotations

import json
import socket
import struct
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

CHUNK = 1 << 20
MAX_HEAD = 8 << 20
_LENGTH = struct.Struct("<I")


class Closed(ConnectionError):
    """The other side has gone."""


def send(sock: socket.socket, head: Mapping[str, Any], blobs: Sequence[bytes] = ()) -> None:
    """Sends one frame.

    Raises:
        Closed: If the other side has gone.
    """
    text = json.dumps({**head, "sizes": [len(blob) for blob in blobs]}).encode()
    parts = [_LENGTH.pack(len(text)) + text, *blobs]
    if sum(map(len, parts)) < CHUNK:
        parts = [b"".join(parts)]  # one call for what is small
    try:
        for part in parts:
            sock.sendall(part)
    except (BrokenPipeError, ConnectionResetError) as error:
        raise Closed(str(error)) from None


def receive_head(sock: socket.socket) -> dict[str, Any]:
    """Receives the head of the next frame; its blobs follow and must be taken next.

    Raises:
        Closed: If the other side has gone.
    """
    (length,) = _LENGTH.unpack(receive_exactly(sock, _LENGTH.size))
    if length > MAX_HEAD:
        raise Closed(f"a head of {length} bytes is none of ours")
    head: dict[str, Any] = json.loads(receive_exactly(sock, length))
    return head


def receive_exactly(sock: socket.socket, size: int) -> bytes:
    """Receives so many bytes.

    Raises:
        Closed: If the other side goes before they have come.
    """
    return b"".join(receive_chunks(sock, size))


def receive_chunks(sock: socket.socket, size: int) -> Iterator[bytes]:
    """Receives so many bytes in pieces, so that a large blob need not stand in memory."""
    while size:
        try:
            chunk = sock.recv(min(CHUNK, size))
        except ConnectionResetError as error:
            raise Closed(str(error)) from None
        if not chunk:
            raise Closed("the other side closed its end")
        size -= len(chunk)
        yield chunk


def receive(sock: socket.socket) -> tuple[dict[str, Any], list[bytes]]:
    """Receives one whole frame."""
    head = receive_head(sock)
    return head, [receive_exactly(sock, size) for size in head["sizes"]]
