"""The two last verbs: evaluate measures one training, report shows the whole run."""

import logging
from collections.abc import Mapping

from evaluation.config import EvaluationConfig, ReportConfig
from storage import files, ledger
from storage.layout import DataLayout
from storage.ledger import Stage
from storage.records import StageRecord

logger = logging.getLogger(__name__)

RESULTS_PX = 128


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
        return opened.finished

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


def report(
    config: ReportConfig, lineage: Mapping[str, StageRecord], layout: DataLayout
) -> StageRecord:
    """Show a whole run: one page, the same as Markdown, the numbers, and one picture of it.

    Args:
        config: what the report is called and how much it shows.
        lineage: the records of the run by label, in the order of the stages: `scrape`, `clean`,
            `pack`, `condition`, then `train-<recipe>` and `evaluate-<recipe>` of each recipe, the
            baseline first.
        layout: where they lie.
    """
    opened = ledger.open_stage(Stage.REPORT, config, inputs=lineage, layout=layout)
    if opened.finished:
        return opened.finished

    # Only who reports needs the drawing of curves.
    from evaluation import markdown, metrics, page, sheets, story  # noqa: PLC0415
    from evaluation.content import gather  # noqa: PLC0415

    content = gather(config.title, config.num_pictures, lineage, layout)
    files.write_text(opened.folder / "report.html", page.render(content))
    files.write_text(opened.folder / "report.md", markdown.render(content))
    files.write_json(opened.folder / "metrics.json", metrics.of(content))
    drawn = sheets.sheet(content, sheets.with_hint(content), RESULTS_PX, abreast=2)
    with files.whole(opened.folder / "results.png") as file:
        drawn.save(file, "PNG", optimize=True)

    what, numbers = story.headline(content)
    logger.info("%s: %s", what, ", ".join(f"{name} {number}" for name, number in numbers))
    return opened.seal({"recipes": len(content.recipes), "pictures": len(content.shown)})
