"""What a board hears: every request, and when it came."""

import threading
import time

from starlette.types import ASGIApp, Receive, Scope, Send


class Ear:
    """Stands before an app and notes each request to it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app, self._lock = app, threading.Lock()
        self.paths: list[str] = []
        self.times: list[float] = []

    def forget(self) -> None:
        """Begin anew."""
        with self._lock:
            self.paths, self.times = [], []

    def originals(self) -> list[str]:
        """Give the paths of the originals that were asked for, in the order asked."""
        return [path for path in self.paths if path.lstrip("/").startswith("images/")]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._lock:
            self.paths.append(scope["path"])
            self.times.append(time.monotonic())
        await self._app(scope, receive, send)
