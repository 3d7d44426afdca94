"""Answers that are sent wrongly: reset, cut short, or in tiny pieces."""

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable

from starlette.responses import Response
from starlette.types import Message, Receive, Send

DRIP_SECONDS, DRIP_PIECES = 20.0, 400


async def _cut(answer: Response, receive: Receive, send: Send) -> bool:
    await _send_half(answer, send)
    _transport(send).close()
    await _gone(receive)
    return False


async def _reset(answer: Response, receive: Receive, send: Send) -> bool:
    await _send_half(answer, send)
    transport = _transport(send)
    # Closed without lingering, a connection is reset instead of ended.
    linger = struct.pack("ii", 1, 0)
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    transport.abort()
    await _gone(receive)
    return False


async def _drip(answer: Response, receive: Receive, send: Send) -> bool:
    body = bytes(answer.body)
    await send(_start(answer))
    size = max(1, -(-len(body) // DRIP_PIECES))
    gone = asyncio.ensure_future(_gone(receive))
    for begin in range(0, len(body), size):
        await asyncio.wait([gone], timeout=DRIP_SECONDS / DRIP_PIECES)
        if gone.done():
            return False
        await send(_body(body[begin : begin + size], more=True))
    gone.cancel()
    await send(_body(b"", more=False))
    return True


async def _send_half(answer: Response, send: Send) -> None:
    await send(_start(answer))
    await send(_body(bytes(answer.body)[: len(answer.body) // 2], more=True))


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _transport(send: Send) -> asyncio.Transport:
    # ASGI knows no broken connections; uvicorn's own `send` is a method of what holds the wire.
    transport: asyncio.Transport = send.__self__.transport  # type: ignore[attr-defined]
    return transport


def _start(answer: Response) -> Message:
    return {
        "type": "http.response.start",
        "status": answer.status_code,
        "headers": answer.raw_headers,
    }


def _body(content: bytes, *, more: bool) -> Message:
    return {"type": "http.response.body", "body": content, "more_body": more}


BROKEN: dict[str, Callable[[Response, Receive, Send], Awaitable[bool]]] = {
    "cut": _cut,
    "reset": _reset,
    "drip": _drip,
}
"""Faults in how an answer is sent; each tells whether all of it was."""
