"""How much is let in: bytes a request, requests at a time, seconds a request."""

import asyncio
import contextlib
from collections.abc import Callable
from typing import TypeVar

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BYTES = 64 * 1024 * 1024
MAX_WAITING = 8
TIMEOUT_SECONDS = 60.0
MEBI = 1024 * 1024
TOO_LARGE = f"more than {MAX_BYTES // MEBI} MiB; send a smaller picture"

Result = TypeVar("Result")


class Busy(Exception):
    """So many requests wait already that one more would wait too long."""


class Turns:
    """One request works at a time; some wait; more are refused."""

    def __init__(self) -> None:
        self._turn = asyncio.Semaphore(1)
        self._waiting = 0

    async def take(self, work: Callable[[], Result]) -> Result:
        """Do some work on another thread, when it is its turn.

        Raises:
            Busy: too many wait.
            TimeoutError: it took too long; its thread keeps the turn until it ends by itself.
        """
        if self._waiting >= MAX_WAITING:
            raise Busy
        self._waiting += 1
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                await self._turn.acquire()
                working = asyncio.ensure_future(asyncio.to_thread(work))
                working.add_done_callback(self._done)
                return await asyncio.shield(working)
        finally:
            self._waiting -= 1

    def _done(self, working: "asyncio.Future[Result]") -> None:
        self._turn.release()
        if not working.cancelled():
            working.exception()  # who gave up waiting does not ask for it


class BoundedBody:
    """Refuses bodies that are too large: by what they say, and by what comes."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        said = dict(scope["headers"]).get(b"content-length", b"0")
        if not said.isdigit() or int(said) > MAX_BYTES:
            await JSONResponse({"error": TOO_LARGE}, 413)(scope, receive, send)
            return
        came = 0

        async def counted() -> Message:
            nonlocal came
            message = await receive()
            came += len(message.get("body", b""))
            if came > MAX_BYTES:
                raise _TooLarge
            return message

        async def checked(message: Message) -> None:
            # Whoever reads the body may make another error of ours.
            if came <= MAX_BYTES:
                await send(message)

        with contextlib.suppress(_TooLarge):
            await self._app(scope, counted, checked)
        if came > MAX_BYTES:
            await JSONResponse({"error": TOO_LARGE}, 413)(scope, receive, send)


class _TooLarge(Exception):
    pass
