"""What the tests of the flows share."""

import socket
from collections.abc import Iterator
from threading import Thread

import pytest


@pytest.fixture
def babbler() -> Iterator[int]:
    """The port of a program that speaks no HTTP."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def babble() -> None:
            while True:
                try:
                    caller, _ = listener.accept()
                except OSError:
                    return
                with caller:
                    caller.recv(1024)
                    caller.sendall(b"220 mail is welcome here\r\n")

        Thread(target=babble, daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
