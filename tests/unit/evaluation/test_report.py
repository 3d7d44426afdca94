import base64
import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from PIL import Image

from evaluation.config import EvaluationConfig, ReportConfig
from evaluation.stage import evaluate, report
from scraper.config import ScraperConfig
from storage import ledger
from storage.errors import MissingInput
from storage.layout import DataLayout
from storage.ledger import Stage
from storage.records import DropReason, StageRecord
from training.recipes import RecipeName

CONFIG = EvaluationConfig(
    num_curve_pictures=2,
    num_pictures=2,
    num_hint_pictures=2,
    num_line_pictures=3,
    batch_size=2,
    device="cpu",
)
SEED = 3
VOID = {"meta", "img", "br", "hr", "link", "input"}

Trainings = dict[RecipeName, StageRecord]


class Page(HTMLParser):
    """Reads a page strictly: every element that is opened is closed, in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def images(self) -> list[dict[str, str]]:
        return [attributes for tag, attributes in self.elements if tag == "img"]


@pytest.fixture(scope="module")
def lineage(layout: DataLayout, paired: StageRecord, trained: Trainings) -> dict[str, StageRecord]:
    opened = ledger.open_stage(Stage.SCRAPE, ScraperConfig(), inputs={}, layout=layout)
    scraped = opened.seal({"listed": 1234, DropReason.GHOST.value: 56})
    records = {"scrape": scraped, "condition": paired}
    for recipe, record in trained.items():
        records[f"train-{recipe}"] = record
        records[f"evaluate-{recipe}"] = evaluate(CONFIG, record, paired, layout, SEED)
    return records


@pytest.fixture(scope="module")
def page(layout: DataLayout, lineage: dict[str, StageRecord]) -> Page:
    return Page(_read(layout, report(ReportConfig(), lineage, layout), "report.html"))


def _read(layout: DataLayout, record: StageRecord, name: str) -> str:
    return (layout.stage(Stage.REPORT, record.key) / name).read_text()


def _decoded(address: str) -> Image.Image:
    kind, content = address.split(";base64,")
    image = Image.open(io.BytesIO(base64.b64decode(content, validate=True)))
    image.load()
    assert kind == f"data:{Image.MIME[image.format or '']}"
    return image


def test_the_page_fetches_nothing(page: Page) -> None:
    for tag, attributes in page.elements:
        assert tag not in ("script", "link", "iframe", "object")
        assert attributes.get("src", "data:").startswith("data:")
        if tag != "a":
            address = attributes.get("href", attributes.get("xlink:href", "#"))
            assert address.startswith("#")
    assert not re.search(r"url\((?!#)|@import", page.text)


def test_every_picture_on_the_page_opens_and_says_what_it_is(page: Page) -> None:
    # Two drawings: 5 pictures with a hint, 4 without, 5 from the artist's own lines.
    assert len(page.images()) == 2 * (5 + 4 + 5)
    for image in page.images():
        assert _decoded(image["src"]).size == (32, 32)
        assert image["alt"]


def test_every_drawing_links_to_its_source(page: Page) -> None:
    links = {attributes["href"] for tag, attributes in page.elements if tag == "a"}

    assert any(link.startswith("https://openmoji.org/library/") for link in links)
    assert "CC BY-SA 4.0" in page.text


def test_what_others_wrote_is_text_on_the_page_and_no_markup(page: Page) -> None:
    assert "<b>&" in page.text
    assert "b" not in [tag for tag, _ in page.elements]


def test_the_page_tells_counts_reasons_settings_readings_and_versions(page: Page) -> None:
    for told in (
        "1,234",
        "dropped: ghost",
        "train.learning_rate",
        "Our reading: ",
        "A20",
        "torch",
        "seed 3",
    ):
        assert told in page.text


def test_both_recipes_stand_beside_both_trivial_answers(page: Page) -> None:
    names = ("White paper with the lines", "The hint itself", "Baseline", "Paper's recipe")
    assert all(name in page.text for name in names)


def test_the_curves_have_the_papers_figures(page: Page) -> None:
    assert sum(tag == "svg" for tag, _ in page.elements) == 7
    assert all(figure in page.text for figure in ("Fig. 8", "Fig. 9", "Fig. 10"))


def test_the_markdown_is_small_and_its_pictures_open(
    layout: DataLayout, lineage: dict[str, StageRecord]
) -> None:
    text = _read(layout, report(ReportConfig(), lineage, layout), "report.md")

    assert len(text.encode()) <= 300_000
    sheets = re.findall(r"!\[[^\]]+\]\((data:image/jpeg[^)]+)\)", text)
    assert [_decoded(sheet).format for sheet in sheets] == ["JPEG", "JPEG"]
    assert "| White paper with the lines |" in text


def test_the_numbers_for_machines_are_strict_json(
    layout: DataLayout, lineage: dict[str, StageRecord]
) -> None:
    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    text = _read(layout, report(ReportConfig(), lineage, layout), "metrics.json")
    metrics = json.loads(text, parse_constant=refuse)

    assert list(metrics["recipes"]) == ["paper", "unet-l2"]
    assert metrics["stages"]["scrape"]["counts"]["listed"] == 1234


def test_records_read_from_disk_make_the_same_report(
    layout: DataLayout, lineage: dict[str, StageRecord]
) -> None:
    made = report(ReportConfig(), lineage, layout)
    (layout.record(Stage.REPORT, made.key)).unlink()
    read = {
        label: ledger.require(layout, Stage(record.stage), record.key)
        for label, record in lineage.items()
    }

    assert report(ReportConfig(), read, layout).outputs == made.outputs


def test_one_recipe_alone_makes_a_report(
    layout: DataLayout, lineage: dict[str, StageRecord]
) -> None:
    alone = {"evaluate-unet-l2": lineage["evaluate-unet-l2"]}

    page = Page(_read(layout, report(ReportConfig(num_pictures=1), alone, layout), "report.html"))

    assert len(page.images()) == 4 + 3 + 4
    assert "Paper's recipe" not in page.text


def test_a_report_without_true_lines_leaves_that_section_out(
    unlined: tuple[DataLayout, StageRecord], trained: Trainings, layout: DataLayout
) -> None:
    there, paired = unlined
    source = Path(str(layout.stage(Stage.TRAIN, trained["paper"].key)))
    target = Path(str(there.stage(Stage.TRAIN, trained["paper"].key)))
    target.parent.mkdir()
    target.symlink_to(source)
    records = {
        "condition": paired,
        "train-paper": trained["paper"],
        "evaluate-paper": evaluate(CONFIG, trained["paper"], paired, there, SEED),
    }

    page = Page(_read(there, report(ReportConfig(), records, there), "report.html"))

    assert "artist-lines" not in {attributes.get("id") for _, attributes in page.elements}
    assert len(page.images()) == 2 * (4 + 3)


def test_a_lineage_without_an_evaluation_is_refused(
    layout: DataLayout, lineage: dict[str, StageRecord]
) -> None:
    with pytest.raises(MissingInput, match="found no evaluation among scrape"):
        report(ReportConfig(), {"scrape": lineage["scrape"]}, layout)
