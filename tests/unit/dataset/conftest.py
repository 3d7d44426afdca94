"""One made dataset for all tests of this folder, and a copy of it that a test may break."""

import shutil
from pathlib import Path

import pytest

from dataset import version
from dataset.version import Version
from storage.layout import DataLayout
from tests.datasets import dataset_of, posts_of


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Version:
    """A dataset of forty drawings; to be read alone."""
    layout = DataLayout.at(str(tmp_path_factory.mktemp("made") / "root"))
    return version.of(dataset_of(layout, posts_of(layout, range(1, 41))), layout)


@pytest.fixture
def broken(made: Version, tmp_path: Path) -> Version:
    """A copy of it, to be broken."""
    shutil.copytree(str(made.layout.root), tmp_path / "root")
    return version.pick(DataLayout.at(str(tmp_path / "root")))
