import xml.etree.ElementTree as ET

from evaluation.figures import LIGHT, STAND_INS, Curve, Figure, Stroke

FIGURE = Figure(
    title="Distance",
    caption="What it shows.",
    unit="nats",
    curves=(
        Curve("ours", [0, 10, 20], [3.0, 2.0, 1.5], Stroke.STRONG, dotted=True),
        Curve("theirs", [0, 20], [2.5, 2.5], Stroke.FAINT, dashed=True),
    ),
)


def _words(svg: str) -> str:
    return " ".join(text for text in ET.fromstring(svg).itertext() if text.strip())


def test_a_drawing_names_its_curves_and_labels_both_axes() -> None:
    words = _words(FIGURE.svg())

    for word in ("ours", "theirs", "nats", "generator updates"):
        assert word in words


def test_on_a_page_the_colors_are_the_pages() -> None:
    svg = FIGURE.svg()

    assert "var(--accent)" in svg
    assert not any(stand_in in svg for stand_in in STAND_INS.values())


def test_alone_the_colors_are_its_own() -> None:
    svg = FIGURE.svg(LIGHT)

    assert LIGHT["--accent"] in svg
    assert "var(" not in svg


def test_the_same_curves_are_drawn_with_the_same_bytes() -> None:
    assert FIGURE.svg() == FIGURE.svg()


def test_two_drawings_on_one_page_share_no_names() -> None:
    def names(figure: Figure) -> set[str]:
        return {found for e in ET.fromstring(figure.svg()).iter() if (found := e.get("id"))}

    other = Figure("Loss", FIGURE.caption, FIGURE.unit, FIGURE.curves)

    assert names(FIGURE)
    assert not names(FIGURE) & names(other)
