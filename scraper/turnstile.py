"""One scrape of a site at a time on this machine, whatever its root: two would double the pace.

That is a lock on a file in the folder for temporary files, which all processes see. It is gone with
the process that holds it; the file stays, empty. Machines know nothing of each other's locks: who
runs scrapes on several hands in a gate that keeps them apart.
"""

import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from urllib.parse import urlsplit

from storage import lease

Gate = Callable[[str], AbstractContextManager[object]]
"""Opens when no scrape of any machine asks a site, and closes behind who passes it."""


@contextmanager
def passed(base_url: str, gate: Gate = nullcontext) -> Iterator[None]:
    """Be the one process of this machine that asks a site; wait until no other does."""
    site = site_of(base_url)
    held = lease.wait(path_of(site), f"site={site}: another scrape of this machine is asking it")
    # Another person's scrape shall wait for this one, too.
    held.share()
    try:
        with gate(base_url):
            yield
    finally:
        held.release()


def site_of(base_url: str) -> str:
    """Give the name of a site: its host, with the port where one is named."""
    return urlsplit(base_url).netloc.lower()


def path_of(site: str) -> Path:
    """Give the file that stands for a site, by its name."""
    name = re.sub(r"[^a-z0-9.-]", "_", site.lower())
    return Path(tempfile.gettempdir()) / f"irodori-asks-{name}.lock"
