"""What is locked can be installed by whoever is promised that it can."""

import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version

HOME = Path(__file__).parents[2]


@pytest.fixture
def oldest_python() -> Version:
    promised = tomllib.loads((HOME / "pyproject.toml").read_text())["project"]["requires-python"]
    (least,) = SpecifierSet(promised)
    assert least.operator == ">="
    return Version(least.version)


def test_every_locked_package_takes_the_oldest_python_that_is_promised(oldest_python: Version):
    lines = (HOME / "requirements.lock").read_text().splitlines()
    locked = [Requirement(line).name for line in lines if line and not line.startswith("#")]
    wants = {name: metadata.metadata(name).json.get("requires_python", "") for name in locked}
    assert len(locked) > 100
    assert {
        name: wanted for name, wanted in wants.items() if oldest_python not in SpecifierSet(wanted)
    } == {}
