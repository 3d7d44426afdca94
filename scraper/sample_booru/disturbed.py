"""A board with faults: an ASGI app round another, which answers wrongly where a fault is drawn."""

import functools
import json
import re
import struct
import zlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http import HTTPStatus
from typing import Any
from xml.sax.saxutils import quoteattr

from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from scraper.sample_booru.broken import BROKEN
from scraper.sample_booru.dapi import refusal_xml
from scraper.sample_booru.faults import Faults, is_listing

ELSEWHERE = "https://example.org"
PRIVATE = "http://10.0.0.1"
BOMB_SIDE_PX = 20_000
RETRY_AFTER_SECONDS = 1

PAGE = "<!DOCTYPE html>\n<html><body><h1>Image not available</h1></body></html>\n"
CHALLENGE = "<!DOCTYPE html><html><head><title>Just a moment...</title></head></html>"
ENTITIES = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10 if n else "ha" * 10}">' for n in range(10))
ENTITY_BOMB = f'<?xml version="1.0"?><!DOCTYPE posts [{ENTITIES}]><posts count="1">&e9;</posts>'

POST = re.compile(r"<post [^>]*?/>")
POST_ID = re.compile(r' id="(\d+)"')
COUNT = re.compile(r'<posts count="(\d+)"')


class DisturbedBoard:
    """Plays faults on the requests to a board."""

    def __init__(self, board: ASGIApp, faults: Faults) -> None:
        self.faults = faults
        self._board = board

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, rightly or as its fault wants."""
        path = path_of(scope)
        name = self.faults.draw(path)
        if name in INSTEAD:
            answer = INSTEAD[name](path)
        else:
            answer = await self._undisturbed(scope, receive)
            if answer.status_code == HTTPStatus.OK:
                self._change(name, path, answer)
        if name in BROKEN:
            is_whole = await BROKEN[name](answer, receive, send)
            self._note(path, answer, is_whole=is_whole)
            return
        # Noted first: who has the answer may look at the log at once.
        self._note(path, answer, is_whole=True)
        await answer(scope, receive, send)

    def _note(self, path: str, answer: Response, *, is_whole: bool) -> None:
        if is_whole and answer.status_code == HTTPStatus.OK:
            self.faults.served_whole(path)

    async def _undisturbed(self, scope: Scope, receive: Receive) -> Response:
        """Let the board answer, and hold its answer back."""
        messages: list[Message] = []

        async def keep(message: Message) -> None:
            messages.append(message)

        await self._board(scope, receive, keep)
        start, *rest = messages
        answer = Response(
            b"".join(message.get("body", b"") for message in rest), status_code=start["status"]
        )
        answer.raw_headers = list(start["headers"])
        return answer

    def _change(self, name: str, path: str, answer: Response) -> None:
        body = bytes(answer.body)
        if is_listing(path):
            body = self._with_ghosts(body)
        if name in CHANGED:
            body = CHANGED[name](body)
        answer.body = body
        answer.headers["content-length"] = str(len(body))

    def _with_ghosts(self, body: bytes) -> bytes:
        text = body.decode()
        if text.startswith("["):
            posts = [self._maybe_ghost(post) for post in json.loads(text)]
            return json.dumps(posts).encode()
        return POST.sub(lambda found: self._maybe_ghost_xml(found[0]), text).encode()

    def _maybe_ghost(self, post: dict[str, Any]) -> dict[str, Any]:
        if not self.faults.draw_ghost(post["id"]):
            return post
        empty = dict.fromkeys(("directory", "hash", "width", "height", "image"))
        return post | empty | {"file_url": "/images//"}

    def _maybe_ghost_xml(self, post: str) -> str:
        found = POST_ID.search(post)
        if not found or not self.faults.draw_ghost(int(found[1])):
            return post
        for name, value in {"md5": "", "width": "", "height": "", "file_url": "/images//"}.items():
            post = re.sub(rf' {name}="[^"]*"', f" {name}={quoteattr(value)}", post)
        return post


def path_of(scope: Scope) -> str:
    """Give the address that is asked for, with its query."""
    query = scope["query_string"].decode()
    return str(scope["path"]) + (f"?{query}" if query else "")


def _busy(retry_after: str | None) -> Response:
    headers = {"Retry-After": retry_after} if retry_after else None
    return PlainTextResponse("Too many requests", 429, headers)


def _soon() -> str:
    # A date counts whole seconds, so one more makes it at least as long.
    until = datetime.now(UTC) + timedelta(seconds=RETRY_AFTER_SECONDS + 1)
    return format_datetime(until, usegmt=True)


@functools.cache
def bomb() -> bytes:
    """Give a PNG of some 50 kB and 400 megapixels."""
    row = bytes(1 + BOMB_SIDE_PX // 8)
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(row) for _ in range(BOMB_SIDE_PX)) + packer.flush()
    header = struct.pack(">IIBBBBB", BOMB_SIDE_PX, BOMB_SIDE_PX, 1, 0, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", packed), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    check = zlib.crc32(kind + data)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)


def _emptied(body: bytes) -> bytes:
    found = COUNT.search(body.decode(errors="replace"))
    return f'<posts count="{found[1]}" offset="0"></posts>'.encode() if found else b""


INSTEAD: dict[str, Callable[[str], Response]] = {
    "429": lambda _: _busy(None),
    "429-seconds": lambda _: _busy(str(RETRY_AFTER_SECONDS)),
    "429-date": lambda _: _busy(_soon()),
    "500": lambda _: PlainTextResponse("Internal Server Error", 500),
    "503": lambda _: PlainTextResponse("Service Unavailable", 503),
    "challenge": lambda _: HTMLResponse(CHALLENGE, 503),
    "html": lambda _: HTMLResponse(PAGE),
    "elsewhere": lambda path: RedirectResponse(ELSEWHERE + path, 302),
    "private": lambda path: RedirectResponse(PRIVATE + path, 302),
    "bomb": lambda _: Response(bomb(), media_type="image/png"),
    "gone": lambda _: PlainTextResponse("404 Not Found", 404),
    "entity": lambda _: Response(ENTITY_BOMB, media_type="text/xml"),
    "refusal": lambda _: Response(refusal_xml(), media_type="text/xml"),
}
"""Faults that leave the board unasked."""

CHANGED: dict[str, Callable[[bytes], bytes]] = {
    # Behind its end a picture decodes as before, but its md5 is another.
    "changed": lambda body: body + b"changed",
    "empty": _emptied,
    "unclosed": lambda body: body[: len(body) // 2],
}
"""Faults in what the board has answered."""
