import logging
from pathlib import Path

import numpy as np
import pytest

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
