"""Any folder of pictures and any folder of line art: which file is what, before one is opened.

A picture's true line art is `<stem>.line.png` beside it, as in a folder that is scraped, or the
file of the same stem in the folder of line art.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from storage.errors import BadInput
from storage.files import readable
from storage.images import ENDINGS, LINE_MARK

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be judged, by what, and where the result goes.

    `pictures` and `lines` are folders, `checkpoint` a folder or the first digits of a training's
    key, empty for the newest. `hints` is a kind of hints and `size_px` the side of the squares;
    empty and 0 for those of the checkpoint. `device` is auto, cpu or cuda.
    """

    checkpoint: str
    out: str
    pictures: str = ""
    lines: str = ""
    hints: str = ""
    size_px: int = 0
    device: str = "auto"


@dataclass(frozen=True, slots=True)
class Item:
    """A picture, its true line art or both; `name` is its path below its folder, no ending."""

    name: str
    picture: Path | None = None
    lines: Path | None = None


@dataclass(frozen=True, slots=True)
class Folder:
    """What is there to be looked at, in the order of the names.

    `others` is the number of files whose ending is no picture's.
    """

    items: tuple[Item, ...]
    others: int


def list_folder(pictures: str, lines: str, apart_from: Path) -> Folder:
    """List pictures and line art; hidden files are left in peace, and so is what we write.

    If one of the folders lies in the other, its files are its own alone.

    Args:
        pictures: a folder of pictures; empty for none.
        lines: a folder of line art; empty for none. What belongs to no picture stands alone.
        apart_from: the folder that is written to, should it lie in one of them.

    Raises:
        BadInput: one of them is no folder or lies in what is written to, or there is no picture.
    """
    given = require(pictures, lines)
    if len(given) == 2 and len({top.resolve() for top in given.values()}) == 1:
        raise BadInput(
            f"--lines {lines}: is the folder of pictures itself; a <stem>.line.png beside a picture"
            " is known without it"
        )
    drawn: dict[str, Path] = {}
    colored: list[tuple[str, Path]] = []
    others = 0
    for flag, top in given.items():
        apart = [apart_from, *(folder for folder in given.values() if folder is not top)]
        for name, path in _files(top, *apart, flag=flag):
            if path.suffix.lower() not in ENDINGS:
                others += 1
            elif flag == "--lines" or name.endswith(LINE_MARK):
                # The folder of line art comes last and wins over what lies beside a picture.
                stem = name.removesuffix(LINE_MARK)
                if stem in drawn:
                    logger.warning("taken line_art=%s instead=%s", path, drawn[stem])
                drawn[stem] = path
            else:
                colored.append((name, path))
    items = [Item(name, path, drawn.get(name)) for name, path in colored]
    known = {name for name, _ in colored}
    items += [Item(name, None, path) for name, path in drawn.items() if name not in known]
    if not items:
        asked = " and ".join(f"{flag} {top}" for flag, top in given.items())
        raise BadInput(f"{asked}: holds no picture; name a folder of {', '.join(sorted(ENDINGS))}")
    return Folder(tuple(sorted(items, key=lambda item: (item.name, str(item.picture)))), others)


def require(pictures: str, lines: str) -> dict[str, Path]:
    """Give the folders that are named, by their flags.

    Raises:
        BadInput: one of them is none.
    """
    named = {"--pictures": pictures, "--lines": lines}
    given = {flag: Path(folder).expanduser() for flag, folder in named.items() if folder}
    for flag, top in given.items():
        if not top.is_dir():
            raise BadInput(f"{flag} {top}: is no folder; name one of pictures")
    return given


def _files(top: Path, out: Path, *others: Path, flag: str) -> Iterator[tuple[str, Path]]:
    """Give the files below a folder, each with its path below it, no ending."""
    # However each is spelt: through a link, or by a way that goes up and down again.
    true_top, true_out, *true_others = (folder.resolve() for folder in (top, out, *others))
    if true_top.is_relative_to(true_out):
        raise BadInput(f"--out {out}: is, or holds, {flag} {top}; name another folder")
    inner = [each for each in (true_out, *true_others) if each.is_relative_to(true_top)]
    for path in sorted(true_top.rglob("*")):
        below = path.relative_to(true_top)
        is_hidden = any(part.startswith(".") for part in below.parts)
        if path.is_file() and not is_hidden and not any(map(path.is_relative_to, inner)):
            yield readable(below.with_suffix("")), top / below
