"""What the tests share: a folder to work in, small made drawings, and Prefect kept to itself."""

import os
import signal
import tempfile
from collections.abc import Iterator

# Before Prefect and torch are imported. Nothing of Prefect may touch the project's own server,
# history or results.
_HOME = tempfile.mkdtemp(prefix="irodori-prefect-")
os.environ |= {
    # Small tensors: a second thread waits for the first, and much longer on a busy machine.
    "OMP_NUM_THREADS": "1",
    "PREFECT_HOME": _HOME,
    "PREFECT_RESULTS_LOCAL_STORAGE_PATH": f"{_HOME}/results",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
    "PREFECT_LOGGING_TO_API_ENABLED": "false",
    "PREFECT_PLUGINS_ENABLED": "false",
}
os.environ.pop("PREFECT_API_URL", None)
# Tests send Ctrl-C and hang up; whoever was started in the background of a shell, or by nohup,
# would not hear it.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)

import pytest
from upath import UPath

from storage.layout import DataLayout


@pytest.fixture
def layout(tmp_path: UPath) -> DataLayout:
    """An empty root of its own."""
    return DataLayout.at(str(tmp_path / "root"))


@pytest.fixture(scope="session")
def prefect_server() -> Iterator[None]:
    """A Prefect server of its own; slow to start, so once for all tests that ask for it."""
    from prefect.testing.utilities import prefect_test_harness

    with prefect_test_harness(server_startup_timeout=120):
        yield
