from pathlib import Path

import pytest

from evaluation.folder import list_folder
from storage.errors import BadInput

NOWHERE = Path("/nowhere")


def _touch(folder: Path, *names: str) -> str:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    return str(folder)


def _found(pictures: str, lines: str = "") -> dict[str, tuple[str | None, str | None]]:
    return {
        item.name: (item.picture and item.picture.name, item.lines and item.lines.name)
        for item in list_folder(pictures, lines, NOWHERE).items
    }


def test_a_file_of_the_same_stem_is_a_pictures_true_line_art(tmp_path: Path):
    pictures = _touch(tmp_path / "pictures", "a.png", "below/b.JPG", "c.webp")
    lines = _touch(tmp_path / "lines", "a.jpg", "below/b.png", "alone.png")
    assert _found(pictures, lines) == {
        "a": ("a.png", "a.jpg"),
        "alone": (None, "alone.png"),
        "below/b": ("b.JPG", "b.png"),
        "c": ("c.webp", None),
    }


def test_line_art_beside_a_picture_is_known_as_in_a_folder_that_is_scraped(tmp_path: Path):
    pictures = _touch(tmp_path, "a.png", "a.line.png", "b.line.png")
    assert _found(pictures) == {"a": ("a.png", "a.line.png"), "b": (None, "b.line.png")}


@pytest.mark.parametrize("ending", ["jpg", "jpeg", "webp", "bmp", "JPG"])
def test_line_art_may_be_of_any_kind(tmp_path: Path, ending: str):
    pictures = _touch(tmp_path, "a.png", f"a.line.{ending}")
    assert _found(pictures) == {"a": ("a.png", f"a.line.{ending}")}


def test_the_folder_of_line_art_wins_over_what_lies_beside_a_picture(tmp_path: Path):
    pictures = _touch(tmp_path / "pictures", "a.png", "a.line.png")
    assert _found(pictures, _touch(tmp_path / "lines", "a.bmp")) == {"a": ("a.png", "a.bmp")}


def test_of_two_folders_of_which_one_lies_in_the_other_each_has_its_own_files(tmp_path: Path):
    outer = _touch(tmp_path, "a.png", "inner/a.png", "inner/b.png")
    inner = str(tmp_path / "inner")
    assert _found(outer, inner) == {"a": ("a.png", "a.png"), "b": (None, "b.png")}
    assert _found(inner, outer) == {"a": ("a.png", "a.png"), "b": ("b.png", None)}


def test_what_we_write_is_left_in_peace_however_it_is_spelt(tmp_path: Path):
    top = _touch(tmp_path / "top", "a.png", "out/colored/l.png")
    (tmp_path / "link").symlink_to(tmp_path / "top")
    for pictures in (top, str(tmp_path / "link"), str(tmp_path / "top" / "out" / "..")):
        for out in (tmp_path / "link" / "out", tmp_path / "link" / "out" / ".." / "out"):
            found = list_folder(pictures, "", out)
            assert [item.name for item in found.items] == ["a"]
            assert found.items[0].picture == Path(pictures) / "a.png"


def test_what_is_no_picture_is_counted_and_what_is_hidden_or_ours_is_left_in_peace(tmp_path: Path):
    top = _touch(tmp_path, "a.png", "README.md", ".hidden.png", ".git/x.png", "out/colored/l.png")
    found = list_folder(top, "", tmp_path / "out")
    assert [item.name for item in found.items] == ["a"]
    assert found.others == 1


@pytest.mark.parametrize(
    ("pictures", "lines", "told"),
    [
        ("typo", "", "--pictures .*typo: is no folder"),
        ("empty", "typo", "--lines .*typo: is no folder"),
        ("empty", "", "holds no picture"),
    ],
)
def test_a_folder_that_is_missing_or_empty_is_said(
    tmp_path: Path, pictures: str, lines: str, told: str
):
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadInput, match=told):
        list_folder(str(tmp_path / pictures), str(tmp_path / lines) if lines else "", NOWHERE)


def test_a_name_of_any_bytes_can_be_written_down(tmp_path: Path):
    strange = tmp_path / "\udcff.png"
    strange.write_bytes(b"")
    (item,) = list_folder(str(tmp_path), "", NOWHERE).items
    assert item.name == "\\udcff"
    assert item.picture == strange


def test_line_art_is_no_folder_of_pictures_itself(tmp_path: Path):
    top = _touch(tmp_path, "a.png")
    with pytest.raises(BadInput, match="is the folder of pictures itself"):
        list_folder(top, f"{top}/.", NOWHERE)


@pytest.mark.parametrize("out", ["top/six", "top", "top/six/../six"])
@pytest.mark.parametrize("flag", ["--pictures", "--lines"])
def test_a_folder_that_is_looked_at_is_not_written_to(tmp_path: Path, out: str, flag: str):
    six = _touch(tmp_path / "top" / "six", "a.png")
    other = _touch(tmp_path / "other", "a.png")
    pictures, lines = (six, "") if flag == "--pictures" else (other, six)
    with pytest.raises(BadInput, match=f"^--out .*{out}: is, or holds, {flag} {six}; name another"):
        list_folder(pictures, lines, tmp_path / out)
