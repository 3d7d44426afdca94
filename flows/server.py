"""Which Prefect server hears of a run: the configured one if it answers, else one for this run."""

import logging
import os
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

from prefect.settings import PREFECT_API_URL, temporary_settings

from storage.errors import BadInput

logger = logging.getLogger(__name__)

PATIENCE_SECONDS = 3


@contextmanager
def listening() -> Iterator[None]:
    """Run flows inside with a server that answers.

    Raises:
        BadInput: PREFECT_API_URL names a server that does not answer.
    """
    url = PREFECT_API_URL.value()
    if url is None or _answers(url):
        yield
        return
    if os.environ.get("PREFECT_API_URL"):
        raise BadInput(f"PREFECT_API_URL: no server answers at {url}; start it or unset this")
    logger.info("no Prefect server at %s: a temporary one serves this run", url)
    with temporary_settings(restore_defaults={PREFECT_API_URL}):
        yield


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/health", timeout=PATIENCE_SECONDS):
            return True
    except (OSError, urllib.error.URLError):
        return False
