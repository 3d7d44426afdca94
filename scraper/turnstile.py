"""One scrape of a site at a time on this machine, whatever its root: two would double the pace.

That is a lock on a file in the folder for temporary files, which all processes see. It is gone with
the process that holds it; the file stays, empty.
"""

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from storage import lease


@contextmanager
def passed(base_url: str) -> Iterator[None]:
    """Be the one process of this machine that asks a site; wait until no other does."""
    site = urlsplit(base_url).netloc
    held = lease.wait(path_of(site), f"site={site}: another scrape of this machine is asking it")
    # Another person's scrape shall wait for this one, too.
    held.share()
    try:
        yield
    finally:
        held.release()


def path_of(site: str) -> Path:
    """Give the file that stands for a site: its host, with the port where one is named."""
    name = re.sub(r"[^a-z0-9.-]", "_", site.lower())
    return Path(tempfile.gettempdir()) / f"irodori-asks-{name}.lock"
