"""The pictures that a person is shown: which they are, and where they lie as PNG.

`pictures.parquet` names them in the order of choice; `pictures/<md5>.<what>.png` are they:
edge, hint, color (the truth), line (the artist's own lines), lines_<detector> (by every edge
detector), and one for each condition that the model answered. Two sets of strokes are there,
`strokes_hint` and `strokes_hint_2`, with the answers `strokes` and `strokes_2`: what other hints
make of the same drawing.
"""

import io
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image
from upath import UPath

from evaluation.conditions import Batch, Condition
from evaluation.contact_sheet import contact_sheet
from evaluation.pairs import Pair
from evaluation.pixelwise import Pictures
from storage import files, manifest
from storage.records import Contract

TABLE = "pictures.parquet"

STROKES_HINT, OTHER_STROKES_HINT = "strokes_hint", "strokes_hint_2"
OTHER_STROKES = "strokes_2"
"""The answer to the second set of strokes."""

LINES_BY = "lines_"
"""Before a detector's name: the lines of a picture by it."""

HINTS: dict[str, str] = {Condition.STROKES: STROKES_HINT, OTHER_STROKES: OTHER_STROKES_HINT}
"""The answers whose hint is not the picture's own, and the name under which it is kept."""

COLUMNS: dict[str, str] = {
    "edge": "detected edges",
    "hint": "hint",
    Condition.DETECTED: "coloured",
    Condition.NO_HINT: "without hint",
    STROKES_HINT: "strokes",
    Condition.STROKES: "coloured",
    OTHER_STROKES_HINT: "other strokes",
    OTHER_STROKES: "coloured",
    "line": "artist's lines",
    Condition.TRUE_LINES: "coloured",
    "color": "truth",
}
"""What a contact sheet shows of each picture, and the heading above it."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One picture that is shown, and where it comes from."""

    md5: str
    post_url: str
    source: str


@dataclass(frozen=True, slots=True)
class Gallery:
    """The pictures of one evaluation."""

    folder: UPath

    def hang(self, pairs: Sequence[Pair]) -> None:
        """Keep what is given for some pictures, and their truth; the table comes last."""
        for pair in pairs:
            self._write(pair.md5, "edge", pair.edge_HW)
            self._write(pair.md5, "hint", pair.hint_HWC)
            self._write(pair.md5, "color", pair.color_HWC)
            if pair.line_HW is not None:
                self._write(pair.md5, "line", pair.line_HW)
        rows = [Shown(pair.md5, pair.post_url, pair.source) for pair in pairs]
        manifest.write_table(self.folder / TABLE, Contract.EVALUATION, rows, Shown)

    def hang_answers(
        self,
        batch: Batch,
        generated_BHWC: Pictures,
        shown: Collection[str],
        what: str | None = None,
    ) -> None:
        """Keep the model's answers to those pictures of a batch that are shown, and new hints.

        `what` names the answer where the batch's condition does not.
        """
        what = what or batch.condition
        given = zip(batch.md5s, batch.hint_BHWC, generated_BHWC, strict=True)
        for md5, hint_HWC, generated_HWC in given:
            if md5 not in shown:
                continue
            self._write(md5, what, generated_HWC)
            if what in HINTS:
                self._write(md5, HINTS[what], hint_HWC)

    def hang_lines(self, md5: str, detector: str, line_HW: Pictures) -> None:
        """Keep the line art of a picture by one detector, as `lines_<detector>`."""
        self._write(md5, f"{LINES_BY}{detector}", line_HW)

    def shown(self) -> list[Shown]:
        """List the pictures, in the order of choice."""
        return manifest.read_table(self.folder / TABLE, Contract.EVALUATION, Shown)

    def png(self, md5: str, what: str) -> bytes | None:
        """Give one picture's file; None if it was never there, such as true lines."""
        try:
            return self._path(md5, what).read_bytes()
        except FileNotFoundError:
            return None

    def read(self, md5: str, what: str) -> Pictures | None:
        """Read one picture (H, W or H, W, C); None if it was never there."""
        content = self.png(md5, what)
        if content is None:
            return None
        with Image.open(io.BytesIO(content)) as image:
            return np.asarray(image)

    def sheet(self) -> Image.Image:
        """Lay all pictures out on one page."""
        rows = [[self.read(one.md5, what) for what in COLUMNS] for one in self.shown()]
        side_px = max(len(picture) for row in rows for picture in row[:1] if picture is not None)
        return contact_sheet(list(COLUMNS.values()), rows, side_px)

    def _write(self, md5: str, what: str, picture: Pictures) -> None:
        with files.whole(self._path(md5, what)) as file:
            Image.fromarray(picture).save(file, "PNG")

    def _path(self, md5: str, what: str) -> UPath:
        return self.folder / "pictures" / f"{md5}.{what}.png"
