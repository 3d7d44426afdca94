import json
import struct
from pathlib import Path

import cv2
import numpy as np
from tensorboardX.proto.event_pb2 import Event, SessionLog
from upath import UPath

from storage.layout import DataLayout
from storage.records import StageRecord
from tests.unit.training.test_stage import config_of, folder_of
from training.stage import train
from training.tensorboard import Events
from training.watching import Glance


def events_of(path: Path) -> list[Event]:
    """Read an event file by its format: length, its checksum, the event, its checksum."""
    content, events = path.read_bytes(), []
    while content:
        (length,) = struct.unpack("<Q", content[:8])
        events.append(Event.FromString(content[12 : 12 + length]))
        content = content[12 + length + 4 :]
    return events


def test_rows_and_sheets_are_events_and_no_outputs(layout: DataLayout, paired: StageRecord) -> None:
    record = train(config_of(recipe="paper", picture_every=12), paired, layout, 0)
    folder = Path(str(folder_of(layout, record)))
    (path,) = (folder / "events").iterdir()
    assert not [output.name for output in record.outputs if "events" in output.name]

    told = [(event.step, value) for event in events_of(path) for value in event.summary.value]
    rows = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    for name in ("loss", "wasserstein", "val_l2"):
        drawn = [(step, value.simple_value) for step, value in told if value.tag == name]
        wanted = [(row["step"], np.float32(row[name])) for row in rows if name in row]
        assert drawn == wanted

    sheets = [value.image.encoded_image_string for _, value in told if value.tag == "pictures"]
    decoded = cv2.imdecode(np.frombuffer(sheets[-1], np.uint8), cv2.IMREAD_COLOR)
    assert np.array_equal(decoded, cv2.imread(str(folder / "pictures" / "step-0000012.png")))


def test_what_a_killed_process_told_of_later_steps_is_forgotten_from_the_first_new_one_on(
    tmp_path: Path,
) -> None:
    events = Events(UPath(tmp_path))
    for step in (5, 6):
        events(Glance(step, 9, {"loss": 1.0}))
    events.close()
    (path,) = (tmp_path / "events").iterdir()
    begun = [each.step for each in events_of(path) if each.session_log.status == SessionLog.START]
    assert begun == [5]
