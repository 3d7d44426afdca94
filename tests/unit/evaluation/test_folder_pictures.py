"""A folder's files are what a dataset of the same files would hold, pixel by pixel."""

from collections import Counter
from pathlib import Path

import pytest

from evaluation.folder import list_folder
from evaluation.folder_pictures import Given, Reader
from preprocessing.config import CleanConfig, ConditionConfig, PackConfig
from preprocessing.stage import clean, condition, pack
from scraper.config import ScraperConfig
from scraper.stage import scrape
from storage import shards
from storage.layout import DataLayout
from storage.ledger import Stage
from storage.pictures import decode_png
from tests.pictures import drawing, encoded

SEED = 5


@pytest.mark.parametrize("size_px", [32, 128, 256, 272])
def test_a_file_is_given_as_its_dataset_gives_it(tmp_path: Path, size_px: int):
    folder = tmp_path / "drawn"
    folder.mkdir()
    # A JPEG is read at the fraction that is enough, and one of 200 px has no square of 256.
    for number in range(0, 30, 2):
        small, large = encoded(drawing(number, 200), "JPEG"), encoded(drawing(number + 1, 600))
        (folder / f"{number}.jpg").write_bytes(small)
        (folder / f"{number + 1}.png").write_bytes(large)
        (folder / f"{number + 1}.line.png").write_bytes(encoded(drawing(number + 1, 618)))
    layout = DataLayout.at(str(tmp_path / "root"))
    cleaned = clean(
        CleanConfig(min_side_px=64, num_train=20, num_val=5, num_test=5),
        scrape(ScraperConfig(folder=str(folder)), layout),
        layout,
    )
    packed = pack(PackConfig(size_px=size_px), cleaned, layout)
    paired = condition(ConditionConfig(), packed, layout, SEED)
    reader = Reader(size_px, ConditionConfig(), SEED)
    opened = map(reader.read, list_folder(str(folder), "", tmp_path / "out").items)
    given = {each.pair.md5: each.pair for each in opened if isinstance(each, Given)}
    found = Counter[str]()
    for path in layout.stage(Stage.CONDITION, paired.key).glob("*.tar"):
        for sample in shards.read(path):
            pair = given[sample.key]
            assert ("line.png" in sample.files) == (pair.line_HW is not None)
            for name, kind, picture in (
                ("color.png", "RGB", pair.color_HWC),
                ("edge.png", "L", pair.edge_HW),
                ("hint.png", "RGB", pair.hint_HWC),
                ("mask.png", "L", pair.mask_HW),
                ("line.png", "L", pair.line_HW),
            ):
                if name in sample.files:
                    assert (decode_png(sample.files[name], kind, name) == picture).all(), name
                    found[name] += 1
    assert found["color.png"] == cleaned.counts["kept"] > found["line.png"] > 5
    assert 0 < found["hint.png"] < found["color.png"]
