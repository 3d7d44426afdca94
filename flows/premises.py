"""What a Prefect server has to know beside the deployments: pool, queues, watch, the site's gate.

Imported once PREFECT_API_URL is settled, since Prefect reads its settings when it is imported.
"""

from contextlib import suppress
from datetime import timedelta

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.client.schemas.objects import StateType, WorkerStatus
from prefect.events import AutomationCore, EventTrigger, Posture
from prefect.events.actions import ChangeFlowRunState
from prefect.exceptions import ObjectAlreadyExists

from flows import gate
from scraper.config import ScraperConfig

POOL = "local"
QUEUES = {"cpu": None, "gpu": 1}
"""The queues by what a run needs, and how many runs of each may go on at once: one GPU trains one
model at a time."""

SILENCE = timedelta(seconds=90)
"""Three heartbeats (prefect.toml: every 30 s)."""

WATCH = "irodori: a run without a heartbeat has crashed"
SILENT = "no heartbeat"
"""How the message of such a crash begins; the deployment `alarm` listens for it."""


def furnish() -> None:
    """Make the pool, its queues, the watch over heartbeats and the site's gate, if not there."""
    with get_client(sync_client=True) as client:
        with suppress(ObjectAlreadyExists):
            client.create_work_pool(WorkPoolCreate(name=POOL, type="process"))
        for name, limit in QUEUES.items():
            _make_queue(client, name, limit)
        if not client.read_automations_by_name(WATCH):
            client.create_automation(_watch())
    gate.make(ScraperConfig.model_fields["base_url"].default)


def is_worker_online(name: str) -> bool:
    """Whether the server hears of a worker of this name."""
    with get_client(sync_client=True) as client:
        workers = client.read_workers_for_work_pool(POOL)
    return any(each.name == name and each.status == WorkerStatus.ONLINE for each in workers)


def _make_queue(client: SyncPrefectClient, name: str, limit: int | None) -> None:
    try:
        client.create_work_queue(name, work_pool_name=POOL, concurrency_limit=limit)
    except ObjectAlreadyExists:
        queue = client.read_work_queue_by_name(name, POOL)
        client.update_work_queue(queue.id, concurrency_limit=limit)


def _watch() -> AutomationCore:
    """A run that was killed with all around it stays "running" for ever; its silence tells."""
    return AutomationCore(
        name=WATCH,
        description="A flow run that sent no heartbeat for 90 seconds becomes Crashed.",
        trigger=EventTrigger(
            after={"prefect.flow-run.heartbeat"},
            expect={"prefect.flow-run.*"},
            for_each={"prefect.resource.id"},
            posture=Posture.Proactive,
            threshold=1,
            within=SILENCE,
        ),
        actions=[
            ChangeFlowRunState(
                state=StateType.CRASHED,
                message=f"{SILENT} for {SILENCE.seconds} s; retry it, and it goes on where it was",
            )
        ],
    )


if __name__ == "__main__":
    furnish()
