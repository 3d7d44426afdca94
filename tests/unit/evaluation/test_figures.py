import xml.etree.ElementTree as ET
from pathlib import Path

from evaluation import page
from evaluation.dots import DotChart, Dots
from evaluation.figures import LIGHT, STAND_INS, Curve, Figure, Stroke

OF_CURVES = set(Stroke)

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


def test_the_page_gives_every_named_color_a_value_in_the_light_in_the_dark_and_on_paper() -> None:
    css = (Path(page.__file__).parent / "report.css").read_text()

    assert {name: css.count(f" {name}: #") for name in STAND_INS} == dict.fromkeys(STAND_INS, 3)
    assert all(f"{name}: {value};" in css for name, value in LIGHT.items() if name in OF_CURVES)


def test_means_with_intervals_stand_at_their_places_and_are_said() -> None:
    chart = DotChart(
        title="Lines",
        caption="What it shows.",
        unit="l2",
        places=("artist's own", "xdog"),
        series=(Dots("ours", [0.1, 0.2], [0.09, 0.18], [0.11, 0.22], Stroke.STRONG),),
    )
    words = _words(chart.svg())

    assert all(word in words for word in ("artist's own", "xdog", "ours", "l2"))
    assert "ours artist's own 0.1, xdog 0.2" in ET.fromstring(chart.svg()).attrib["aria-label"]


def test_named_ticks_stand_apart_however_small() -> None:
    curve = Curve("ours", [0, 1, 50], [3.0, 2.0, 1.5], Stroke.STRONG)
    figure = Figure("Hints", "", "l2", (curve,), across="point hints", ticks=(0, 1, 50))

    places = [
        float(label.attrib["transform"].split("translate(")[1].split()[0])
        if "translate(" in label.attrib.get("transform", "")
        else float(label.attrib.get("x", "nan"))
        for label in ET.fromstring(figure.svg()).iter("{http://www.w3.org/2000/svg}text")
        if label.text in ("0", "1", "50")
    ]

    assert len(places) == 3
    assert places[1] - places[0] > 0.15 * (places[2] - places[0])
