import logging
from pathlib import Path

import numpy as np
import pytest

from app.batch import Done, Page
from app.config import Batch
from app.encoding import to_png
from flows import colorize_command
from flows.app_words import parse_colorize
from flows.colorize_command import told_of
from storage.layout import DataLayout


def test_each_file_that_is_skipped_is_named_in_the_log(
    app_layout: DataLayout, tmp_path: Path, page_lines: np.ndarray, caplog: pytest.LogCaptureFixture
) -> None:
    lines = tmp_path / "lines"
    lines.mkdir()
    (lines / "good.png").write_bytes(to_png(page_lines))
    bad = [lines / f"bad-{number}.png" for number in range(6)]
    for path in bad:
        path.write_bytes(b"no picture")
    words = [str(lines), "-o", str(tmp_path / "out"), "--root", str(app_layout.root)]

    with caplog.at_level(logging.WARNING, "flows.colorize_command"):
        told, code = colorize_command.answer(parse_colorize([*words, "--device", "cpu"]))

    assert code == 1
    assert "coloured 1 of 7 drawings" in told
    assert "1 more" in told
    skipped = [each for each in caplog.messages if each.startswith("skipped file=")]
    assert [each.split()[1] for each in skipped] == [f"file={path}" for path in bad]
    assert all("because=" in each and "is no whole PNG" in each for each in skipped)


def test_what_came_out_white_is_not_called_coloured_without_a_word(tmp_path: Path) -> None:
    page = Page(tmp_path / "a.png", tmp_path / "out" / "a.png")
    done = [Done(page, is_pale=True), Done(page), Done(page, is_pale=True)]
    plain, strokes = Batch((), tmp_path), Batch((), tmp_path, hint=tmp_path)
    said = "2 came out nearly without colour; name strokes for them with --hint"
    assert told_of(done, plain) == [f"coloured 3 of 3 drawings: {tmp_path}", said]
    # Whose strokes left it white may have wanted it so.
    assert told_of(done, strokes) == told_of(done[1:2] * 3, plain)
