"""The card of a version: Markdown for people, with the front matter that Hugging Face reads.

It follows from what was made alone, so the same dataset has the same card: it tells no times, no
paths and no version of the code.
"""

import json
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

import yaml
from upath import UPath

from dataset.contents import NOT_GIVEN, Contents, Step, contents, funnel, share
from dataset.markdown import code, table
from dataset.version import LINEAGE, Version
from storage import shards
from storage.ledger import Stage
from storage.records import ShardRow, Split, StageRecord
from storage.shards import SHARDS_NAME

CARD_NAME = "README.md"
NUM_TAGS = 20
NUM_SOURCES = 20
SIZES = {1_000: "n<1K", 10_000: "1K<n<10K", 100_000: "10K<n<100K", 1_000_000: "100K<n<1M"}
LARGEST = "n>1M"

FIELDS = {
    "color.png": "the whole picture on white, RGB, lossless: what is to be painted",
    "edge.png": "line art drawn from `color.png`, 8-bit gray, 255 is white: what is given",
    "hint.png": "the colour hint that models are judged with, RGB; in val and test alone, for"
    " training draws its hints afresh each step",
    "mask.png": "where that hint gives the truth (255) and where it is blank paper (0)",
    "line.png": "the artist's own line art, 8-bit gray; only where the site has it",
    "json": "where the picture is from",
}

READ = """\
```python
import glob

import webdataset as wds

shards = sorted(glob.glob("train-*.tar"))
pairs = wds.WebDataset(shards, shardshuffle=False).decode("rgb8")
for key, color, edge in pairs.to_tuple("__key__", "color.png", "edge.png"):
    ...  # arrays of uint8, height x width x 3
```"""

LIMITS = (
    "Line art is drawn by a detector, not by the artist: it has strokes where the colour changes"
    " and lacks strokes that a person would draw.",
    "A likeness that the perceptual hash does not see (a crop, a mirror image) is in the dataset"
    " twice, and may be so in two splits.",
    "Tags and ratings are the site's users'; nobody has looked at each picture for this dataset.",
    "Samples do not all have the same files (see above), which some loaders want to be told.",
)


def card_of(version: Version) -> str:
    """Write the card of a version."""
    held = contents(version)
    parts = [
        _front_matter(version),
        *_introduction(version, held),
        *_splits(version, held),
        *_sample(version),
        *_funnel(funnel(version)),
        *_rights(version, held),
        *_settings(version),
        *_digests(version),
        "## Known limits",
        "\n".join(f"- {limit}" for limit in LIMITS),
    ]
    return "\n\n".join(parts) + "\n"


def _front_matter(version: Version) -> str:
    number = len(version.kept)
    told = {
        "pretty_name": f"Irodori pairs {version.name}",
        "license": "other",
        "license_name": "each-picture-is-its-artists-own",
        "task_categories": ["image-to-image"],
        "tags": ["webdataset", "colorization", "line-art"],
        "size_categories": [
            next((name for limit, name in SIZES.items() if number < limit), LARGEST)
        ],
    }
    return f"---\n{yaml.safe_dump(told, sort_keys=False)}---"


def _introduction(version: Version, held: Contents) -> list[str]:
    size_px = version.record(Stage.PACK).settings["size_px"]
    drawn = version.record(Stage.CONDITION).settings
    return [
        f"# Irodori pairs {version.name}",
        f"{len(version.kept):,} drawings of {code(version.site)}"
        f" (snapshot {code(version.record(Stage.SCRAPE).settings.get('snapshot', ''))}), each as"
        f" a square of {size_px} px with the line art that the detector"
        f" {code(drawn['edges']['detector'])} draws of it, to learn how line art is coloured by"
        f" hints. {held.line_art:,} have the artist's own line art as well.",
        f"Made by Irodori; this version is `{version.key}`.",
    ]


def _splits(version: Version, held: Contents) -> list[str]:
    wanted = version.record(Stage.CLEAN).settings
    names = [split.value for split in Split]
    return [
        "## Splits",
        table(
            ("split", "pictures", "families", "wanted at most"),
            [
                (name, held.splits[name], held.families[name], wanted.get(f"num_{name}", ""))
                for name in names
            ],
        ),
        "Variants of one drawing (parent and child on the site, or alike to a perceptual hash) are"
        " a family, and a family is in one split. A version that grows out of this one moves no"
        " picture to another split.",
    ]


def _sample(version: Version) -> list[str]:
    endings, facts = _look(version.folder(Stage.CONDITION), version.shards())
    return [
        "## A sample",
        "The shards are plain tars, sorted; the files of one picture share its name, which is the"
        " md5 of its original.",
        table(
            ("file", "what it is"),
            [(f"`<md5>.{each}`", FIELDS.get(each, "")) for each in endings],
        ),
        f"The json has {', '.join(code(fact) for fact in facts)}.",
        READ,
    ]


def _look(folder: UPath, rows: Sequence[ShardRow]) -> tuple[list[str], list[str]]:
    """Give the files that samples have, and the facts of their json, from the first of each."""
    endings, facts = set[str](), set[str]()
    for row in {row.split: row for row in reversed(rows)}.values():
        for sample in islice(shards.read(folder / row.name), 1):
            endings |= sample.files.keys()
            facts |= json.loads(sample.files.get("json", b"{}")).keys()
    known = [each for each in FIELDS if each in endings | {"line.png"}]
    return known + sorted(endings - FIELDS.keys()), sorted(facts)


def _funnel(steps: Sequence[Step]) -> list[str]:
    return [
        "## From the site to the pairs",
        table(
            ("step", "pictures", "left out on the way"),
            [
                (
                    step.name,
                    step.number,
                    ", ".join(f"{name} {number:,}" for name, number in step.lost.items()),
                )
                for step in steps
            ],
        ),
    ]


def _rights(version: Version, held: Contents) -> list[str]:
    total = len(version.kept)
    return [
        "## Whose pictures these are",
        "Each picture belongs to its artist. This dataset grants no right to any; `source` and"
        " `post_url` in a sample's json say whom to ask. A picture is removed for good by"
        " `irodori takedown POST_ID_OR_MD5`, which every later version heeds.",
        *_ranking("licence, as the source names it", held.licences, total, NUM_SOURCES),
        *_ranking("source", held.sources, total, NUM_SOURCES),
        *_ranking("rating", held.ratings, total, NUM_SOURCES),
        *_ranking("tag", held.tags, total, NUM_TAGS),
    ]


def _ranking(what: str, counts: Mapping[str, int], total: int, limit: int) -> list[str]:
    if not counts:
        return []
    rows = [
        (name if name == NOT_GIVEN else code(name), number, share(number, total))
        for name, number in islice(counts.items(), limit)
    ]
    others = len(counts) - limit
    if others > 0 and what != "tag":
        rest = sum(islice(counts.values(), limit, None))
        rows.append((f"{others:,} others", rest, share(rest, total)))
    return [table((what, "pictures", "share"), rows)]


def _settings(version: Version) -> list[str]:
    told = {stage.value: _shown(version.record(stage)) for stage in LINEAGE}
    return [
        "## Settings",
        f"```yaml\n{yaml.safe_dump(told, allow_unicode=True)}```",
    ]


def _shown(record: StageRecord) -> dict[str, Any]:
    # A folder's path says where somebody keeps pictures, and is nobody else's business.
    folder = record.settings.get("folder")
    return record.settings | ({"folder": UPath(folder).name} if folder else {})


def _digests(version: Version) -> list[str]:
    keys = ", ".join(f"{stage} `{version.record(stage).key}`" for stage in LINEAGE)
    return [
        "## Digests",
        f"Keys: {keys}. `{SHARDS_NAME}` holds the table below;"
        f" `irodori dataset verify {version.name}` reads every byte again.",
        table(
            ("shard", "pictures", "bytes", "sha256"),
            [(row.name, row.samples, row.bytes, f"`{row.sha256}`") for row in version.shards()],
        ),
    ]
