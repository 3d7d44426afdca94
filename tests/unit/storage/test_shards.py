import tarfile
from dataclasses import replace

import pytest
import webdataset

from storage import files, manifest, shards
from storage.errors import CorruptFile, MissingInput
from storage.layout import DataLayout
from storage.records import Contract, ShardRow, Split
from storage.shards import Sample, ShardPlan

PLAN = ShardPlan("a.tar", Split.TRAIN, 2, "digest")
SAMPLES = [
    Sample("aaaa", {"json": b"{}", "color.png": b"red"}),
    Sample("bbbb", {"json": b"[]", "color.png": b"blue"}),
]


def test_samples_come_back_as_they_were_written(layout: DataLayout):
    row = shards.make(layout.root, PLAN, SAMPLES)
    assert (row.name, row.samples, row.plan) == ("a.tar", 2, "digest")
    assert list(shards.read(layout.root / "a.tar", row.samples)) == SAMPLES


def test_the_same_samples_give_the_same_bytes(layout: DataLayout):
    plans = [replace(PLAN, name=name) for name in ("a.tar", "b.tar")]
    rows = [shards.make(layout.root, plan, SAMPLES) for plan in plans]
    assert rows[0].sha256 == rows[1].sha256


def test_the_order_of_a_samples_files_changes_no_byte(layout: DataLayout):
    turned = [Sample(each.key, dict(reversed(each.files.items()))) for each in SAMPLES]
    row = shards.make(layout.root, PLAN, SAMPLES)
    other = shards.make(layout.root, replace(PLAN, name="b.tar"), turned)
    assert row.sha256 == other.sha256


def test_shards_of_a_run_whose_record_is_broken_are_not_taken_over(
    layout: DataLayout, caplog: pytest.LogCaptureFixture
):
    for key, record in (("bad" * 4, "{"), ("a11" * 4, '{"contract": "shards/4"}')):
        folder = layout.stage("pack", key)
        row = shards.make(folder, replace(PLAN, digest=key), SAMPLES)
        manifest.write_table(shards.table_in(folder), Contract.SHARDS, [row], ShardRow)
        files.write_text(layout.record("pack", key), record)
    assert list(shards.made_before(layout, "pack", Contract.SHARDS)) == ["a11" * 4]
    assert "pack/badbadbadbad" in caplog.text


def test_a_shard_whose_bytes_have_changed_is_not_taken_over(
    layout: DataLayout, caplog: pytest.LogCaptureFixture
):
    old, new = layout.stage("pack", "old"), layout.stage("pack", "new")
    row = shards.make(old, PLAN, SAMPLES)
    former = {PLAN.digest: (old / row.name, row)}
    taken = shards.take_over(new, replace(PLAN, name="b.tar"), former)
    assert taken == replace(row, name="b.tar")
    content = bytearray((old / row.name).read_bytes())
    content[600] ^= 1
    (old / row.name).write_bytes(content)
    assert shards.take_over(new, PLAN, former) is None
    assert "its bytes have changed" in caplog.text
    assert not (new / PLAN.name).exists()


def test_a_shard_that_is_taken_over_is_of_the_split_that_it_is_planned_for(layout: DataLayout):
    old, new = layout.stage("pack", "old"), layout.stage("pack", "new")
    row = shards.make(old, PLAN, SAMPLES)
    plan = replace(PLAN, name="val.tar", split=Split.VAL)
    taken = shards.take_over(new, plan, {PLAN.digest: (old / row.name, row)})
    assert taken == replace(row, name="val.tar", split=Split.VAL)


@pytest.mark.parametrize("has_another", [True, False])
def test_a_shard_that_was_damaged_in_its_place_is_made_again(layout: DataLayout, has_another: bool):
    folder, other = layout.stage("pack", "new"), layout.stage("pack", "old")
    row = shards.make(folder, PLAN, SAMPLES)
    if has_another:
        shards.make(other, PLAN, SAMPLES)
    whole = (folder / row.name).read_bytes()
    former = {PLAN.digest: ((other if has_another else folder) / row.name, row)}
    assert shards.take_over(folder, PLAN, former) == row
    (folder / row.name).write_bytes(whole[:600])
    assert shards.take_over(folder, PLAN, former) == (row if has_another else None)
    assert shards.make(folder, PLAN, SAMPLES) == row
    assert (folder / row.name).read_bytes() == whole


def test_a_shard_that_is_lost_is_not_taken_over(layout: DataLayout):
    old, new = layout.stage("pack", "old"), layout.stage("pack", "new")
    row = shards.make(old, PLAN, SAMPLES)
    (old / row.name).unlink()
    assert shards.take_over(new, PLAN, {PLAN.digest: (old / row.name, row)}) is None


def test_members_carry_no_time_and_no_owner(layout: DataLayout):
    path = layout.root / "a.tar"
    shards.make(layout.root, PLAN, SAMPLES)
    with tarfile.open(str(path)) as tar:
        assert {(member.mtime, member.uid, member.uname) for member in tar} == {(0, 0, "")}


# webdataset leaves its file to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_webdataset_reads_our_shards(layout: DataLayout):
    path = layout.root / "a.tar"
    shards.make(layout.root, PLAN, SAMPLES)
    seen = list(webdataset.WebDataset(str(path), shardshuffle=False))
    assert [(one["__key__"], one["color.png"]) for one in seen] == [
        ("aaaa", b"red"),
        ("bbbb", b"blue"),
    ]


def test_a_shard_cut_between_members_is_noticed(layout: DataLayout):
    path = layout.root / "a.tar"
    shards.make(layout.root, PLAN, SAMPLES)
    # One member is a 512-byte header and a 512-byte block: this keeps one sample of two.
    path.write_bytes(path.read_bytes()[: 4 * 512])
    with pytest.raises(CorruptFile, match="holds 1 samples, wanted 2"):
        list(shards.read(path, 2))


def test_a_shard_cut_inside_a_member_is_noticed(layout: DataLayout):
    path = layout.root / "a.tar"
    shards.make(layout.root, PLAN, SAMPLES)
    path.write_bytes(path.read_bytes()[:700])
    with pytest.raises(CorruptFile):
        list(shards.read(path, 2))


def test_a_shard_that_is_not_there_says_so(layout: DataLayout):
    with pytest.raises(MissingInput):
        list(shards.read(layout.root / "none.tar"))


def test_nothing_stands_under_the_name_when_writing_fails(layout: DataLayout):
    def failing():
        yield SAMPLES[0]
        raise RuntimeError("the power went off")

    with pytest.raises(RuntimeError):
        shards.make(layout.root, PLAN, failing())
    assert list(layout.root.iterdir()) == []
