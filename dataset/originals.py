"""Are the originals of a version in the image store, with the bytes they came with?"""

from upath import UPath

from dataset.damage import Damage, again
from storage import digest, images
from storage.layout import DataLayout
from storage.ledger import Stage
from storage.progress import Advance
from storage.records import Verdict


def check_original(layout: DataLayout, advance: Advance, row: Verdict) -> list[Damage]:
    """Compare an original, and its line art where it has one, with their names and digests."""
    found = [_check(layout, layout.image(row.md5, row.extension), row.md5, row.sha256)]
    if row.line_md5:
        line = layout.image(row.line_md5, images.LINE_EXTENSION)
        found.append(_check(layout, line, row.line_md5, sha256=""))
    advance()
    return [damage for damage in found if damage]


def _check(layout: DataLayout, path: UPath, md5: str, sha256: str) -> Damage | None:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return Damage(_file(layout, path), "it is gone", again(Stage.SCRAPE, is_gone=True))
    except OSError as error:
        found = f"cannot be read ({error.strerror or error})"
    else:
        right = digest.md5_of(content) == md5
        if right and sha256 in ("", digest.of_bytes(content)):
            return None
        found = "its bytes have changed"
    return Damage(_file(layout, path), found, again(Stage.SCRAPE))


def _file(layout: DataLayout, path: UPath) -> str:
    return str(path)[len(str(layout.root)) :].lstrip("/")
