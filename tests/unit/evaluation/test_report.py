import base64
import io
import json
import re
import shutil
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest
from PIL import Image
from upath import UPath

from evaluation.config import ReportConfig
from evaluation.further_scores import (
    DETECTORS,
    HINT_CURVE,
    NOISE,
    DetectorScore,
    HintPoint,
    NoiseScore,
)
from evaluation.stage import report
from scraper.config import ScraperConfig
from storage import files, ledger, manifest
from storage.errors import MissingInput
from storage.layout import DataLayout
from storage.ledger import Stage
from storage.records import Contract, DropReason, StageRecord
from training.recipes import RecipeName

VOID = {"meta", "img", "br", "hr", "link", "input"}

Trainings = dict[RecipeName, StageRecord]


class Page(HTMLParser):
    """Reads a page strictly: every element that is opened is closed, in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.section = ""
        self.drawn: list[str] = []
        self.pictures: dict[str, list[dict[str, str]]] = {}
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        self.elements.append((tag, told))
        if tag == "section":
            self.section = told["id"]
        if tag == "svg":
            self.drawn.append(self.section)
        if tag == "img":
            self.pictures.setdefault(self.section, []).append(told)
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
def lineage(
    layout: DataLayout, paired: StageRecord, trained: Trainings, evaluated: Trainings
) -> dict[str, StageRecord]:
    opened = ledger.open_stage(Stage.SCRAPE, ScraperConfig(), inputs={}, layout=layout)
    scraped = opened.seal({"listed": 1234, DropReason.GHOST.value: 56})
    records = {"scrape": scraped, "condition": paired}
    for recipe, record in trained.items():
        records[f"train-{recipe}"] = record
        records[f"evaluate-{recipe}"] = evaluated[recipe]
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
    numbers = {section: len(images) for section, images in page.pictures.items()}
    # Two drawings in each figure, with so many pictures.
    of_each = {"recipes": 5, "baseline": 6, "artist-lines": 5}
    assert {section: numbers[section] for section in of_each} == {
        section: 2 * number for section, number in of_each.items()
    }
    # Truth, artist's lines, detected edges, and whatever else hangs there.
    assert numbers["lines"] >= 2 * 3
    for image in page.images():
        assert _decoded(image["src"]).size == (32, 32)
        assert re.match(r"Drawing [12]: .{10}", image["alt"])


def test_every_address_within_the_page_leads_somewhere(page: Page) -> None:
    places = {attributes.get("id") for _, attributes in page.elements}
    links = [
        told["href"][1:] for tag, told in page.elements if tag == "a" and told["href"][0] == "#"
    ]

    assert {"content", "claims", "curves", "credits", *page.pictures} <= set(links)
    assert set(links) <= places


def test_every_drawing_of_numbers_says_what_is_seen(page: Page) -> None:
    drawn = [told for tag, told in page.elements if tag == "svg"]
    assert drawn
    for told in drawn:
        assert told["role"] == "img"
        curve = r" over .* from \S+ at \S+ to \S+ at \S+, lowest"
        means = r", in .*: \S+ .* \d"
        assert re.search(f"{curve}|{means}", told["aria-label"])


def test_tables_and_drawings_name_files_that_are_there(page: Page, layout: DataLayout) -> None:
    named = {word.rstrip(",") for word in re.findall(r"\b(?:train|evaluate)/\S+", page.text)}
    assert len(named) >= 8
    for name in named:
        assert (layout.root / name).is_file()


def test_every_sentence_of_the_paper_has_its_verdicts(page: Page) -> None:
    for told in ("KL of the conditional GAN", "Adam is better than SGD", "do not bleed"):
        assert told in page.text
    said = [told for tag, told in page.elements if tag == "span" and "verdict" in told["class"]]
    assert len(said) > 14
    assert "code" in [tag for tag, _ in page.elements]
    assert "irodori experiments --grid optimizer with the flags of this run" in page.text


def test_every_drawing_links_to_its_source(page: Page) -> None:
    links = {attributes["href"] for tag, attributes in page.elements if tag == "a"}

    assert any(link.startswith("https://openmoji.org/library/") for link in links)
    assert "CC BY-SA 4.0" in page.text


def test_what_others_wrote_is_text_on_the_page_and_no_markup(page: Page) -> None:
    assert "<b>&" in page.text
    assert "b" not in [tag for tag, _ in page.elements]


def test_what_others_wrote_is_text_in_the_markdown_and_no_markup(
    layout: DataLayout, lineage: dict[str, StageRecord]
) -> None:
    text = _read(layout, report(ReportConfig(), lineage, layout), "report.md")
    (source, *_) = (line for line in text.splitlines() if line.startswith("1. http"))
    address, _, rest = source.removeprefix("1. ").partition(" ")
    assert address.startswith("https://openmoji.org/library/")
    assert "\\" not in address
    assert r"\<b\>&" in rest


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


def test_both_recipes_stand_beside_the_untrained_answers(page: Page) -> None:
    names = (
        "White paper with the lines",
        "The hint itself",
        "The spread hint (Levin)",
        "Baseline",
        "Paper's recipe",
    )
    assert all(name in page.text for name in names)


def test_it_says_when_it_was_made_though_equal_runs_are_equal(
    page: Page, layout: DataLayout, lineage: dict[str, StageRecord]
) -> None:
    record = report(ReportConfig(), lineage, layout)
    then = datetime.fromisoformat(record.started_at)
    assert f"{then.day} {then:%B %Y, %H:%M} UTC" in page.text
    digested = {output.name for output in record.outputs}
    assert {"metrics.json", "results.png"} < digested
    assert not {"report.html", "report.md"} & digested


def test_a_page_that_is_gone_is_made_again(
    layout: DataLayout, lineage: dict[str, StageRecord]
) -> None:
    config = ReportConfig(title="A page to lose")
    lost = layout.stage(Stage.REPORT, report(config, lineage, layout).key) / "report.html"
    lost.unlink()
    report(config, lineage, layout)
    assert config.title in lost.read_text()


def test_the_curves_have_the_papers_figures(page: Page) -> None:
    assert page.drawn.count("curves") == 7
    assert all(figure in page.text for figure in ("Fig. 8", "Fig. 9", "Fig. 10"))


def test_the_markdown_is_small_and_its_pictures_open(
    layout: DataLayout, lineage: dict[str, StageRecord]
) -> None:
    text = _read(layout, report(ReportConfig(), lineage, layout), "report.md")

    assert len(text.encode()) <= 300_000
    sheets = re.findall(r"!\[[^\]]+\]\((data:image/jpeg[^)]+)\)", text)
    assert len(sheets) >= 4
    assert {_decoded(sheet).format for sheet in sheets} == {"JPEG"}
    assert "| 14 | Adam is better than SGD." in text
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
    assert {claim["verdict"] for claim in metrics["claims"]} >= {"not decided"}
    assert {"hint_curve", "detectors", "noise"} <= metrics["recipes"]["paper"].keys()


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

    numbers = {section: len(images) for section, images in page.pictures.items()}
    assert (numbers["recipes"], numbers["baseline"], numbers["artist-lines"]) == (4, 5, 4)
    assert "Paper's recipe" not in page.text


def test_a_report_without_true_lines_leaves_that_section_out(
    unlined: tuple[DataLayout, StageRecord], evaluated_unlined: StageRecord, trained: Trainings
) -> None:
    there, paired = unlined
    records = {
        "condition": paired,
        "train-paper": trained["paper"],
        "evaluate-paper": evaluated_unlined,
    }

    page = Page(_read(there, report(ReportConfig(), records, there), "report.html"))

    assert not {"artist-lines", "strokes-on-lines"} & page.pictures.keys()
    assert len(page.pictures["recipes"]) == 2 * 4


def test_tables_that_an_evaluation_has_are_drawn_listed_and_judged(
    layout: DataLayout, lineage: dict[str, StageRecord], tmp_path: Path
) -> None:
    there = DataLayout.at(str(tmp_path / "root"))
    shutil.copytree(str(layout.root), str(there.root))
    for number, recipe in enumerate(("unet-l2", "paper")):
        folder = there.stage(Stage.EVALUATE, lineage[f"evaluate-{recipe}"].key)
        _write_further(folder, 0.1 * number)

    record = report(ReportConfig(title="With tables"), lineage, there)

    page = Page(_read(there, record, "report.html"))
    ids = {attributes.get("id") for _, attributes in page.elements}
    assert "beyond" in ids
    for told in ("Does it bleed?", "With noise on the hint", "From which lines?", "xdog"):
        assert told in page.text
    assert "hint_curve.parquet" in page.text
    metrics = json.loads(_read(there, record, "metrics.json"))
    verdicts = {claim["number"]: claim["verdict"] for claim in metrics["claims"]}
    assert (verdicts["8"], verdicts["9"]) == ("holds", "holds")
    assert len(metrics["recipes"]["paper"]["hint_curve"]) == 3


def test_a_grid_of_the_lineage_decides_what_wants_a_search(
    layout: DataLayout, lineage: dict[str, StageRecord]
) -> None:
    keys = {name: lineage[f"evaluate-{name}"].key for name in ("paper", "unet-l2")}
    opened = ledger.open_stage(
        Stage.EXPERIMENTS, ReportConfig(), inputs={}, layout=layout, also=keys
    )
    rows = [
        {"answer": "The hint itself", "hints": "paper", "changed": "", "seeds": []},
        *(
            {
                "answer": "paper",
                "hints": "paper",
                "changed": changed,
                "seeds": [{"seed": 1, "evaluate": key}],
            }
            for changed, key in (
                ("optimizer adam", keys["paper"]),
                ("optimizer sgd, learning_rate 0.1", keys["unet-l2"]),
            )
        ),
    ]
    files.write_json(opened.folder / "comparison.json", rows)
    with_grid = lineage | {"experiments-optimizer": opened.seal({})}

    record = report(ReportConfig(title="With a grid"), with_grid, layout)

    metrics = json.loads(_read(layout, record, "metrics.json"))
    (claim,) = (each for each in metrics["claims"] if each["number"] == "14")
    assert claim["condition"] == "paper hints"
    assert claim["result"].startswith("optimizer sgd, learning_rate 0.1: ")
    assert metrics["searches"] == {"optimizer": f"experiments/{opened.key}/comparison.json"}


def _write_further(folder: UPath, shift: float) -> None:
    of_hints = ("hint_delta_e", "hint_region_delta_e", "bleed", "bleed_low", "bleed_high")
    hints = [
        HintPoint(
            num_hints=number,
            num_pictures=8,
            l2=l2,
            l2_low=l2 - 0.01,
            l2_high=l2 + 0.01,
            **dict(
                zip(of_hints, (9.0, 9.0, 0.1, 0.08, 0.12) if number else [None] * 5, strict=True)
            ),
            saturation=10 + number,
            saturation_low=9 + number,
            saturation_high=11 + number,
            saturation_share=(10 + number) / 60,
            saturation_share_low=number / 60,
            saturation_share_high=(20 + number) / 60,
            z_spread=0.0,
        )
        for number, l2 in ((0, 0.3), (5, 0.2), (50, 0.1))
    ]
    lines = [
        DetectorScore(name, 5, 0.1 + shift, 0.09 + shift, 0.11 + shift, 0.5, 0.0, -0.01, 0.01)
        for name in ("artist", "adaptive", "xdog")
    ]
    noise = [
        NoiseScore(what, sigma, 5, 0.1, 0.09, 0.11)
        for what in ("lines", "hint")
        for sigma in (0.0, 32.0)
    ]
    manifest.write_table(folder / HINT_CURVE, Contract.EVALUATION, hints, HintPoint)
    manifest.write_table(folder / DETECTORS, Contract.EVALUATION, lines, DetectorScore)
    manifest.write_table(folder / NOISE, Contract.EVALUATION, noise, NoiseScore)


def test_a_lineage_without_an_evaluation_is_refused(
    layout: DataLayout, lineage: dict[str, StageRecord]
) -> None:
    with pytest.raises(MissingInput, match="found no evaluation among scrape"):
        report(ReportConfig(), {"scrape": lineage["scrape"]}, layout)
