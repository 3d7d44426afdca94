from pathlib import Path
from typing import Any

import pytest
import yaml

from flows import experiments, pipeline, stages
from flows.config import PipelineConfig
from flows.presets import preset

HERE = Path(__file__).parents[3]
DEPLOYMENTS = yaml.safe_load((HERE / "prefect.yaml").read_text())["deployments"]


@pytest.fixture(params=DEPLOYMENTS, ids=lambda deployment: deployment["name"])
def deployment(request: pytest.FixtureRequest) -> dict[str, Any]:
    return request.param


def test_its_parameters_are_a_valid_configuration(deployment: dict[str, Any]):
    PipelineConfig.model_validate(deployment["parameters"]["config"])


def test_its_entry_point_is_a_flow_of_its_name(deployment: dict[str, Any]):
    path, name = deployment["entrypoint"].split(":")
    rooms = {
        "flows/pipeline.py": pipeline,
        "flows/stages.py": stages,
        "flows/experiments.py": experiments,
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
