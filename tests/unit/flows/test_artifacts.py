"""A training as the Prefect UI shows it while it goes on."""

import base64

import cv2
import numpy as np
import pytest
from prefect import task
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import Artifact

from flows.artifacts import Live
from storage.pictures import Picture
from training.watching import Glance


def shown(label: str) -> dict[str, list[Artifact]]:
    """Give what the server was sent, by key."""
    with get_client(sync_client=True) as client:
        artifacts = client.read_artifacts()
    by_key: dict[str, list[Artifact]] = {}
    for artifact in artifacts:
        if artifact.key and artifact.key.startswith(label):
            by_key.setdefault(artifact.key, []).append(artifact)
    return by_key


@pytest.mark.usefixtures("prefect_server")
def test_progress_is_sent_every_few_seconds_and_at_the_end_and_every_sheet_at_once():
    sheet: Picture = np.full((16, 32, 3), (200, 40, 40), dtype=np.uint8)

    @task
    def train() -> None:
        watcher = Live("train-seen-here")
        for step in range(1, 51):
            watcher(Glance(step, 100, {"loss": step / 100}))
        watcher(Glance(60, 100, {}, sheet))
        watcher(Glance(100, 100, {"loss": 0.25, "pictures_per_second": 12.0}))

    train()
    found = shown("train-seen-here")
    (progress,) = found["train-seen-here-progress"]
    assert progress.data == 100
    assert progress.description == "loss 0.25 · pictures_per_second 12"

    (pictures,) = found["train-seen-here-pictures"]
    assert str(pictures.data).startswith("![after step 60](data:image/webp;base64,")
    content = base64.b64decode(str(pictures.data).partition("base64,")[2].rstrip(")"))
    seen = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR_RGB)
    assert np.abs(seen.astype(int) - sheet).max() < 20


@pytest.mark.usefixtures("prefect_server")
def test_progress_tells_the_time_left_once_there_is_a_pace():
    told: list[str] = []

    @task
    def train() -> None:
        now = [0.0]
        watcher = Live("train-left", clock=lambda: now[0])
        for step, now[0] in ((10, 100.0), (20, 130.0), (40, 190.0)):
            watcher(Glance(step, 40, {"loss": 0.5}))
            (progress,) = shown("train-left")["train-left-progress"]
            told.append(str(progress.description))

    train()
    assert told == ["loss 0.5", "loss 0.5 · 0:01:00 left", "loss 0.5"]
