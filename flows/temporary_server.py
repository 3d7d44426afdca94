"""A Prefect server for one run, in a process of its own: python -m flows.temporary_server DOOR.

DOOR is the number of a socket that whoever starts it has bound on loopback, and hands on.

It hears no Ctrl-C (it leads its own session), so an interrupted run can still say so; and it lives
exactly as long as the run holds its standard input open, however the run ends.
"""

import os
import socket
import sys
import threading

import uvicorn
from prefect.server.api.server import create_app


def main(door: int) -> None:
    """Serve at a socket until standard input closes."""
    threading.Thread(target=_end_with_the_run, daemon=True).start()
    app = create_app(ephemeral=True, final=True)
    server = uvicorn.Server(uvicorn.Config(app, log_level="error"))
    server.run(sockets=[socket.socket(fileno=door)])


def _end_with_the_run() -> None:
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    main(int(sys.argv[1]))
