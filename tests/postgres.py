"""A PostgreSQL of its own, from Debian's packages, to be stopped and started at will."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

USER = "irodori"


def programs() -> Path | None:
    """Give the folder of PostgreSQL's programs, which no path names; None if it is not there."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else None


class Postgres:
    """One database server on loopback, in a folder of its own."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder, self.port = folder, port

    @property
    def url(self) -> str:
        """The address, as the Prefect server wants it."""
        return f"postgresql+asyncpg://{USER}@127.0.0.1:{self.port}/postgres"

    def make(self) -> None:
        """Make an empty database."""
        self._do("initdb", "--username", USER, "--auth", "trust", "-D", str(self.folder / "data"))

    def start(self) -> None:
        """Start it, and wait until it answers."""
        options = f"-p {self.port} -h 127.0.0.1 -k {self.folder}"
        self._control("start", "-o", options, "-l", str(self.folder / "log"))

    def stop(self) -> None:
        """End it at once, connections and all."""
        self._control("stop", "-m", "immediate")

    def _control(self, *words: str) -> None:
        self._do("pg_ctl", "-D", str(self.folder / "data"), "-w", *words)

    def _do(self, program: str, *words: str) -> None:
        folder = programs()
        assert folder is not None
        # It refuses to be run by the superuser.
        user = "postgres" if os.geteuid() == 0 else None
        subprocess.run(
            [str(folder / program), *words],
            user=user,
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            check=True,
        )


@contextmanager
def running() -> Iterator[Postgres]:
    """Have a database server while the block runs."""
    folder = Path(tempfile.mkdtemp(prefix="irodori-postgres-"))
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    postgres = Postgres(folder, port)
    try:
        postgres.make()
        postgres.start()
        yield postgres
        postgres.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
