"""A living system on a real PostgreSQL, whose database goes away in the middle of a run."""

import time
from collections.abc import Callable, Iterator

import pytest

from flows.config import PipelineConfig
from tests import postgres
from tests.living_system import PATIENCE_SECONDS, Living, living_at
from tests.living_training import STEPS, begin
from tests.many_tasks import AT_ONCE, NUM_TASKS
from tests.postgres import Postgres
from tests.waiting import wait_for

AWAY_SECONDS = 20

pytestmark = [
    pytest.mark.living,
    pytest.mark.timeout(1_500),
    pytest.mark.skipif(postgres.programs() is None, reason="no PostgreSQL is installed"),
]


@pytest.fixture(scope="module")
def database() -> Iterator[Postgres]:
    with postgres.running() as database:
        yield database


@pytest.fixture(scope="module")
def on_postgres(database: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Living]:
    also = {"PREFECT_SERVER_DATABASE_CONNECTION_URL": database.url}
    with living_at(tmp_path_factory.mktemp("home"), also) as system:
        yield system


def test_many_tasks_at_once_all_complete(on_postgres: Living, tell: Callable[[str], None]):
    began = time.monotonic()

    said = on_postgres.command("tests.many_tasks")

    assert said.split()[-1] == str(sum(range(NUM_TASKS)))
    done = {"task_runs": {"state": {"type": {"any_": ["COMPLETED"]}}, "name": {"like_": "part"}}}
    wait_for(lambda: on_postgres.ask("/task_runs/count", done) == NUM_TASKS, PATIENCE_SECONDS)
    tell(f"{NUM_TASKS} tasks, {AT_ONCE} at once, in {time.monotonic() - began:.0f} s")


def test_a_training_goes_on_while_the_database_is_away(
    on_postgres: Living, database: Postgres, grounds: PipelineConfig, tell: Callable[[str], None]
):
    training = begin(on_postgres, grounds, STEPS // 10)
    database.stop()
    training.goes_on()
    time.sleep(AWAY_SECONDS)
    database.start()
    assert "runs already" in on_postgres.up()
    tell(f"database away for {AWAY_SECONDS} s and more: the run ended {training.finish()}")
