"""A stage's page in the Prefect UI: what came of it in pictures and numbers, of what, and where."""

import json
from datetime import datetime

from dataset.markdown import table
from flows import samples
from storage import files
from storage.layout import DataLayout
from storage.ledger import Stage
from storage.records import StageRecord

SCORES = ("l2", "psnr", "ssim", "kl_8")
BEST_KNOWN = {
    Stage.CONDITION: ("the dataset card", "README.md"),
    Stage.REPORT: ("the report", "report.html"),
    Stage.EXPERIMENTS: ("the comparison", "comparison.md"),
}


def page_of(record: StageRecord, layout: DataLayout) -> str:
    """Write the page of one stage, in Markdown."""
    folder = layout.stage(record.stage, record.key)
    sheet = samples.sheet_of(record, layout)
    parts = [
        f"`{record.stage}/{record.key}`, {_seconds(record):.0f} s, Irodori {record.code_version}",
        samples.as_markdown(sheet, f"some of it ({record.stage})") if sheet is not None else "",
        table(("what", "number"), sorted(record.counts.items())),
        _scores(record, layout),
        _made_of(record),
        f"It lies in [{folder}]({folder.as_uri()})",
    ]
    if known := BEST_KNOWN.get(Stage(record.stage)):
        what, name = known
        parts.append(f"Read {what}: [{name}]({(folder / name).as_uri()})")
    return "\n\n".join(filter(None, parts))


def _made_of(record: StageRecord) -> str:
    made = [(label, f"`{key}`") for label, key in sorted(record.inputs.items())]
    return table(("made of", "key"), made)


def _scores(record: StageRecord, layout: DataLayout) -> str:
    """Give what was measured: of a model at each checkpoint, of an evaluation on test pictures."""
    folder = layout.stage(record.stage, record.key)
    match record.stage:
        case Stage.TRAIN:
            text = files.read_bytes(folder / "metrics.jsonl").decode()
            rows = [row for row in map(json.loads, text.splitlines()) if "val_l2" in row]
            names = list(rows[-1]) if rows else []
        case Stage.EVALUATE:
            rows = files.read_json(folder / "metrics.json")["test"]
            names = ["condition", "answer", "num_pictures", *SCORES]
        case _:
            return ""
    return table(names, ([row[name] for name in names] for row in rows))


def _seconds(record: StageRecord) -> float:
    started, ended = (datetime.fromisoformat(told) for told in (record.started_at, record.ended_at))
    return (ended - started).total_seconds()
