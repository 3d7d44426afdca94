from pathlib import Path
from typing import Any

import pytest
import yaml

from flows import alarm, experiments, pipeline, premises, sequel, stages
from flows.config import PipelineConfig
from flows.presets import preset

HERE = Path(__file__).parents[3]
DEPLOYMENTS = yaml.safe_load((HERE / "prefect.yaml").read_text())["deployments"]


CONFIGURED = [each for each in DEPLOYMENTS if each["name"] != "alarm"]


@pytest.fixture(params=CONFIGURED, ids=lambda deployment: deployment["name"])
def deployment(request: pytest.FixtureRequest) -> dict[str, Any]:
    return request.param


def test_its_parameters_are_a_valid_configuration(deployment: dict[str, Any]):
    PipelineConfig.model_validate(deployment["parameters"]["config"])


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=lambda deployment: deployment["name"])
def test_its_entry_point_is_a_flow_of_its_name(deployment: dict[str, Any]):
    path, name = deployment["entrypoint"].split(":")
    rooms = {
        "flows/pipeline.py": pipeline,
        "flows/stages.py": stages,
        "flows/experiments.py": experiments,
        "flows/alarm.py": alarm,
    }
    room = rooms[path]
    assert getattr(room, name).name == deployment["name"]


def test_it_has_a_description_and_never_overlaps_itself(deployment: dict[str, Any]):
    assert deployment["description"]
    assert deployment["concurrency_limit"] == {"limit": 1, "collision_strategy": "ENQUEUE"}


def test_the_deployments_are_those_that_others_rely_on():
    names = {deployment["name"] for deployment in DEPLOYMENTS}
    assert names >= {"full-pipeline", "dataset-refresh", "train", "evaluate", "experiments"}


def test_the_full_pipeline_is_the_preset_sample():
    (full,) = [each for each in DEPLOYMENTS if each["name"] == "full-pipeline"]
    assert PipelineConfig.model_validate(full["parameters"]["config"]) == preset("sample")


def test_the_experiments_are_the_comparison_on_the_preset_sample():
    (grid,) = [each for each in DEPLOYMENTS if each["name"] == "experiments"]
    assert PipelineConfig.model_validate(grid["parameters"]["config"]) == preset("sample")


def test_each_waits_in_a_queue_that_up_makes():
    queues = {each["work_pool"]["work_queue_name"] for each in DEPLOYMENTS}
    assert queues == set(premises.QUEUES)
    assert {each["work_pool"]["name"] for each in DEPLOYMENTS} == {premises.POOL}


def test_what_needs_a_gpu_waits_for_it_and_one_trains_at_a_time():
    waiting = {
        each["name"] for each in DEPLOYMENTS if each["work_pool"]["work_queue_name"] == "gpu"
    }
    assert waiting == {"full-pipeline", "train", "experiments"}
    assert premises.QUEUES["gpu"] == 1


def test_the_dataset_is_refreshed_every_night():
    (refresh,) = [each for each in DEPLOYMENTS if each["name"] == "dataset-refresh"]
    (schedule,) = refresh["schedules"]
    assert schedule["active"]
    assert schedule["cron"] == "0 3 * * *"


def test_triggers_listen_for_what_is_announced():
    (train,) = [each for each in DEPLOYMENTS if each["name"] == "train"]
    (evaluate,) = [each for each in DEPLOYMENTS if each["name"] == "evaluate"]
    assert train["triggers"][0]["expect"] == [sequel.DATASET_SEALED]
    assert evaluate["triggers"][0]["expect"] == [sequel.MODEL_SEALED]


def test_the_alarm_listens_for_the_message_of_the_watch():
    (rings,) = [each for each in DEPLOYMENTS if each["name"] == "alarm"]
    assert rings["triggers"][0]["match"]["prefect.state-message"] == f"{premises.SILENT}*"
