"""The last verbs: evaluate measures one training, report shows a run, compare many trainings."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

from PIL import Image
from upath import UPath

from evaluation.config import EvaluationConfig, ReportConfig
from evaluation.outcome import Outcome
from evaluation.scores import METRICS
from storage import digest, files, ledger
from storage.errors import IrodoriError
from storage.layout import DataLayout
from storage.ledger import OpenStage, Stage
from storage.records import StageRecord

logger = logging.getLogger(__name__)

RESULTS_PX, SHEET_PX = 128, 256


def require(config: EvaluationConfig) -> None:
    """Refuse what cannot be measured, before anything is made to be measured.

    Raises:
        BadInput: an Inception is asked for that cannot be had.
    """
    if config.inception:
        # Only who asks for it needs torch.
        import torch  # noqa: PLC0415

        from evaluation.inception import open_inception  # noqa: PLC0415

        open_inception(config, torch.device("cpu"))


def evaluate(
    config: EvaluationConfig,
    trained: StageRecord,
    paired: StageRecord,
    layout: DataLayout,
    seed: int,
) -> StageRecord:
    """Measure a training's checkpoints on validation, and its last one on test."""
    opened = ledger.open_stage(
        Stage.EVALUATE,
        config,
        inputs={"train": trained, "condition": paired},
        layout=layout,
        seed=seed,
    )
    if opened.finished:
        _tell_of_another_inception(config, opened)
        return opened.finished
    opened.go_on()

    # Only who measures needs torch.
    from evaluation.measurement import measure_training  # noqa: PLC0415

    counts = measure_training(
        config,
        layout.stage(Stage.TRAIN, trained.key),
        layout.stage(Stage.CONDITION, paired.key),
        opened.folder,
        seed,
    )

    return opened.seal(counts)


def _tell_of_another_inception(config: EvaluationConfig, opened: OpenStage) -> None:
    """Say that the file behind a name is another one by now: the key follows from its name."""
    path = Path(config.inception)
    # What is finished wants no file any more, and none is fetched to look.
    if not config.inception or not files.is_file(path):
        return
    measured_with = files.facts_if_any(opened.folder / METRICS).get("inception_sha256")
    if measured_with != digest.of_file(UPath(path)):
        logger.warning(
            "stage=%s key=%s was measured with another %s (sha256 %s); delete its folder to measure"
            " anew, or give --evaluation.inception-sha256",
            *(opened.stage, opened.key, path, measured_with),
        )


def report(
    config: ReportConfig, lineage: Mapping[str, StageRecord], layout: DataLayout
) -> StageRecord:
    """Show a whole run: one page, the same as Markdown, the numbers, and its pictures as sheets.

    Args:
        config: what the report is called and how much it shows.
        lineage: the records of the run by label, in the order of the stages: `scrape`, `clean`,
            `pack`, `condition`, then `train-<recipe>` and `evaluate-<recipe>` of each recipe, the
            baseline first, and `experiments-<grid>` of each finished grid on the same dataset.
        layout: where they lie.
    """
    opened = ledger.open_stage(Stage.REPORT, config, inputs=lineage, layout=layout)
    if opened.finished:
        return opened.finished

    # Only who reports needs the drawing of curves.
    from evaluation import markdown, metrics, page, sheets, story  # noqa: PLC0415
    from evaluation.content import gather  # noqa: PLC0415

    content = gather(config, opened.started_at, lineage, layout)
    pages = {"report.html": page.render(content), "report.md": markdown.render(content)}
    for name, text in pages.items():
        files.write_text(opened.folder / name, text)
    files.write_json(opened.folder / METRICS, metrics.of(content))
    laid_out = sheets.sheets_of(content)
    for sheet in laid_out:
        _save(sheets.draw(content, sheet, SHEET_PX), opened.folder / f"figure-{sheet.slug}.png")
    for main in laid_out[:1]:
        _save(sheets.draw(content, main, RESULTS_PX, abreast=2), opened.folder / "results.png")

    what, numbers = story.headline(content)
    logger.info("%s: %s", what, ", ".join(f"{name} {number}" for name, number in numbers))
    counts = {"recipes": len(content.recipes), "pictures": len(content.shown)}
    return opened.seal(counts, dated=pages)


def _save(drawn: Image.Image, path: UPath) -> None:
    with files.whole(path) as file:
        drawn.save(file, "PNG", optimize=True)


def compare(opened: OpenStage, outcomes: Sequence[Outcome]) -> StageRecord:
    """Put what became of many trainings into one table, failures included.

    Args:
        opened: the comparison, whose key follows from those of the evaluations.
        outcomes: each training, judged with each kind of hints; not heeded if it is finished.

    Raises:
        IrodoriError: some failed in a way that may be mended; the table is there, not sealed.
    """
    if opened.finished:
        return opened.finished

    # Only who compares reads tables of scores.
    from evaluation import comparison  # noqa: PLC0415

    rows = comparison.compare(outcomes, opened.layout)
    text = comparison.markdown(rows, comparison.trained_on(outcomes, opened.layout))
    files.write_text(opened.folder / "comparison.md", text)
    files.write_json(opened.folder / "comparison.json", comparison.as_json(rows))
    failed = [each for each in outcomes if each.failure]
    mendable = [each for each in failed if not each.diverged]
    if mendable:
        raise IrodoriError(
            f"{len(mendable)} of {len(outcomes)} cells failed, the first: {mendable[0].failure};"
            f" all others are in {opened.folder / 'comparison.md'}, and the same command tries"
            " again what is missing"
        )
    return opened.seal({"cells": len(outcomes), "diverged": len(failed)})
