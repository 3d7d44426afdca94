"""Shown in the Prefect UI: what came of each stage, the report, and a training as it goes on."""

import base64
import logging
import time
from typing import cast
from uuid import UUID

import cv2
import httpx
from prefect.artifacts import (
    create_markdown_artifact,
    create_progress_artifact,
    create_table_artifact,
    update_progress_artifact,
)

from storage.layout import DataLayout
from storage.ledger import Stage
from storage.pictures import Picture
from storage.records import StageRecord
from training.watching import Glance

SECONDS_BETWEEN_UPDATES = 1.0
WEBP_QUALITY = 80

logger = logging.getLogger(__name__)


def show(label: str, record: StageRecord) -> StageRecord:
    """Show a stage record's counts under its label; gives the record on."""
    create_table_artifact(
        key=label,
        table=[{"what": what, "number": number} for what, number in record.counts.items()],
        description=f"`{record.stage}/{record.key}` by {record.code_version}",
    )
    return record


def show_report(record: StageRecord, layout: DataLayout) -> StageRecord:
    """Show the report, pictures and all; gives the record on."""
    text = (layout.stage(Stage.REPORT, record.key) / "report.md").read_text()
    create_markdown_artifact(key="report", markdown=text, description="The paper, re-run.")
    return record


class Live:
    """A training's watcher: its progress at most once a second, and each sheet of pictures."""

    def __init__(self, label: str) -> None:
        self.label = label
        self.progress: UUID | None = None
        self.shown_at = 0.0

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
        is_due = time.monotonic() - self.shown_at >= SECONDS_BETWEEN_UPDATES
        return is_due or glance.step == glance.steps

    def _show_progress(self, glance: Glance) -> None:
        percent = 100 * glance.step / glance.steps
        told = " · ".join(f"{name} {fact:.4g}" for name, fact in glance.facts.items())
        if self.progress is None:
            key = f"{self.label}-progress"
            made = create_progress_artifact(percent, key=key, description=told)
            self.progress = cast(UUID, made)
        else:
            update_progress_artifact(self.progress, percent, description=told)
        self.shown_at = time.monotonic()

    def _show_pictures(self, step: int, sheet: Picture) -> None:
        settings = (cv2.IMWRITE_WEBP_QUALITY, WEBP_QUALITY)
        _, content = cv2.imencode(".webp", sheet[..., ::-1], settings)
        data = base64.b64encode(content.tobytes()).decode()
        create_markdown_artifact(
            key=f"{self.label}-pictures",
            markdown=f"![after step {step}](data:image/webp;base64,{data})",
            description=f"After step {step}: line art, hint, ours, truth.",
        )


def show_comparison(record: StageRecord, layout: DataLayout) -> StageRecord:
    """Show the table of a grid of experiments; gives the record on."""
    text = (layout.stage(Stage.EXPERIMENTS, record.key) / "comparison.md").read_text()
    create_markdown_artifact(key="experiments", markdown=text, description="Many trainings.")
    return record
