"""Serve a board on loopback: beside the work that asks it, or for a person to browse."""

import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import uvicorn
from starlette.types import ASGIApp

from scraper.sample_booru.board import build_board
from scraper.sample_booru.disturbed import DisturbedBoard
from scraper.sample_booru.faults import Faults, parse
from storage.errors import BadInput

logger = logging.getLogger(__name__)

HOST = "127.0.0.1"


@contextmanager
def serve(posts: int, port: int = 0, faults: Faults | None = None) -> Iterator[str]:
    """Serve a board while the block runs; yields its address. Port 0 takes any free one.

    Raises:
        BadInput: the port is in use, or the board has fewer drawings.
    """
    board: ASGIApp = build_board(posts)
    with serve_app(DisturbedBoard(board, faults) if faults else board, port) as address:
        yield address


@contextmanager
def serve_app(app: ASGIApp, port: int = 0) -> Iterator[str]:
    """Serve any app in a thread of its own while the block runs; yields its address."""
    listener = _listen(port)
    address = f"http://{HOST}:{listener.getsockname()[1]}"
    server = _server(app)
    thread = threading.Thread(
        target=server.run, kwargs={"sockets": [listener]}, name="sample-booru", daemon=True
    )
    thread.start()
    # The socket listens already: a client that comes early waits, it is not refused.
    logger.info("serving address=%s", address)
    try:
        yield address
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


def run(port: int, posts: int, faults: str = "", seed: int = 0) -> None:
    """Serve a board until Ctrl-C, with the faults that are asked for (see `faults.parse`).

    Raises:
        BadInput: the port is in use, the board has fewer drawings, or a fault is unknown.
    """
    drawn = Faults(parse(faults), seed)
    app: ASGIApp = DisturbedBoard(build_board(posts), drawn) if faults else build_board(posts)
    with _listen(port) as listener, suppress(KeyboardInterrupt):
        address = f"http://{HOST}:{listener.getsockname()[1]}"
        logger.info("serving address=%s posts=%d; Ctrl-C ends it", address, posts)
        _server(app).run(sockets=[listener])
    if faults:
        logger.info("played faults=%s", dict(drawn.log.played()))


def _server(app: ASGIApp) -> uvicorn.Server:
    return uvicorn.Server(
        uvicorn.Config(
            app,
            log_config=None,
            log_level="warning",
            access_log=False,
            lifespan="off",
            timeout_graceful_shutdown=2,
        )
    )


def _listen(port: int) -> socket.socket:
    # With its protocol named, or asyncio leaves the kernel to hold small answers back for 40 ms.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise BadInput(
            f"sample booru: port {port} of {HOST} cannot be taken ({error.strerror});"
            " choose another with --port, or --port 0 for any free one"
        ) from error
    return listener
