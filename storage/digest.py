"""Digests of bytes, of files and of settings."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from upath import UPath

BLOCK_BYTES = 1 << 20
KEY_DIGITS = 12


def md5_of(content: bytes) -> str:
    """Give the md5 of some bytes, which is their name in the image store."""
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def of_bytes(content: bytes) -> str:
    """Give the sha256 of some bytes, as hex."""
    return hashlib.sha256(content).hexdigest()


def of_file(path: UPath) -> str:
    """Give the sha256 of a file, as hex, without holding it in memory."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()


def of_settings(settings: Mapping[str, Any]) -> str:
    """Give the short key of JSON-ready settings: the same settings, the same 12 digits."""
    text = json.dumps(settings, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return of_bytes(text.encode())[:KEY_DIGITS]


def seed_of(seed: int, *names: str) -> int:
    """Give the seed (63 bits) of one named use of chance, from the one seed of the run.

    Torch's generator on a CPU heeds the lower 32 alone: of 50,000 steps, one pair or none may share
    its chance.
    """
    text = "/".join([str(seed), *names])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1
