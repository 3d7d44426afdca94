"""`irodori app`: the page that colours line art, on this machine alone."""

import contextlib
import logging
import socket
import threading
import webbrowser

from flows.app_words import AppCommand
from storage.errors import BadInput
from storage.layout import DataLayout

HOST = "127.0.0.1"
HOSTS = [HOST, "localhost"]
SECONDS_TO_SHUT = 5

logger = logging.getLogger(__name__)


def answer(command: AppCommand) -> tuple[str, int]:
    """Serve the page until Ctrl-C; give what to print then, and the exit code.

    Raises:
        BadInput: the port is taken, or there is no such model.
    """
    # Only who serves needs a web server and torch.
    import uvicorn  # noqa: PLC0415

    from app.models import open_models  # noqa: PLC0415
    from app.service import build  # noqa: PLC0415
    from evaluation.folder_checkpoint import no_model_below  # noqa: PLC0415

    layout = DataLayout.at(command.of.root)
    layout.check()
    at_hand = open_models(layout, command.of.device, command.of.checkpoint)
    listener = _listen(command.port)
    address = f"http://{HOST}:{listener.getsockname()[1]}"
    known = at_hand.listed()
    newest = f"model: {known[0].recipe}, step {known[0].step}" if known else ""
    logger.info("%s", newest or no_model_below(layout))
    logger.info("the page is at %s (Ctrl-C ends it)", address)
    if command.opens:
        threading.Timer(1, lambda: webbrowser.open(address)).start()
    config = uvicorn.Config(
        build(at_hand, HOSTS),
        # There is nothing to start or end, and Ctrl-C would be told as an error of it.
        lifespan="off",
        log_level="warning",
        timeout_graceful_shutdown=SECONDS_TO_SHUT,
        server_header=False,
    )
    with listener, contextlib.suppress(KeyboardInterrupt):
        uvicorn.Server(config).run(sockets=[listener])
    return "the page has closed", 0


def _listen(port: int) -> socket.socket:
    """Take the port at once, so that a taken one is known before a model is loaded."""
    # With its protocol named, or asyncio leaves the kernel to hold small answers back for 40 ms.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        # Who comes before the page is ready waits.
        listener.listen()
    except OSError as error:
        listener.close()
        raise BadInput(f"--port {port}: {error.strerror}; name another port") from error
    return listener
