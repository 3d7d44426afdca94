import io
import zipfile
from xml.etree import ElementTree

import numpy as np
from PIL import Image

from app.drawing import Drawing
from app.layers import to_openraster
from app.painter import Wish
from tests.unit.app.conftest import HintReturned, painter_of


def _opened(boxes: Drawing, strokes: np.ndarray | None) -> zipfile.ZipFile:
    content = to_openraster(painter_of(HintReturned()), boxes, Wish(strokes))
    return zipfile.ZipFile(io.BytesIO(content))


def _picture(ora: zipfile.ZipFile, name: str) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(ora.read(name))))


def test_the_mimetype_comes_first_and_is_stored(boxes: Drawing, red_strokes: np.ndarray) -> None:
    ora = _opened(boxes, red_strokes)

    first = ora.infolist()[0]
    assert (first.filename, first.compress_type) == ("mimetype", zipfile.ZIP_STORED)
    assert ora.read("mimetype") == b"image/openraster"
    assert {"stack.xml", "mergedimage.png", "Thumbnails/thumbnail.png"} <= set(ora.namelist())


def test_its_layers_are_lines_hints_and_colours_from_the_top(
    boxes: Drawing, red_strokes: np.ndarray
) -> None:
    ora = _opened(boxes, red_strokes)

    image = ElementTree.fromstring(ora.read("stack.xml"))
    layers = image.findall("stack/layer")
    assert (image.get("w"), image.get("h")) == ("300", "200")
    assert [layer.get("name") for layer in layers] == ["Lines", "Hints", "Colours"]
    assert [layer.get("visibility") for layer in layers] == ["visible", "hidden", "visible"]
    lines, hints, _ = (_picture(ora, layer.get("src")) for layer in layers)
    assert (lines[..., 0] == boxes.line_HW).all()
    assert (hints == red_strokes).all()


def test_the_hints_of_a_turned_answer_are_those_that_it_was_painted_by(
    boxes: Drawing, red_strokes: np.ndarray
) -> None:
    wish = Wish(red_strokes, turn=120)
    content = to_openraster(painter_of(HintReturned()), boxes, wish)

    hints = _picture(zipfile.ZipFile(io.BytesIO(content)), "data/layer1.png")

    assert (hints[..., 3] == red_strokes[..., 3]).all()
    red, green, _ = hints[100, 80, :3].astype(int)
    assert green > red + 100


def test_layers_may_be_smaller_than_the_drawing(boxes: Drawing, red_strokes: np.ndarray) -> None:
    content = to_openraster(painter_of(HintReturned()), boxes, Wish(red_strokes, max_px=150))
    ora = zipfile.ZipFile(io.BytesIO(content))
    names = ("data/layer0.png", "data/layer1.png", "data/layer2.png", "mergedimage.png")
    assert {_picture(ora, name).shape[:2] for name in names} == {(100, 150)}


def test_the_visible_layers_give_the_merged_picture(
    boxes: Drawing, red_strokes: np.ndarray
) -> None:
    ora = _opened(boxes, red_strokes)

    lines, colors, merged = (
        _picture(ora, name)[..., :3].astype(float)
        for name in ("data/layer0.png", "data/layer2.png", "mergedimage.png")
    )
    assert np.abs(lines * colors / 255 - merged).max() <= 1


def test_the_same_layers_are_the_same_bytes(boxes: Drawing) -> None:
    painter = painter_of(HintReturned())

    content = to_openraster(painter, boxes, Wish())

    assert to_openraster(painter, boxes, Wish()) == content
    with zipfile.ZipFile(io.BytesIO(content)) as ora:
        # Two of the same moment would be equal whatever time they tell.
        assert {entry.date_time for entry in ora.infolist()} == {(1980, 1, 1, 0, 0, 0)}
