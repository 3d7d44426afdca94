"""Write docs/configuration.md and docs/contracts.md from the code, or check that they are so.

python -m docs.generate [--check]
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic.fields import FieldInfo

from flows.config import PipelineConfig
from storage import manifest
from storage.ledger import CONTRACTS
from storage.records import (
    Contract,
    DropReason,
    Measure,
    Post,
    ShardRow,
    StageRecord,
    Verdict,
)
from storage.section import Section

HERE = Path(__file__).parent
CHECKPOINT = (
    "A folder `checkpoints/step-<number>/` is a whole checkpoint once `state.json` is there,",
    "which is written last: `step`, `size_px` (the side of the pictures), `recipe` (every field",
    "of it, from which the networks are built). Weights are safetensors by the names that",
    "PyTorch gives them, float32: `generator`, `averaged` (where `ema` is not 0: what colours),",
    "`critic` (where there is one), and of the newest two `optimizer`. `metrics.jsonl` has a",
    "row of numbers every so many steps, `best.json` names the checkpoint that was best on",
    "validation. [How to load one](questions.md).",
)
TABLES = {
    Contract.POSTS: Post,
    Contract.MEASURES: Measure,
    Contract.VERDICTS: Verdict,
    Contract.SHARDS: ShardRow,
    Contract.PAIRS: ShardRow,
}


def configuration() -> str:
    """Write one table a section: flag, default, meaning."""
    return "\n".join(
        [
            "# Configuration",
            "",
            "Every field is a flag of `irodori`, a key under `config` in `prefect.yaml` (with `_`",
            "for `-`), and a line of the Prefect form. Defaults are the paper's; `irodori show`",
            "prints what a preset and flags make of them. Fields marked *pace* say how to work and",
            "are no part of a stage's key.",
            "",
            *_section("", PipelineConfig, "The pipeline"),
        ]
    )


def _section(prefix: str, section: type[Section], title: str) -> Iterator[str]:
    inner: list[tuple[str, type[Section], str]] = []
    rows = []
    for name, field in section.model_fields.items():
        flag = f"{prefix}{name}".replace("_", "-")
        if isinstance(field.annotation, type) and issubclass(field.annotation, Section):
            inner.append((f"{prefix}{name}.", field.annotation, field.description or ""))
        else:
            rows.append(f"| `--{flag}` | {_default(field)} | {_meaning(field)} |")
    yield f"## {title.rstrip('.')}"
    yield ""
    if rows:
        yield "| flag | default | meaning |"
        yield "|---|---|---|"
        yield from rows
        yield ""
    for inner_prefix, inner_section, sentence in inner:
        yield from _section(inner_prefix, inner_section, f"`{inner_prefix[:-1]}`: {sentence}")


def _default(field: FieldInfo) -> str:
    default = field.get_default(call_default_factory=True)
    if default is None:
        return "as the recipe says" if "recipe" in (field.description or "") else "none"
    if isinstance(default, tuple):
        return " ".join(f"`{each}`" for each in default) or "empty"
    return f"`{default}`"


def _meaning(field: FieldInfo) -> str:
    extra = field.json_schema_extra
    operational = isinstance(extra, dict) and extra.get("operational")
    sentence = " ".join((field.description or "").split()).replace("|", "\\|")
    told = " ".join(filter(None, [sentence, _words(field)]))
    return f"{told} *(pace)*" if operational else told


def _words(field: FieldInfo) -> str:
    """List the words that a field takes, where it takes no others."""
    words = [each for each in _literals(field.annotation) if isinstance(each, str)]
    several = isinstance(field.get_default(call_default_factory=True), tuple)
    listed = ", ".join(f"`{word}`" for word in words)
    return f"{'Some' if several else 'One'} of {listed}." if words else ""


def _literals(annotation: Any) -> Iterator[Any]:
    if get_origin(annotation) is Literal:
        yield from get_args(annotation)
        return
    for inner in get_args(annotation):
        yield from _literals(inner)


def contracts() -> str:
    """Write the stages, the tables' columns, and the reasons for which something is dropped."""
    lines = [
        "# Contracts",
        "",
        "A stage's folder is `<root>/<stage>/<key>/`; `stage.json`, written last, says that it is",
        "finished, what made it, and every file's bytes and sha256.",
        "",
        "| stage | contract |",
        "|---|---|",
        *(f"| {stage} | `{contract}` |" for stage, contract in CONTRACTS.items()),
        "",
        "## `stage.json`",
        "",
        _told(StageRecord),
        "",
    ]
    for contract, row_type in TABLES.items():
        lines += [f"## `{contract}`", "", _told(row_type), "", "| column | type |", "|---|---|"]
        lines += [f"| `{each.name}` | {each.type} |" for each in manifest.schema_of(row_type)]
        lines.append("")
    lines += [f"## `{Contract.CHECKPOINT}`", "", *CHECKPOINT, ""]
    lines += ["## Reasons for a drop", ""]
    lines += [f"- `{reason}`" for reason in DropReason]
    return "\n".join([*lines, ""])


def _told(row_type: type) -> str:
    paragraphs = (row_type.__doc__ or "").split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


def main(arguments: list[str]) -> int:
    """Write the pages, or with --check only compare them; 1 if one is out of date."""
    pages = {"configuration.md": configuration(), "contracts.md": contracts()}
    if "--check" not in arguments:
        for name, text in pages.items():
            (HERE / name).write_text(text)
        return 0
    stale = [
        name
        for name, text in pages.items()
        if not (HERE / name).exists() or (HERE / name).read_text() != text
    ]
    for name in stale:
        sys.stderr.write(f"docs/{name} is out of date; run `make docs`\n")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
