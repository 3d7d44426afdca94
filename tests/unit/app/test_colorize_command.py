import logging
from pathlib import Path

import numpy as np
import pytest

from app import batch
from app.encoding import to_png
from flows import colorize_command
from flows.app_words import parse_colorize
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


@pytest.mark.parametrize("share", [0.0, 2.0])
def test_what_came_out_white_is_not_called_coloured_without_a_word(
    app_layout: DataLayout,
    tmp_path: Path,
    page_lines: np.ndarray,
    red_strokes: np.ndarray,
    monkeypatch: pytest.MonkeyPatch,
    share: float,
) -> None:
    # With a share of 2 every answer is pale, with 0 none.
    monkeypatch.setattr(batch, "PALE_SHARE", share)
    (tmp_path / "page.png").write_bytes(to_png(page_lines))
    words = [str(tmp_path / "page.png"), "-o", str(tmp_path / "out"), "--device", "cpu"]
    words += ["--root", str(app_layout.root)]
    told, _ = colorize_command.answer(parse_colorize(words))
    assert ("1 came out nearly without colour" in told) == (share > 1)
    (tmp_path / "red.png").write_bytes(to_png(red_strokes))
    told, _ = colorize_command.answer(parse_colorize([*words, "--hint", f"{tmp_path}/red.png"]))
    assert "without colour" not in told
