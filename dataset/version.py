"""A dataset version: pairs that are finished, and all that they were made of.

That is one finished `condition` and its lineage, by the keys in the records' inputs. This folder
reads tables and shards and knows nothing of what made them: a check must not rest on the code
that it checks.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from upath import UPath

from storage import ledger, manifest, shards
from storage.errors import BadInput, ContractError, CorruptFile, MissingInput
from storage.layout import DataLayout
from storage.ledger import CONTRACTS, OpenStage, Stage
from storage.records import Post, ShardRow, Split, StageRecord, Verdict

LINEAGE = (Stage.SCRAPE, Stage.CLEAN, Stage.PACK, Stage.CONDITION)
SHORT_DIGITS = 8
"""So many digits of its key name a version in front of people."""
SAMPLE_SITE = "sample booru"


@dataclass(frozen=True)
class Version:
    """One dataset: the records of its lineage, as far as they are there, and their tables."""

    key: str
    records: Mapping[Stage, StageRecord]
    layout: DataLayout
    unreadable: str = ""
    """Why the record behind the last of these cannot be read; empty if it is gone, or all is there.
    """

    @property
    def name(self) -> str:
        """The first digits of the key: enough to tell it from others."""
        return self.key[:SHORT_DIGITS]

    def record(self, stage: Stage) -> StageRecord:
        """Give the record of one stage.

        Raises:
            MissingInput: it is gone, or cannot be read.
        """
        if stage not in self.records and self.unreadable:
            raise MissingInput(f"dataset {self.name}: {self.unreadable}")
        if stage not in self.records:
            # The record of the last that is lost is what named those before it.
            *_, lost = (each for each in LINEAGE if each not in self.records)
            raise MissingInput(
                f"dataset {self.name}: the {lost} it was made of is not below {self.layout.root}"
                " any more; put it back from a copy, or make the dataset anew (`irodori run`)"
            )
        return self.records[stage]

    def folder(self, stage: Stage) -> UPath:
        """Give the folder of one stage."""
        return self.layout.stage(stage, self.record(stage).key)

    @property
    def source_folder(self) -> str:
        """The folder that the pictures are from; empty if they are a site's."""
        return str(self.record(Stage.SCRAPE).settings.get("folder", ""))

    @property
    def site(self) -> str:
        """Where the pictures are from: a site's address, or a folder's name."""
        if self.source_folder:
            return f"folder {UPath(self.source_folder).name}"
        address = str(self.record(Stage.SCRAPE).settings.get("base_url", ""))
        return SAMPLE_SITE if address == "sample:" else address.removeprefix("https://")

    @cached_property
    def posts(self) -> list[Post]:
        """All posts of the snapshot, dropped ones too."""
        return list(manifest.rows_of(self.record(Stage.SCRAPE), self.layout, Post))

    @cached_property
    def verdicts(self) -> list[Verdict]:
        """The verdict on each post that has an original."""
        return list(manifest.rows_of(self.record(Stage.CLEAN), self.layout, Verdict))

    @cached_property
    def kept(self) -> dict[str, Verdict]:
        """The verdicts on what is in the dataset, by md5."""
        return {row.md5: row for row in self.verdicts if row.keep}

    def shards(self, stage: Stage = Stage.CONDITION) -> list[ShardRow]:
        """Give the shards of pairs, or those that they were drawn from: train, val, test."""
        rows = shards.rows_in(self.folder(stage), CONTRACTS[stage])
        return sorted(rows, key=lambda row: (list(Split).index(row.split), row.name))


@dataclass(frozen=True)
class Shelf:
    """All that lies below a root: versions, newest first, and what is none.

    `unpaired` are finished packs that no finished pairs were drawn from; `unreadable` says in a
    line each which records of pairs, or of what a version was made of, cannot be read, and why.
    """

    versions: tuple[Version, ...]
    unpaired: tuple[StageRecord, ...]
    unreadable: tuple[str, ...]


def shelf(layout: DataLayout) -> Shelf:
    """Find all versions below a root; nothing but stage records is read."""
    pairs, packs = (ledger.listed(layout, stage) for stage in (Stage.CONDITION, Stage.PACK))
    paired = {record.inputs.get("pack", "") for record in pairs.records}
    versions = tuple(of(record, layout) for record in pairs.records)
    lost = (f"{each.name}: {each.unreadable}" for each in versions if each.unreadable)
    return Shelf(
        versions=versions,
        unpaired=tuple(pack for pack in packs.records if pack.key not in paired),
        unreadable=(*pairs.unreadable, *lost),
    )


def of(paired: StageRecord, layout: DataLayout) -> Version:
    """Give the version that a record of pairs stands for, with what it was made of."""
    records, unreadable = {Stage.CONDITION: paired}, ""
    for made, origin in zip(LINEAGE[:0:-1], LINEAGE[-2::-1], strict=True):
        record = _read(layout, origin, records[made].inputs.get(origin, ""))
        if not isinstance(record, StageRecord):
            unreadable = record or ""
            break
        records[origin] = record
    return Version(paired.key, records, layout, unreadable)


def unsealed(opened: OpenStage, counts: Mapping[str, int]) -> Version:
    """Give the version that open pairs are about to be: their card is written before the record."""
    record = StageRecord(
        stage=opened.stage,
        key=opened.key,
        contract=CONTRACTS[opened.stage],
        settings=opened.settings,
        inputs=opened.inputs,
        counts=dict(counts),
        outputs=(),
        code_version="",
        started_at="",
        ended_at="",
    )
    return of(record, opened.layout)


def pick(layout: DataLayout, key: str = "") -> Version:
    """Give the version whose key begins so; the newest, if nothing is said.

    Raises:
        MissingInput: there is none at all.
        CorruptFile: what there is cannot be read.
        BadInput: no key begins so, or several do.
    """
    found = shelf(layout)
    versions = found.versions
    if not versions and found.unreadable:
        raise CorruptFile(found.unreadable[0])
    if not versions:
        raise MissingInput(f"{layout.root}: no dataset yet; make one with `irodori run`")
    begins = [each for each in versions if each.key.startswith(key.lower())]
    if len(begins) == 1 or not key:
        return begins[0]
    named = ", ".join(each.key for each in begins or versions)
    if begins:
        raise BadInput(f"dataset {key}: {len(begins)} begin so: {named}; write one more digit")
    told = [f"dataset {key}: none below {layout.root} begins so; there are {named}"]
    raise BadInput("; not readable: ".join([*told, *found.unreadable]))


def _read(layout: DataLayout, stage: Stage, key: str) -> StageRecord | str | None:
    """Read a stage record as it stands, if it is there; a line that says why it cannot be read."""
    try:
        return ledger.read(layout, stage, key)
    except (ContractError, CorruptFile) as error:
        return str(error)
