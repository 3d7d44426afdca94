"""What is let in: from where, bytes a request, requests at a time, seconds a request."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

FORBIDDEN, TOO_LARGE = 403, 413
LOOK_SECONDS = 0.3
"""So often is looked whether who waits is still there."""

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Bounds:
    """The bounds of one service; `max_waiting` counts who works too."""

    max_bytes: int = 64 * 1024 * 1024
    max_waiting: int = 8
    timeout_seconds: float = 60.0


class Busy(Exception):
    """So many requests wait already that one more would wait too long."""


class Gone(Exception):
    """Whoever asked did not wait for the answer."""


class Turns:
    """One request works at a time; some wait; more are refused."""

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._turn = asyncio.Semaphore(1)
        self._waiting = 0

    async def take(
        self, work: Callable[[], Result], has_gone: Callable[[], Awaitable[bool]]
    ) -> Result:
        """Do some work on another thread, when it is its turn.

        Raises:
            Busy: too many wait.
            Gone: nobody waits for it any more, as a page that has sent its next stroke.
            TimeoutError: it took too long; its thread keeps the turn until it ends by itself.
        """
        if self._waiting >= self._bounds.max_waiting:
            raise Busy
        self._waiting += 1
        try:
            async with asyncio.timeout(self._bounds.timeout_seconds):
                await self._come_up(has_gone)
                working = asyncio.ensure_future(asyncio.to_thread(work))
                working.add_done_callback(self._done)
                return await asyncio.shield(working)
        finally:
            self._waiting -= 1

    async def _come_up(self, has_gone: Callable[[], Awaitable[bool]]) -> None:
        """Wait for the turn, and look now and then whether anybody still waits for the answer."""
        turn = asyncio.ensure_future(self._turn.acquire())
        try:
            while not turn.done():
                await asyncio.wait({turn}, timeout=LOOK_SECONDS)
                if await has_gone():
                    raise Gone
        except BaseException:
            if not turn.cancel():
                # It has come meanwhile.
                self._turn.release()
            raise

    def _done(self, working: "asyncio.Future[Result]") -> None:
        self._turn.release()
        if not working.cancelled():
            working.exception()  # who gave up waiting does not ask for it


class OwnPages:
    """Refuses to work for pages of other sites, which a browser lets ask, though not read."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        said = dict(scope.get("headers", ()))
        # Programs say no origin; browsers do whenever another site's page could be asking.
        origin = said.get(b"origin")
        if origin is None or origin.partition(b"://")[2] == said.get(b"host"):
            await self._app(scope, receive, send)
            return
        told = "asked by a page of another site; open this one's own address"
        await JSONResponse({"error": told}, FORBIDDEN)(scope, receive, send)


class BoundedBody:
    """Refuses bodies that are too large: by what they say, and by what comes."""

    def __init__(self, app: ASGIApp, max_bytes: int) -> None:
        self._app = app
        self._max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        said = dict(scope["headers"]).get(b"content-length", b"0")
        if not said.isdigit() or int(said) > self._max_bytes:
            await self._refuse(scope, receive, send)
            return
        came = 0

        async def counted() -> Message:
            nonlocal came
            message = await receive()
            came += len(message.get("body", b""))
            if came > self._max_bytes:
                raise _TooLarge
            return message

        async def checked(message: Message) -> None:
            # Whoever reads the body may make another error of ours.
            if came <= self._max_bytes:
                await send(message)

        with contextlib.suppress(_TooLarge):
            await self._app(scope, counted, checked)
        if came > self._max_bytes:
            await self._refuse(scope, receive, send)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        told = f"more than {self._max_bytes:,} bytes; send a smaller picture"
        await JSONResponse({"error": told}, TOO_LARGE)(scope, receive, send)


class _TooLarge(Exception):
    pass
