from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from app.batch import Page, colorize, is_pale, pages
from app.config import Batch
from app.encoding import to_png
from app.painter import Painter
from storage.errors import BadInput, MissingInput


@pytest.fixture
def folder(tmp_path: Path, page_lines: np.ndarray) -> Path:
    lines = tmp_path / "lines"
    (lines / "chapter").mkdir(parents=True)
    for name in ("one.png", "chapter/two.png"):
        (lines / name).write_bytes(to_png(page_lines))
    (lines / "notes.txt").write_text("no drawing")
    return lines


def _picture(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image).astype(int)


def _done(batch: Batch, painter: Painter) -> list[str]:
    return [each.why for each in colorize(pages(batch), batch, painter)]


def test_a_folder_is_coloured_as_it_is_laid_out(
    folder: Path, tmp_path: Path, painter: Painter
) -> None:
    batch = Batch((folder,), tmp_path / "out")

    assert _done(batch, painter) == ["", ""]
    found = sorted(path.relative_to(tmp_path / "out") for path in (tmp_path / "out").rglob("*.png"))
    assert found == [Path("chapter/two.png"), Path("one.png")]
    assert _picture(tmp_path / "out/one.png").shape == (200, 300, 3)


def test_whether_an_answer_is_pale_is_told_of_what_was_written(
    folder: Path, tmp_path: Path, painter: Painter, page_lines: np.ndarray
) -> None:
    # Where all is line, no colour shows.
    (folder / "black.png").write_bytes(to_png(np.zeros_like(page_lines)))
    batch = Batch((folder,), tmp_path / "out")
    pale = {each.page.lines.name: each.is_pale for each in colorize(pages(batch), batch, painter)}
    assert pale == {"black.png": True, "one.png": False, "two.png": False}


def test_a_bad_file_is_named_and_skipped_and_the_rest_is_done(
    folder: Path, tmp_path: Path, painter: Painter
) -> None:
    (folder / "broken.png").write_bytes(b"no picture")

    why = _done(Batch((folder,), tmp_path / "out"), painter)

    assert [bool(each) for each in why] == [True, False, False]
    assert "broken.png: is no whole PNG" in why[0]
    assert not (tmp_path / "out/broken.png").exists()


def test_each_drawing_gets_the_strokes_of_its_name_in_the_palettes_colours(
    folder: Path, tmp_path: Path, painter: Painter, red_strokes: np.ndarray
) -> None:
    hints = tmp_path / "hints"
    hints.mkdir()
    (hints / "one.png").write_bytes(to_png(red_strokes))
    blue = tmp_path / "blue.png"
    Image.new("RGB", (20, 20), (30, 80, 220)).save(blue)

    _done(Batch((folder,), tmp_path / "red", hint=hints, reach_px=28), painter)
    _done(Batch((folder,), tmp_path / "blue", hint=hints, palette=blue, reach_px=28), painter)

    red, blue = (_picture(tmp_path / name / "one.png") for name in ("red", "blue"))
    assert red[100, 80, 0] > red[100, 80, 1:].max() + 60
    assert blue[100, 80, 2] > blue[100, 80, 0] + 60
    bare = _picture(tmp_path / "red/chapter/two.png")
    assert bare[100, 80].min() > 200


def test_what_is_there_already_stays_when_it_goes_on(
    folder: Path, tmp_path: Path, painter: Painter
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "one.png").write_bytes(b"mine")

    batch = Batch((folder,), out, goes_on=True)
    assert [each.was_there for each in colorize(pages(batch), batch, painter)] == [False, True]
    assert (out / "one.png").read_bytes() == b"mine"
    assert (out / "chapter/two.png").exists()

    _done(Batch((folder,), out), painter)
    assert (out / "one.png").read_bytes() != b"mine"


def test_layers_are_written_where_they_are_wanted(
    folder: Path, tmp_path: Path, painter: Painter
) -> None:
    _done(Batch((folder / "one.png",), tmp_path / "out", kind="ora"), painter)

    assert (tmp_path / "out/one.ora").read_bytes()[30:38] == b"mimetype"


def test_answers_inside_the_folder_of_drawings_are_no_drawings(folder: Path) -> None:
    out = folder / "coloured"
    out.mkdir()
    (out / "one.png").write_bytes((folder / "one.png").read_bytes())

    found = pages(Batch((folder,), out))

    assert [page.lines.name for page in found] == ["two.png", "one.png"]


def test_no_drawing_is_ever_overwritten(folder: Path) -> None:
    with pytest.raises(BadInput, match="is a drawing itself"):
        pages(Batch((folder,), folder))


def test_a_drawing_that_is_not_named_is_not_overwritten_either(folder: Path) -> None:
    Image.open(folder / "one.png").save(folder / "three.jpg")
    (folder / "three.png").write_bytes(b"another drawing")

    with pytest.raises(BadInput, match=r"three\.png: is there already, beside drawings"):
        pages(Batch((folder / "three.jpg",), folder))
    (page,) = pages(Batch((folder / "three.jpg",), folder, goes_on=True))
    assert page.answer == folder / "three.png"


def test_strokes_and_palette_are_no_drawings_and_never_overwritten(
    folder: Path, tmp_path: Path
) -> None:
    (folder / "strokes").mkdir()
    for name in ("strokes/one.png", "palette.png", "all.png"):
        (folder / name).write_bytes((folder / "one.png").read_bytes())
    strokes, palette = folder / "strokes", folder / "palette.png"
    found = pages(Batch((folder,), tmp_path / "out", hint=strokes, palette=palette))
    assert sorted(page.lines.name for page in found) == ["all.png", "one.png", "two.png"]
    found = pages(Batch((folder,), tmp_path / "out", hint=folder / "all.png", palette=palette))
    assert sorted(page.lines.name for page in found) == ["one.png", "one.png", "two.png"]
    for out, hint in ((strokes, strokes), (tmp_path, tmp_path / "one.png"), (strokes, folder)):
        with pytest.raises(BadInput, match="is where the strokes or the palette are"):
            pages(Batch((folder / "one.png",), out, hint=hint))


def test_two_drawings_with_one_answer_are_told(folder: Path, tmp_path: Path) -> None:
    (folder / "one.jpg").write_bytes((folder / "one.png").read_bytes())

    with pytest.raises(BadInput, match="would have one answer"):
        pages(Batch((folder,), tmp_path / "out"))


def test_a_drawing_that_is_named_twice_is_one(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    listed = pages(Batch((folder, Path("one.png"), folder / "one.png"), tmp_path / "out"))
    assert listed == pages(Batch((folder,), tmp_path / "out"))
    below = folder / "chapter/two.png"
    assert listed == pages(Batch((folder, below), tmp_path / "out"))


def test_what_is_not_there_is_told(folder: Path, tmp_path: Path, painter: Painter) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(MissingInput, match="not there"):
        pages(Batch((tmp_path / "nothing",), tmp_path / "out"))
    with pytest.raises(MissingInput, match="holds no picture"):
        pages(Batch((tmp_path / "empty",), tmp_path / "out"))
    with pytest.raises(BadInput, match=r"^--palette .*/nothing: No such file"):
        _done(Batch((folder,), tmp_path / "out", palette=tmp_path / "nothing"), painter)
    with pytest.raises(MissingInput, match=r"--hint .*: not there"):
        _done(Batch((folder,), tmp_path / "out", hint=tmp_path / "nothing"), painter)
    (tmp_path / "hint.png").write_bytes(b"no picture")
    with pytest.raises(BadInput, match=r"--hint .*hint.png: is no readable PNG"):
        _done(Batch((folder,), tmp_path / "out", hint=tmp_path / "hint.png"), painter)


def test_a_folder_where_nothing_can_be_written_is_told(
    folder: Path, tmp_path: Path, painter: Painter
) -> None:
    (tmp_path / "file").touch()
    reasons = {
        Path("/proc/nowhere"): "No such file or directory",
        tmp_path / "file/below": f"{tmp_path}/file is a file, no folder",
    }
    for out, why in reasons.items():
        place = f"{out}/chapter/two.png"
        told = rf"^--out {out}: {place} cannot be written \({why}\); name another place$"
        with pytest.raises(BadInput, match=told):
            _done(Batch((folder,), out), painter)


def test_a_single_file_is_a_batch_too(folder: Path, tmp_path: Path) -> None:
    batch = Batch((folder / "one.png",), tmp_path / "out")

    assert pages(batch) == [Page(folder / "one.png", tmp_path / "out/one.png")]


def test_grey_on_white_is_pale_and_a_hundredth_of_red_is_not() -> None:
    color = np.full((100, 100, 3), 255, np.uint8)
    color[:50] = 90
    assert is_pale(color)
    color[0] = (200, 30, 30)
    assert not is_pale(color)
    color[0, :96] = 255
    assert is_pale(color)
