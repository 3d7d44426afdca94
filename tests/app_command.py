"""A real `irodori app` for a test, and the browser to see it with."""

import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PROJECT = Path(__file__).parents[1]
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE_MS = 60_000


@contextmanager
def serving(root: Path, end: signal.Signals = signal.SIGTERM) -> Iterator[str]:
    """Run the command until it is told to end; give the page's address."""
    command = [sys.executable, "-m", "flows", "app", "--no-browser", "--port", "0"]
    served = subprocess.Popen(
        [*command, "--root", str(root)],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert served.stderr
    said = next(line for line in served.stderr if "http://" in line)
    yield said[said.index("http://") :].split()[0]
    served.send_signal(end)
    told, complained = served.communicate(timeout=30)
    assert (told, complained, served.returncode) == ("the page has closed\n", "", 0)
