"""Shown in the Prefect UI: what came of each stage, the report, and a training as it goes on."""

import logging
import math
import re
import time
from collections.abc import Callable
from typing import cast
from uuid import UUID

import httpx
from prefect.artifacts import (
    create_markdown_artifact,
    create_progress_artifact,
    update_progress_artifact,
)

from flows import lineage, pages, samples
from storage.layout import DataLayout
from storage.ledger import Stage
from storage.pictures import Picture
from storage.progress import UNKNOWN, time_left
from storage.records import StageRecord
from training.watching import Glance

SECONDS_BETWEEN_UPDATES = 5.0
"""Each costs the server some 16 ms of a core, which a training on the CPU would miss."""
MAX_LETTERS = 1_000_000
"""What Prefect takes; beyond 1.5 MB it refuses the event that tells of a page."""

PICTURE = re.compile(r"!\[[^\]]*\]\(data:[^)]*\)")

logger = logging.getLogger(__name__)


def show(label: str, record: StageRecord, layout: DataLayout) -> StageRecord:
    """Show what came of a stage under its label, and what fed which model; gives the record on."""
    _show(label, pages.page_of(record, layout), _purpose_of(record))
    if record.stage in (Stage.TRAIN, Stage.EVALUATE):
        _show("lineage", lineage.page_of(layout), "Which version of the dataset fed which model.")
    return record


def show_report(record: StageRecord, layout: DataLayout) -> StageRecord:
    """Show the report, pictures and all; gives the record on."""
    text = (layout.stage(Stage.REPORT, record.key) / "report.md").read_text()
    where = pages.page_of(record, layout)
    _show("report", f"{text}\n\n---\n\n{where}", "The paper, re-run.")
    return record


class Live:
    """A training's watcher: its progress every few seconds, and each sheet of pictures."""

    def __init__(self, label: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.label, self.clock = label, clock
        self.progress: UUID | None = None
        self.shown_at = -math.inf
        self.begun: tuple[int, float] | None = None
        """The step at which it was first looked at, and when."""

    def __call__(self, glance: Glance) -> None:
        """Show what is new; a server that is away for a moment is no reason to stop a training."""
        try:
            if glance.facts and self._is_due(glance):
                self._show_progress(glance)
            if glance.sheet_HWC is not None:
                self._show_pictures(glance.step, glance.sheet_HWC)
        except httpx.HTTPError as error:
            logger.debug("not shown step=%d error=%s", glance.step, error)

    def _is_due(self, glance: Glance) -> bool:
        is_due = self.clock() - self.shown_at >= SECONDS_BETWEEN_UPDATES
        return is_due or glance.step == glance.steps

    def _show_progress(self, glance: Glance) -> None:
        percent = 100 * glance.step / glance.steps
        facts = [f"{name} {fact:.4g}" for name, fact in glance.facts.items()]
        told = " · ".join([*facts, *self._left(glance)])
        if self.progress is None:
            key = f"{self.label}-progress"
            made = create_progress_artifact(percent, key=key, description=told)
            self.progress = cast(UUID, made)
        else:
            update_progress_artifact(self.progress, percent, description=told)
        self.shown_at = self.clock()

    def _left(self, glance: Glance) -> list[str]:
        """Say how long it will still take, once there is a pace to tell it from."""
        step, begun_at = self.begun = self.begun or (glance.step, self.clock())
        if not step < glance.step < glance.steps:
            return []
        seconds = self.clock() - begun_at
        left = time_left(glance.step - step, glance.steps - glance.step, seconds)
        return [] if left == UNKNOWN else [f"{left} left"]

    def _show_pictures(self, step: int, sheet: Picture) -> None:
        create_markdown_artifact(
            key=f"{self.label}-pictures",
            markdown=samples.as_markdown(sheet, f"after step {step}"),
            description=f"After step {step}: line art, hint, ours, truth.",
        )


def show_comparison(record: StageRecord, layout: DataLayout) -> StageRecord:
    """Show the table of a grid of experiments; gives the record on."""
    text = (layout.stage(Stage.EXPERIMENTS, record.key) / "comparison.md").read_text()
    _show("experiments", text, "Many trainings.")
    return record


def _show(key: str, text: str, description: str) -> None:
    """Show a page; what is finished stays so if no server takes it."""
    if len(text) > MAX_LETTERS:
        text = PICTURE.sub("(a picture, too large for this page)", text)
    try:
        create_markdown_artifact(key=key, markdown=text, description=description)
    except httpx.HTTPError as error:
        logger.warning("not shown artifact=%s error=%s", key, type(error).__name__)


def _purpose_of(record: StageRecord) -> str:
    return f"What came of `{record.stage}/{record.key}`."
