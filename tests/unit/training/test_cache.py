import fcntl
import os
import signal
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from upath import UPath

from storage import manifest, shards
from storage.layout import DataLayout
from storage.ledger import Stage
from storage.records import Contract, ShardRow, Split, StageRecord
from tests.circle_pairs import make_pairs
from tests.shard_files import write_shard
from tests.unit.training.conftest import SIZE_PX
from training import cache
from training.data import load_pairs

OPEN = """
import sys
from upath import UPath
from storage.records import Split
from training.cache import open_decoded
print(open_decoded(UPath(sys.argv[1]), Split(sys.argv[2])).arrays["color"].sum())
"""

OPEN_WITH_LITTLE_ROOM = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (9000, 9000))"


def folder_of(layout: DataLayout, paired: StageRecord) -> UPath:
    return layout.stage(Stage.CONDITION, paired.key)


@pytest.fixture
def folder(layout: DataLayout, paired: StageRecord) -> UPath:
    return folder_of(layout, paired)


def place_of(folder: UPath, split: Split) -> Path:
    return DataLayout.of(folder).cache(folder.name) / split


def decoded_directly(folder: UPath, split: Split, ending: str, how: int) -> list[np.ndarray]:
    samples = shards.read(folder / f"{split}-000000.tar")
    contents = [np.frombuffer(one.files[ending], np.uint8) for one in samples]
    return [cv2.imdecode(content, how) for content in contents]


def open_elsewhere(folder: UPath, split: Split, first: str = "") -> subprocess.Popen[str]:
    command = [sys.executable, "-c", first + OPEN, str(folder), str(split)]
    return subprocess.Popen(
        command, cwd=Path.cwd(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


@pytest.mark.parametrize("split", list(Split))
def test_the_cache_holds_what_the_shards_decode_to_bit_for_bit(folder: UPath, split: Split) -> None:
    for _ in ("made", "found"):
        arrays = cache.open_decoded(folder, split).arrays
        colors = np.stack(decoded_directly(folder, split, "color.png", cv2.IMREAD_COLOR_RGB))
        edges = np.stack(decoded_directly(folder, split, "edge.png", cv2.IMREAD_GRAYSCALE))
        assert np.array_equal(arrays["color"], colors.transpose(0, 3, 1, 2))
        assert np.array_equal(arrays["edge"][:, 0], edges)
        assert ("hint" in arrays) == (split is not Split.TRAIN)


def test_the_arrays_are_plain_numpy_files(folder: UPath) -> None:
    arrays = cache.open_decoded(folder, Split.VAL).arrays
    for kind, array in arrays.items():
        assert np.array_equal(np.load(place_of(folder, Split.VAL) / f"{kind}.npy"), array)


def test_the_names_of_the_pictures_stand_in_their_order(folder: UPath) -> None:
    about = cache.open_decoded(folder, Split.TRAIN).about("train-000000.tar")
    keys = [one.key for one in shards.read(folder / "train-000000.tar")]
    assert [(place, one.md5) for place, one in about] == list(enumerate(keys))


def test_a_second_start_decodes_nothing(folder: UPath) -> None:
    before = load_pairs(folder, Split.TRAIN)
    (folder / "train-000000.tar").unlink()
    assert torch.equal(load_pairs(folder, Split.TRAIN).color, before.color)


@pytest.mark.parametrize(
    "file", ["color.npy", "edge.npy", "decoded.json", "val-000000.tar.parquet"]
)
@pytest.mark.parametrize("harm", ["cut", "longer", "gone"])
def test_a_damaged_cache_is_noticed_and_made_again(folder: UPath, file: str, harm: str) -> None:
    wanted = load_pairs(folder, Split.VAL).color.clone()
    path = place_of(folder, Split.VAL) / file
    content = path.read_bytes()
    path.unlink()
    if harm == "cut":
        path.write_bytes(content[: len(content) // 2])
    elif harm == "longer":
        path.write_bytes(content + b"more")
    assert torch.equal(load_pairs(folder, Split.VAL).color, wanted)
    assert path.read_bytes() == content


@pytest.mark.parametrize("file", ["color.npy", "decoded.json"])
def test_another_beginning_of_the_same_length_is_noticed(folder: UPath, file: str) -> None:
    wanted = load_pairs(folder, Split.VAL).color.clone()
    path = place_of(folder, Split.VAL) / file
    content = path.read_bytes()
    path.unlink()
    path.write_bytes(b"?" * 20 + content[20:])
    assert torch.equal(load_pairs(folder, Split.VAL).color, wanted)
    assert path.read_bytes() == content


def test_other_shards_under_the_same_key_are_decoded_anew(folder: UPath) -> None:
    before = load_pairs(folder, Split.VAL)
    rows = manifest.read_table(folder / "shards.parquet", Contract.PAIRS, ShardRow)
    samples = list(shards.read(folder / "val-000000.tar"))[:2]
    row = write_shard(folder, 0, Split.VAL, samples)
    rows = [row if one.name == row.name else one for one in rows]
    manifest.write_table(folder / "shards.parquet", Contract.PAIRS, rows, ShardRow)
    after = load_pairs(folder, Split.VAL)
    assert (len(before.color), len(after.color)) == (3, 2)
    assert torch.equal(after.color, before.color[:2])


def test_another_shard_behind_the_first_is_decoded_anew(layout: DataLayout) -> None:
    counts = {Split.TRAIN: [2, 2], Split.VAL: [1], Split.TEST: [1]}
    folder = folder_of(layout, make_pairs(layout, counts, SIZE_PX))
    before = load_pairs(folder, Split.TRAIN).color.clone()
    rows = manifest.read_table(folder / "shards.parquet", Contract.PAIRS, ShardRow)
    samples = list(shards.read(folder / "train-000001.tar"))
    row = write_shard(folder, 1, Split.TRAIN, samples[1:])
    rows = [row if one.name == row.name else one for one in rows]
    manifest.write_table(folder / "shards.parquet", Contract.PAIRS, rows, ShardRow)
    after = load_pairs(folder, Split.TRAIN).color
    assert torch.equal(after, before[[0, 1, 3]])


def test_two_processes_that_start_at_once_get_the_same_pictures(folder: UPath) -> None:
    both = [open_elsewhere(folder, Split.TRAIN) for _ in range(2)]
    told = [process.communicate() for process in both]
    wanted = cache.open_decoded(folder, Split.TRAIN).arrays["color"].sum()
    assert [(out.strip(), err) for out, err in told] == [(str(wanted), "")] * 2
    assert [path.name for path in place_of(folder, Split.TRAIN).parent.iterdir()] == ["train"]


def test_who_comes_second_waits_for_the_first(folder: UPath) -> None:
    place = place_of(folder, Split.TRAIN)
    place.parent.mkdir(parents=True)
    handle = os.open(place.parent, os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    waiting = open_elsewhere(folder, Split.TRAIN)
    with pytest.raises(subprocess.TimeoutExpired):
        waiting.wait(timeout=2)
    assert not place.exists()
    os.close(handle)
    assert waiting.communicate()[1] == ""
    assert place.exists()


def test_a_killed_build_leaves_a_part_that_the_next_one_sweeps(tmp_path: Path) -> None:
    layout = DataLayout.at(str(tmp_path / "killed"))
    paired = make_pairs(layout, {Split.TRAIN: [10]}, SIZE_PX)
    folder = layout.stage(Stage.CONDITION, paired.key)
    tar = folder / "train-000000.tar"
    content = tar.read_bytes()
    # A pipe in place of the shard gives half of it and then keeps the reader waiting.
    tar.unlink()
    os.mkfifo(tar)
    process = open_elsewhere(folder, Split.TRAIN)
    with Path(str(tar)).open("wb", buffering=0) as pipe:
        pipe.write(content[: len(content) // 2])
        process.send_signal(signal.SIGKILL)
        process.communicate()
    tar.unlink()
    tar.write_bytes(content)
    cached = place_of(folder, Split.TRAIN).parent
    assert [path.name for path in cached.iterdir()] == [".train.part"]
    assert len(load_pairs(folder, Split.TRAIN).color) == 10
    assert [path.name for path in cached.iterdir()] == ["train"]


def test_a_disk_that_is_too_small_is_one_line_that_names_the_place(folder: UPath) -> None:
    process = open_elsewhere(folder, Split.TRAIN, OPEN_WITH_LITTLE_ROOM)
    last = process.communicate()[1].splitlines()[-1]
    assert last.startswith("storage.errors.BadInput")
    assert str(place_of(folder, Split.TRAIN)) in last
    assert list(place_of(folder, Split.TRAIN).parent.iterdir()) == []


def test_a_root_that_is_no_disk_is_cached_where_the_user_keeps_caches(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    roots = [DataLayout.at(f"memory://{name}") for name in ("one", "two")]
    places = set()
    for number, layout in enumerate(roots):
        paired = make_pairs(layout, {Split.VAL: [1 + number]}, SIZE_PX)
        pairs = load_pairs(layout.stage(Stage.CONDITION, paired.key), Split.VAL)
        assert len(pairs.color) == 1 + number
        places.add(layout.cache(paired.key))
    assert len(places) == 2
    assert all(place.is_relative_to(tmp_path / "irodori") for place in places)
