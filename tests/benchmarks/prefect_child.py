"""A whole run in a process of its own, with Prefect or without: MODE and the settings as JSON."""

import json
import os
import resource
import sys
import time

from flows.config import PipelineConfig
from storage.layout import DataLayout
from storage.records import StageRecord


def main() -> None:
    """Run, and write one line of JSON."""
    mode, told = sys.argv[1:]
    config = PipelineConfig.model_validate_json(told)
    started = time.monotonic()
    record = with_prefect(config) if mode == "with" else without(config)
    taken = {"report": record.key, "wall": time.monotonic() - started, "cpu": _cpu_seconds()}
    sys.stdout.write(json.dumps(taken) + "\n")


def _cpu_seconds() -> float:
    """Give what this process has taken, and the server that it had started and ended."""
    whose = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    used = [resource.getrusage(each) for each in whose]
    return sum(each.ru_utime + each.ru_stime for each in used)


def with_prefect(config: PipelineConfig) -> StageRecord:
    """Run as `irodori run` does: a flow, its tasks, a server that hears of them."""
    from flows.__main__ import PREFECT_SETTINGS

    os.environ |= PREFECT_SETTINGS
    from flows import pipeline, server

    with server.listening():
        record: StageRecord = pipeline.full_pipeline(config)
        return record


def without(config: PipelineConfig) -> StageRecord:
    """Call the same stages one after the other."""
    import evaluation.stage
    import preprocessing.stage
    import scraper.stage
    import training.stage

    layout, seed = DataLayout.at(config.root), config.seed
    scraped = scraper.stage.scrape(config.scraper, layout)
    cleaned = preprocessing.stage.clean(config.clean, scraped, layout)
    packed = preprocessing.stage.pack(config.pack, cleaned, layout)
    paired = preprocessing.stage.condition(config.condition, packed, layout, seed)
    lineage = {"scrape": scraped, "clean": cleaned, "pack": packed, "condition": paired}
    for recipe in config.recipes:
        section = config.training_of(recipe)
        trained = training.stage.train(section, paired, layout, seed)
        lineage[f"train-{recipe}"] = trained
        lineage[f"evaluate-{recipe}"] = evaluation.stage.evaluate(
            config.evaluation, trained, paired, layout, seed
        )
    return evaluation.stage.report(config.report, lineage, layout)


if __name__ == "__main__":
    main()
