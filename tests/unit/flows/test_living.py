"""What `irodori up` refuses at once."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from flows import living
from flows.living import House
from storage.errors import BadInput

SLEEP = (sys.executable, "-c", "import time; time.sleep(60)")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A system with a home of its own, which ends with the test."""
    house = House(tmp_path, 1)
    yield house
    living.down(house)


def test_a_program_that_speaks_no_http_has_the_port(house: House, babbler: int):
    house.worker.start(SLEEP, {})
    with pytest.raises(BadInput, match=f"--port {babbler}: taken by another program"):
        living.up(House(house.home, babbler))
