import json
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from dataset import version
from dataset.takedown import take_down
from dataset.verify import verify
from dataset.version import Version
from preprocessing.config import ConditionConfig
from preprocessing.stage import condition
from storage import files, manifest, shards
from storage.layout import LOOK_NAME, DataLayout
from storage.ledger import CONTRACTS, OpenStage, Stage
from storage.records import Contract, DropReason, Post, ShardRow, Split, Verdict
from storage.shards import SHARDS_NAME, Sample
from storage.takedowns import Takedown
from tests.datasets import dataset_of, posts_of
from tests.shard_files import write_shard

Files = dict[str, bytes]


def _found(broken: Version, *, originals: bool = False) -> list[str]:
    """What is wrong, below the keys."""
    again = version.pick(broken.layout, broken.key)
    return [str(each) for each in verify(again, originals=originals).damages]


def _shard(broken: Version, split: Split, stage: Stage = Stage.CONDITION) -> ShardRow:
    return next(row for row in broken.shards(stage) if row.split is split)


def _sealed(broken: Version, stage: Stage) -> None:
    """Seal a stage again, so that its record speaks for what is there now."""
    record = broken.record(stage)
    opened = OpenStage(
        stage, record.key, record.settings, record.inputs, broken.layout, record.started_at, None
    )
    opened.seal(record.counts)


def _rewritten(broken: Version, row: ShardRow, change: Callable[[list[Sample]], list[Sample]]):
    """Change the samples of a shard of pairs, and make its table and record agree."""
    folder = broken.folder(Stage.CONDITION)
    samples = change(list(shards.read(folder / row.name)))
    number = int(row.name.removesuffix(".tar").rpartition("-")[2])
    new = write_shard(folder, number, row.split, samples)
    told = {"samples": new.samples, "bytes": new.bytes, "sha256": new.sha256}
    rows = [replace(each, **told) if each.name == row.name else each for each in broken.shards()]
    manifest.write_table(folder / SHARDS_NAME, CONTRACTS[Stage.CONDITION], rows, ShardRow)
    _sealed(broken, Stage.CONDITION)


def _changed(change: Callable[[Files], Files]) -> Callable[[list[Sample]], list[Sample]]:
    """Change the files of the first sample."""
    return lambda samples: [Sample(samples[0].key, change(samples[0].files)), *samples[1:]]


def test_a_whole_version_is_found_whole(made: Version):
    found = verify(made, originals=True)
    assert found.damages == ()
    assert (found.pictures, found.originals) == (len(made.kept), len(made.kept))
    assert found.samples == 2 * len(made.kept)
    outputs = [output for record in made.records.values() for output in record.outputs]
    assert (found.files, found.bytes) == (len(outputs), sum(each.bytes for each in outputs))


def test_a_flipped_bit_is_one_line_and_its_way_out_mends_it(broken: Version):
    path = Path(str(broken.folder(Stage.CONDITION))) / _shard(broken, Split.TRAIN).name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    assert _found(broken) == [
        f"condition/{broken.key}/{path.name}: its sha256 is not that of its record;"
        " delete it and run `irodori condition` with the same settings"
    ]
    path.unlink()
    condition(ConditionConfig(), broken.record(Stage.PACK), broken.layout, seed=1)
    assert _found(broken) == []


@pytest.mark.parametrize("stage", [Stage.SCRAPE, Stage.CLEAN, Stage.PACK, Stage.CONDITION])
def test_every_file_of_the_lineage_is_read(broken: Version, stage: Stage):
    record = broken.record(stage)
    for output in record.outputs:
        (broken.folder(stage) / output.name).write_bytes(b"short")
    lines = _found(broken)
    for output in record.outputs:
        (line,) = [each for each in lines if each.startswith(f"{stage}/{record.key}/{output.name}")]
        assert f"has 5 bytes, its record says {output.bytes:,}" in line


def test_a_lost_file_is_said_to_be_gone(broken: Version):
    row = _shard(broken, Split.VAL, Stage.PACK)
    (broken.folder(Stage.PACK) / row.name).unlink()
    (line,) = _found(broken)
    assert f"{row.name}: is gone; run `irodori pack`" in line


def test_a_look_at_the_site_that_is_lost_or_unreadable_is_named(broken: Version):
    look = broken.folder(Stage.SCRAPE) / LOOK_NAME
    way_out = "put it back from a copy, or {}scrape a new snapshot (--scraper.snapshot NAME)"
    look.write_text("[1]")
    (line,) = _found(broken)
    assert line.endswith(f"{LOOK_NAME}: cannot be read; " + way_out.format("delete it and "))
    look.unlink()
    (line,) = _found(broken)
    assert line.endswith(f"{LOOK_NAME}: is gone; " + way_out.format(""))


@pytest.mark.parametrize(
    ("split", "ending"),
    [
        (Split.TRAIN, "color.png"),
        (Split.TRAIN, "edge.png"),
        (Split.TRAIN, "json"),
        (Split.VAL, "hint.png"),
        (Split.TEST, "hint.png"),
    ],
)
def test_a_sample_that_lacks_a_file_is_named(broken: Version, split: Split, ending: str):
    row = _shard(broken, split)
    without = _changed(lambda held: {name: held[name] for name in held if name != ending})
    _rewritten(broken, row, without)
    (line,) = _found(broken)
    assert row.name in line
    assert f"lacks {ending}" in line


def test_a_picture_of_another_size_or_none_is_named(broken: Version):
    large = cv2.imencode(".png", np.zeros((64, 65, 3), np.uint8))[1].tobytes()
    _rewritten(
        broken,
        _shard(broken, Split.TRAIN),
        _changed(lambda held: held | {"color.png": large, "edge.png": b"none", "json": b"{}"}),
    )
    (line,) = _found(broken)
    assert "its color.png is 65x64 px, wanted 64" in line
    assert "its edge.png does not decode" in line
    assert "its json is not its own" in line


@pytest.mark.parametrize(("height", "width"), [(63, 64), (64, 63), (32, 32)])
def test_a_picture_with_either_side_wrong_is_named(broken: Version, height: int, width: int):
    lines = cv2.imencode(".png", np.zeros((height, width), np.uint8))[1].tobytes()
    row = _shard(broken, Split.TRAIN)
    _rewritten(broken, row, _changed(lambda held: held | {"edge.png": lines}))
    (line,) = _found(broken)
    assert f"its edge.png is {width}x{height} px, wanted 64" in line


def test_a_picture_in_the_wrong_split_is_named(broken: Version):
    moved: list[Sample] = []

    def without_first(samples: list[Sample]) -> list[Sample]:
        moved.append(samples[0])
        return samples[1:]

    _rewritten(broken, _shard(broken, Split.VAL), without_first)
    _rewritten(broken, _shard(broken, Split.TEST), lambda samples: [*samples, *moved])
    (line,) = _found(broken)
    assert f"{moved[0].key} is of val, and lies in test" in line


def test_a_shard_that_is_short_is_not_said_to_lack_each_picture(broken: Version):
    folder, row = broken.folder(Stage.CONDITION), _shard(broken, Split.TRAIN)
    number = int(row.name.removesuffix(".tar").rpartition("-")[2])
    new = write_shard(folder, number, row.split, list(shards.read(folder / row.name))[:2])
    told = {"bytes": new.bytes, "sha256": new.sha256}
    rows = [replace(each, **told) if each.name == row.name else each for each in broken.shards()]
    manifest.write_table(folder / SHARDS_NAME, CONTRACTS[Stage.CONDITION], rows, ShardRow)
    _sealed(broken, Stage.CONDITION)
    (line,) = _found(broken)
    assert f"{row.name}: holds 2 samples, wanted {row.samples}" in line


def test_a_picture_in_the_wrong_split_and_twice_is_named(broken: Version):
    folder = broken.folder(Stage.CONDITION)
    stray = next(shards.read(folder / _shard(broken, Split.VAL).name))
    _rewritten(broken, _shard(broken, Split.TEST), lambda samples: [*samples, stray])
    (line,) = _found(broken)
    assert f"{stray.key} is in condition/{broken.key}/{_shard(broken, Split.VAL).name} too" in line


def test_a_kept_picture_in_no_shard_and_a_dropped_one_in_a_shard_are_named(broken: Version):
    lost: list[str] = []

    def renamed(samples: list[Sample]) -> list[Sample]:
        first, *rest = samples
        lost.append(first.key)
        own = first.files | {"json": b'{"md5": "%s"}' % (b"0" * 32)}
        return [Sample("0" * 32, own), *rest]

    _rewritten(broken, _shard(broken, Split.TRAIN), renamed)
    lines = _found(broken)
    assert [line.partition(": ")[2].partition(";")[0] for line in lines] == [
        f"{lost[0]} was kept by clean, and is in no shard",
        f"{'0' * 32} was not kept by clean",
    ]


def test_a_family_or_picture_in_two_splits_is_named(broken: Version):
    first, second = (
        next(row for row in broken.verdicts if row.keep and row.split is split)
        for split in (Split.TRAIN, Split.TEST)
    )
    rows = [
        replace(row, family=first.family) if row.md5 == second.md5 else row
        for row in broken.verdicts
    ]
    path = broken.folder(Stage.CLEAN) / "part-00000.parquet"
    manifest.write_table(path, Contract.VERDICTS, rows, Verdict)
    _sealed(broken, Stage.CLEAN)
    line, other = _found(broken)
    assert f"family {first.family} is in test and train" in line
    assert other.startswith(f"pack/{broken.record(Stage.PACK).key}: was made when clean/")


def test_a_stage_made_again_of_something_else_is_named_though_the_counts_agree(broken: Version):
    posts = [replace(post, tags=("edited",)) for post in broken.posts]
    path = broken.folder(Stage.SCRAPE) / "part-00000.parquet"
    manifest.write_table(path, Contract.POSTS, posts, Post)
    _sealed(broken, Stage.SCRAPE)
    (line,) = _found(broken)
    scraped, cleaned = (broken.record(stage).key for stage in (Stage.SCRAPE, Stage.CLEAN))
    assert line.startswith(f"clean/{cleaned}: was made when scrape/{scraped} held something else;")
    assert "delete its clean, pack and condition" in line


def test_what_was_taken_down_since_is_named_and_not_missed_among_the_originals(broken: Version):
    row = next(row for row in broken.kept.values() if not row.line_md5)
    take_down(broken.layout, row.md5, "2026-01-02")
    found = verify(broken, originals=True)
    assert found.originals == len(broken.kept) - 1
    (line,) = map(str, found.damages)
    assert f"{row.md5} (post {row.post_id}) was taken down since" in line


def test_a_picture_whose_line_art_was_taken_down_elsewhere_is_named(broken: Version):
    row = next(row for row in broken.kept.values() if row.line_md5)
    entry = Takedown("other:", 9, "0" * 32, "", row.line_md5, "2026-01-02")
    files.write_json(broken.layout.takedowns(), [asdict(entry)])
    (line,) = _found(broken)
    assert f"{row.md5} (post {row.post_id}) was taken down since" in line


def test_a_table_that_disagrees_with_its_record_is_named(broken: Version):
    first, *others = broken.shards()
    path = broken.folder(Stage.CONDITION) / SHARDS_NAME
    rows = [replace(first, sha256="0" * 64), *others]
    manifest.write_table(path, CONTRACTS[Stage.CONDITION], rows, ShardRow)
    _sealed(broken, Stage.CONDITION)
    (line,) = _found(broken)
    assert f"{first.name}: its sha256 in shards.parquet is not its record's" in line


def test_a_snapshot_after_a_takedown_makes_a_version_that_is_whole(layout: DataLayout):
    posts = posts_of(layout, range(1, 41))
    first = version.of(dataset_of(layout, posts), layout)
    removed = next(iter(first.kept.values()))
    take_down(layout, removed.md5, "2026-01-02")
    # The next scrape finds it on the list, and another that is gone was taken down as well.
    new = [
        replace(post, reason=DropReason.TAKEN_DOWN) if post.md5 == removed.md5 else post
        for post in posts
    ]
    second = version.of(dataset_of(layout, new, "2"), layout)
    assert verify(second).damages == ()
    assert second.kept.keys() == first.kept.keys() - {removed.md5}
    gone = replace(posts[-1], reason=DropReason.VANISHED)
    third = version.of(dataset_of(layout, [*new[:-1], gone], "3"), layout)
    take_down(layout, gone.md5, "2026-01-03")
    fourth = version.of(dataset_of(layout, [*new[:-1], gone], "3"), layout)
    assert fourth.key != third.key
    assert verify(fourth).damages == ()


def test_originals_are_read_when_it_is_asked_for(broken: Version):
    gone, changed, *_ = broken.kept.values()
    lined = next(row for row in broken.kept.values() if row.line_md5)
    broken.layout.image(gone.md5, "png").unlink()
    broken.layout.image(changed.md5, "png").write_bytes(b"other")
    broken.layout.image(lined.line_md5, "png").write_bytes(b"other")
    assert _found(broken) == []
    told = {line.partition(";")[0] for line in _found(broken, originals=True)}
    assert told >= {
        f"images/{gone.md5[:2]}/{gone.md5}.png: it is gone",
        f"images/{changed.md5[:2]}/{changed.md5}.png: its bytes have changed",
        f"images/{lined.line_md5[:2]}/{lined.line_md5}.png: its bytes have changed",
    }
    assert len(told) == 3


def test_an_original_of_the_right_md5_and_another_sha256_is_named(made: Version):
    other = Version(made.key, made.records, made.layout)
    row = next(iter(made.kept.values()))
    other.__dict__["kept"] = made.kept | {row.md5: replace(row, sha256="0" * 64)}
    (damage,) = verify(other, originals=True).damages
    assert damage.file == f"images/{row.md5[:2]}/{row.md5}.png"
    assert damage.found == "its bytes have changed"


def test_a_shard_that_no_record_names_is_named(broken: Version):
    (broken.folder(Stage.CONDITION) / "train-000099.tar").write_bytes(b"")
    (line,) = _found(broken)
    assert line.endswith("train-000099.tar: is in no record; delete it")


def test_stages_that_saw_different_pictures_are_named(broken: Version):
    scraped, cleaned = broken.record(Stage.SCRAPE), broken.record(Stage.CLEAN)
    for record, name, more in ((scraped, "originals", 3), (cleaned, "train", 1)):
        counts = record.counts | {name: record.counts[name] + more}
        told = json.loads(broken.layout.record(record.stage, record.key).read_text())
        files.write_json(broken.layout.record(record.stage, record.key), told | {"counts": counts})
    found = _found(broken)
    assert any("3 too few; its stages saw different pictures" in each for each in found)
    assert any("clean/" in each and "of train, its table" in each for each in found)


def test_a_record_that_was_edited_no_longer_fits_its_key(broken: Version):
    path = broken.layout.record(Stage.CONDITION, broken.key)
    content = files.read_json(path)
    content["settings"]["seed"] = 2
    files.write_json(path, content)
    (line,) = _found(broken)
    assert "its settings and inputs are not those that its key was made of" in line


def test_a_picture_that_is_kept_in_two_splits_is_named(broken: Version):
    first, second = (
        next(row for row in broken.verdicts if row.keep and row.split is split)
        for split in (Split.TRAIN, Split.TEST)
    )
    rows = [*broken.verdicts, replace(first, post_id=999, family="f" * 32, split=second.split)]
    path = broken.folder(Stage.CLEAN) / "part-00000.parquet"
    manifest.write_table(path, Contract.VERDICTS, rows, Verdict)
    _sealed(broken, Stage.CLEAN)
    assert any(f"picture {first.md5} is in test and train" in line for line in _found(broken))


def test_a_step_that_does_not_add_up_is_said_to_have_too_few_or_too_many(broken: Version):
    packed = broken.record(Stage.PACK)
    path = broken.layout.record(Stage.PACK, packed.key)
    counts = packed.counts | {"train": packed.counts["train"] + 3}
    files.write_json(path, files.read_json(path) | {"counts": counts})
    number = len(broken.kept)
    told = [line.partition(": ")[2].partition(";")[0] for line in _found(broken)]
    assert told == [
        f"packed {number + 3}, which is 3 too many",
        f"paired {number}, which is 3 too few",
    ]


def test_a_version_that_some_pictures_were_left_out_of_is_whole(layout: DataLayout):
    posts = [*posts_of(layout, range(1, 41)), *posts_of(layout, range(41, 45), side_px=48)]
    small = version.of(dataset_of(layout, posts), layout)
    assert len(small.verdicts) - len(small.kept) == 4
    assert verify(small, originals=True).damages == ()


def test_line_art_that_was_taken_down_since_is_not_missed_among_the_originals(broken: Version):
    row = next(row for row in broken.kept.values() if row.line_md5)
    entry = Takedown("other:", 9, "0" * 32, "", row.line_md5, "2026-01-02")
    files.write_json(broken.layout.takedowns(), [asdict(entry)])
    broken.layout.image(row.line_md5, "png").unlink()
    (line,) = _found(broken, originals=True)
    assert "was taken down since" in line
