import numpy as np

from evaluation.contact_sheet import GAP_PX, HEADING_PX, contact_sheet


def test_pictures_stand_in_their_rows_and_columns_and_a_missing_one_leaves_its_place() -> None:
    red = np.full((20, 20, 3), (255, 0, 0), dtype=np.uint8)
    gray = np.full((10, 10), 128, dtype=np.uint8)

    sheet = np.asarray(contact_sheet(["one", "two"], [[red, gray], [None, red]], side_px=20))

    def middle(row: int, column: int) -> list[int]:
        pitch = 20 + GAP_PX
        y, x = HEADING_PX + GAP_PX + row * pitch + 10, GAP_PX + column * pitch + 10
        return sheet[y, x].tolist()

    assert middle(0, 0) == [255, 0, 0]
    assert middle(0, 1) == [128, 128, 128]
    assert middle(1, 0) == [255, 255, 255]
    assert middle(1, 1) == [255, 0, 0]


def test_each_column_has_a_heading() -> None:
    white = np.full((40, 40, 3), 255, dtype=np.uint8)

    with_words = np.asarray(contact_sheet(["hint", "hint"], [[white, white]], side_px=40))
    without = np.asarray(contact_sheet(["", ""], [[white, white]], side_px=40))

    left, right = np.split(with_words != without, 2, axis=1)
    assert left.any()
    assert right.any()
    assert not (with_words != without)[HEADING_PX:].any()
