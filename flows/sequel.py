"""What has to follow a dataset, and the events that make it follow.

A new version of the dataset leads to a training, a training to its evaluation: by triggers in
`prefect.yaml` on the events that are emitted here. An event can be lost (Prefect's SQLite does
lose some), so what is missing is found in the stage records, each time anybody looks: whoever
looks again says again what has not followed yet, and what follows twice finds itself finished.
"""

import logging

from prefect.events import emit_event

from flows.config import PipelineConfig
from flows.plan import sequel_of
from storage import ledger
from storage.layout import DataLayout
from storage.ledger import Stage
from storage.records import StageRecord

logger = logging.getLogger(__name__)

DATASET_SEALED = "irodori.dataset.sealed"
MODEL_SEALED = "irodori.model.sealed"


def announce(config: PipelineConfig, paired: StageRecord, layout: DataLayout) -> str:
    """Say what has not followed a dataset yet; give the event, or nothing if all is there."""
    follows = sequel_of(config, paired.key)
    if ledger.find(layout, Stage.TRAIN, follows.train) is None:
        event, resource = DATASET_SEALED, f"irodori.dataset.{paired.key}"
    elif ledger.find(layout, Stage.EVALUATE, follows.evaluate) is None:
        event, resource = MODEL_SEALED, f"irodori.model.{follows.train}"
    else:
        return ""
    logger.info("announced event=%s dataset=%s", event, paired.key)
    # Whoever follows does so with the same settings, which hold no secrets.
    payload = {"dataset": paired.key, "config": config.model_dump(mode="json")}
    emit_event(event, resource={"prefect.resource.id": resource}, payload=payload)
    return event
