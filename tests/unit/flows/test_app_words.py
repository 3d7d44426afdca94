from pathlib import Path

import pytest

from app.config import DEFAULT_REACH_PX, Batch
from flows.app_words import DEFAULT_PORT, parse_app, parse_colorize, parse_export
from storage.errors import BadInput


def test_the_page_has_a_port_a_model_and_a_browser_unless_told_otherwise() -> None:
    plain = parse_app([])
    told = parse_app(["--port", "0", "--no-browser", "--checkpoint", "884a", "--root", "there"])

    assert (plain.port, plain.opens, plain.of.checkpoint) == (DEFAULT_PORT, True, "")
    assert (told.port, told.opens) == (0, False)
    assert (told.of.checkpoint, told.of.root) == ("884a", "there")


def test_a_batch_is_understood_in_any_order_of_words() -> None:
    words = "-o out lines --hint hints more/page.png --palette ref.png --format ora --clean"

    batch = parse_colorize(words.split()).batch

    assert batch == Batch(
        lines=(Path("lines"), Path("more/page.png")),
        out=Path("out"),
        hint=Path("hints"),
        palette=Path("ref.png"),
        reach_px=DEFAULT_REACH_PX,
        clean=True,
        kind="ora",
    )


def test_an_export_has_a_file() -> None:
    assert parse_export([]).out == Path("irodori.onnx")
    assert parse_export(["-o", "there/model.onnx"]).out == Path("there/model.onnx")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("-o out", "name files or folders of line art"),
        ("lines", "-o DIR is missing"),
        ("lines -o out --palette ref.png", "--palette: changes the colours of strokes"),
        ("lines -o out --reach-px 500", "reach_px: wanted 0 to 128, not 500"),
        ("lines -o out --reach-px nan", "reach_px: wanted 0 to 128, not nan"),
        ("lines -o out --max-px -1", "max_px: wanted 0 to 65535"),
        ("lines -o out --format gif", "invalid choice: 'gif'"),
        ("lines -o out --reach 3", r"there is no flag --reach .*--reach-px"),
    ],
)
def test_a_batch_that_makes_no_sense_is_told(words: str, told: str) -> None:
    with pytest.raises(BadInput, match=told):
        parse_colorize(words.split())


def test_answers_go_into_a_folder_and_a_model_into_a_file(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(BadInput, match=r"--out .*file: is a file; name a folder"):
        parse_colorize(["lines", "-o", str(file)])
    with pytest.raises(BadInput, match=r"--out .*: is a folder; name a file in it"):
        parse_export(["-o", str(tmp_path)])
    with pytest.raises(BadInput, match=r"--out .*: lies below a file; name a file in a folder"):
        parse_export(["-o", str(file / "model.onnx")])


def test_a_port_that_is_none_is_told() -> None:
    with pytest.raises(BadInput, match="--port: wanted 0 to 65535, not '70000'"):
        parse_app(["--port", "70000"])


@pytest.mark.parametrize("root", ["file", "file/below"])
def test_no_models_are_sought_in_a_file(tmp_path: Path, root: str) -> None:
    (tmp_path / "file").touch()
    words = ["--root", str(tmp_path / root)]
    for parse, more in ((parse_app, []), (parse_colorize, ["lines", "-o", "out"])):
        with pytest.raises(BadInput, match=f"^--root {tmp_path}/{root}: is, or is below, a file; "):
            parse([*more, *words])
    assert parse_app(["--root", str(tmp_path / "nowhere")]).of.root == str(tmp_path / "nowhere")
