import dataclasses
import random
from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest
from pyarrow import parquet
from upath import UPath

from storage import digest, ledger, manifest
from storage.errors import ContractError, CorruptFile, MissingInput
from storage.layout import DataLayout, part_name
from storage.ledger import Stage
from storage.records import Contract, DropReason, Md5Match, Measure, Post, ShardRow, Split
from storage.section import Section

POST = Post(
    post_id=7,
    md5="aa",
    reason=None,
    sha256="bb",
    bytes=3,
    extension="png",
    width=4,
    height=5,
    site_md5="aa",
    md5_match=Md5Match.MATCH,
    tags=("1girl", "solo"),
    rating="s",
    score=None,
    source="",
    owner="someone",
    created_at="",
    changed_at=1,
    parent_id=0,
    has_children=False,
    post_url="",
    file_url="",
    line_url="",
    line_md5="",
)


def test_rows_come_back_as_they_were_written(layout: DataLayout):
    rows = [POST, Post(**{**_fields(POST), "reason": DropReason.GONE, "score": 3, "tags": ()})]
    path = layout.root / "posts.parquet"
    manifest.write_table(path, Contract.POSTS, rows, Post)
    assert manifest.read_table(path, Contract.POSTS, Post) == rows


@dataclasses.dataclass(frozen=True, kw_only=True)
class Scored:
    """Some of a post's columns, in another order."""

    score: int | None
    post_id: int
    reason: DropReason | None


def test_a_row_type_of_fewer_fields_reads_these_columns_alone(layout: DataLayout):
    rows = [POST, dataclasses.replace(POST, post_id=8, score=3, reason=DropReason.GONE)]
    path = layout.root / "posts.parquet"
    manifest.write_table(path, Contract.POSTS, rows, Post)
    found = manifest.read_table(path, Contract.POSTS, Scored)
    assert found == [
        Scored(score=None, post_id=7, reason=None),
        Scored(score=3, post_id=8, reason=DropReason.GONE),
    ]
    assert found[1].reason is DropReason.GONE
    # Damage to another column is not even seen.
    (column,) = (
        part
        for part in map(parquet.read_metadata(path).row_group(0).column, range(len(_fields(POST))))
        if part.path_in_schema == "owner"
    )
    start = column.dictionary_page_offset
    content = bytearray(path.read_bytes())
    content[start : start + column.total_compressed_size] = bytes(column.total_compressed_size)
    path.write_bytes(content)
    assert manifest.read_table(path, Contract.POSTS, Scored) == found
    with pytest.raises(CorruptFile):
        manifest.read_table(path, Contract.POSTS, Post)


def test_the_same_rows_give_the_same_bytes(layout: DataLayout):
    for name in ("one", "other"):
        manifest.write_table(layout.root / name, Contract.POSTS, [POST], Post)
    assert (layout.root / "one").read_bytes() == (layout.root / "other").read_bytes()


def test_another_contract_is_refused_with_both_names(layout: DataLayout):
    path = layout.root / "shards.parquet"
    row = ShardRow("train-000000.tar", Split.TRAIN, 1, 2, "cc", "dd")
    manifest.write_table(path, Contract.SHARDS, [row], ShardRow)
    with pytest.raises(ContractError, match=r"holds shards/4, wanted pairs/2"):
        manifest.read_table(path, Contract.PAIRS, ShardRow)


def test_a_table_that_is_not_there_says_so(layout: DataLayout):
    with pytest.raises(MissingInput, match="not there"):
        manifest.read_table(layout.root / "none", Contract.POSTS, Post)


def test_the_rows_of_a_stage_are_those_of_its_parts_and_of_no_other_table(layout: DataLayout):
    opened = ledger.open_stage(Stage.SCRAPE, Section(), inputs={}, layout=layout)
    rows = [dataclasses.replace(POST, post_id=number) for number in (1, 2)]
    for number, row in enumerate(rows):
        manifest.write_table(opened.folder / part_name(number), Contract.POSTS, [row], Post)
    manifest.write_table(opened.folder / "seen.parquet", Contract.MEASURES, [], Measure)
    assert list(manifest.rows_of(opened.seal({}), layout, Post)) == rows


def test_of_a_damaged_table_nothing_but_one_line_is_told(layout: DataLayout):
    path = layout.root / "posts.parquet"
    rows = [dataclasses.replace(POST, post_id=number) for number in range(50)]
    manifest.write_table(path, Contract.POSTS, rows, Post)
    whole, chance, told = path.read_bytes(), random.Random(1), Counter[str]()
    for _ in range(300):
        damaged = bytearray(whole)
        for _ in range(3):
            damaged[chance.randrange(len(whole))] = chance.randrange(256)
        path.write_bytes(damaged[: chance.choice([len(whole), chance.randrange(len(whole))])])
        try:
            manifest.read_table(path, Contract.POSTS, Post)
            told["read"] += 1
        except (CorruptFile, ContractError) as error:
            told[type(error).__name__] += 1
    assert told["CorruptFile"] > 200


def test_a_file_that_is_no_table_is_corrupt(layout: DataLayout):
    layout.root.mkdir(parents=True)
    (layout.root / "broken").write_bytes(b"not a table")
    with pytest.raises(CorruptFile):
        manifest.read_table(layout.root / "broken", Contract.POSTS, Post)


def test_the_contract_stands_in_the_file_for_other_programs(layout: DataLayout):
    path = layout.root / "measures.parquet"
    manifest.write_table(path, Contract.MEASURES, [], Measure)
    with path.open("rb") as file:
        assert parquet.read_schema(file).metadata == {b"irodori.contract": b"measures/4"}


def _fields(post: Post) -> dict:
    return {name: getattr(post, name) for name in Post.__slots__}


def _shard_rows(number: int) -> list[ShardRow]:
    facts = (Split.TRAIN, 5, 7, "0" * 64, "1" * 64)
    return [ShardRow(f"{each:032x}.tar", *facts) for each in range(number)]


def test_a_bit_that_flips_is_not_read_as_other_rows(tmp_path: Path):
    path = UPath(tmp_path / "table.parquet")
    rows = _shard_rows(50)
    manifest.write_table(path, Contract.SHARDS, rows, ShardRow)
    sha256 = digest.of_file(path)
    assert manifest.read_table(path, Contract.SHARDS, ShardRow, sha256) == rows
    content = bytearray(path.read_bytes())
    content[len(content) // 4] ^= 1
    path.write_bytes(content)
    with pytest.raises(CorruptFile, match="its sha256 is not that of its stage's record"):
        manifest.read_table(path, Contract.SHARDS, ShardRow, sha256)


def test_a_checked_table_needs_no_digest(tmp_path: Path):
    path = UPath(tmp_path / "table.parquet")
    rows = _shard_rows(50)
    manifest.write_table(path, Contract.SHARDS, rows, ShardRow, checked=True)
    whole = path.read_bytes()
    other = 0
    for place in range(0, len(whole), 7):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 16]) + whole[place + 1 :])
        with suppress(CorruptFile, ContractError):
            other += manifest.read_table(path, Contract.SHARDS, ShardRow) != rows
    assert other == 0
