"""Roots that are no folder: how an object store is opened, and whether it can be used.

Who may enter it is said by the environment alone (`AWS_ACCESS_KEY_ID` and the like), which the
store's own library reads: no secret passes through here, so none reaches a record or a log.
"""

import re
from typing import Any

from upath import UPath

from storage.errors import BadInput

PATIENT: dict[str, Any] = {
    "connect_timeout": 5,
    "read_timeout": 60,
    "max_pool_connections": 64,
    "retries": {"mode": "standard", "total_max_attempts": 5},
}
"""A store that stumbles in the middle of a long run is asked again, for some seconds."""

HURRIED: dict[str, Any] = {
    "connect_timeout": 3,
    "read_timeout": 5,
    "retries": {"mode": "standard", "total_max_attempts": 1},
}
"""At the start somebody waits for an answer, and what is wrong then is wrong for good."""

S3 = ("s3", "s3a")

BEGINS = re.compile(r"[A-Za-z][\w+.-]*:")
"""How an address begins, and no folder: one with such a name is written ./name."""

WANTED = "wanted a folder or an address such as s3://bucket/folder"


def open_root(address: str) -> UPath:
    """Give the path of an address such as `s3://bucket/path`; asks nobody yet.

    Raises:
        BadInput: nobody can open such an address, or it holds a password.
    """
    scheme, slashes, place = address.partition("://")
    if not slashes:
        scheme, _, place = address.partition(":")
    bucket = place.partition("/")[0]
    if slashes and scheme in S3 and not bucket:
        raise BadInput(f"--root {address}: names no bucket; wanted {scheme}://bucket/path")
    if ":" in bucket and "@" in place:
        # Not repeated: it would stand in the terminal, and in the log.
        raise BadInput(f"--root {scheme}://...: has a password in it; set it in the environment")
    if not slashes:
        raise BadInput(f"--root {address}: {WANTED}")
    try:
        # What UPath takes for no address at all is a relative path to it.
        if not UPath(address).protocol:
            raise BadInput(f"--root {address}: nobody knows {scheme}://; {WANTED}")
        root: UPath = UPath(address, **_options(scheme))
        # One connection for all paths below and for all threads: they inherit it from the root.
        _ = root.fs
    except ImportError as error:
        way_out = "pip install 's3fs>=2025.1'" if scheme in S3 else error
        raise BadInput(f"--root {address}: this kind needs another package; {way_out}") from error
    except (ValueError, TypeError, OSError) as error:
        raise BadInput(f"--root {address}: {error}") from error
    return root


def check(root: UPath) -> None:
    """Make sure, within seconds, that a store answers, lets us in and has the bucket.

    Raises:
        BadInput: it does not; one line says what to mend.
    """
    bucket = root.drive
    try:
        _hurried(root).info(bucket)
    except FileNotFoundError as error:
        raise BadInput(
            f"--root {root}: no bucket {bucket!r} there; make it, or name another"
        ) from error
    except PermissionError as error:
        raise BadInput(
            f"--root {root}: {error}; the credentials in the environment{_names(root)} are wrong,"
            f" or may not list {bucket!r}"
        ) from error
    except Exception as error:
        raise BadInput(
            f"--root {root}: {error}; look at the address of the store and the credentials in the"
            f" environment{_names(root)}"
        ) from error


def _names(root: UPath) -> str:
    names = "AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY"
    return f" ({names})" if root.protocol in S3 else ""


def _options(scheme: str) -> dict[str, Any]:
    # A listing that is remembered does not know what another process has written since.
    options: dict[str, Any] = {"use_listings_cache": False}
    if scheme in S3:
        # To read an object with several connections, its size has to be asked for first.
        options |= {"max_concurrency": 1, "config_kwargs": PATIENT}
    return options


def _hurried(root: UPath) -> Any:
    if root.protocol not in S3:
        return root.fs
    store = UPath(str(root), **{**root.storage_options, "config_kwargs": HURRIED}).fs
    store.retries = 1
    return store
