"""One scrape of a site at a time on all machines together: a limit that the Prefect server keeps.

So the pace of one scrape is the pace of all, as on one machine by the scraper's own lock
(`scraper.turnstile`). A slot that is held is renewed every few minutes; who dies with it blocks the
others for as long as that at most. Who cannot renew it, for the server is gone, is ended: another
machine may ask by now, and the scrape goes on where it was when it is retried.
"""

import logging
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress

from prefect.client.orchestration import get_client
from prefect.concurrency.sync import concurrency
from prefect.exceptions import ObjectAlreadyExists

from scraper.turnstile import site_of

logger = logging.getLogger(__name__)

LEASE_SECONDS = 300
PATIENCE_SECONDS = 5
"""Who waits longer than this for a slot says so."""


def make(base_url: str) -> str:
    """Make the limit of a site, if it is not there; give its name."""
    name = f"asks {site_of(base_url)}"
    # The second of two who make it in the same moment is told that it is there.
    with suppress(ObjectAlreadyExists), get_client(sync_client=True) as client:
        client.upsert_global_concurrency_limit_by_name(name, 1)
    return name


@contextmanager
def passed(base_url: str) -> Iterator[None]:
    """Be the one run of all machines that asks a site; wait until no other does."""
    name = make(base_url)
    with ExitStack() as held:
        try:
            held.enter_context(_slot(name, PATIENCE_SECONDS))
        except TimeoutError:
            logger.info("waiting site=%s: a scrape elsewhere is asking it", site_of(base_url))
            held.enter_context(_slot(name, None))
        yield


def _slot(name: str, timeout_seconds: float | None) -> AbstractContextManager[None]:
    return concurrency(
        name, timeout_seconds=timeout_seconds, lease_duration=LEASE_SECONDS, strict=True
    )
