"""Who is told when a run fails, crashes or falls silent: the log, and a web hook if one is named.

`IRODORI_WEBHOOK` in the environment of the worker is an address that takes `{"text": ...}` by POST,
as chat programs do. It is a secret, so it is never logged.
"""

import json
import logging
import os
import urllib.request
from http.client import HTTPException
from typing import Any, TypedDict

import httpx
from prefect import Flow, flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.flows import FlowStateHook
from prefect.logging.handlers import APILogHandler

logger = logging.getLogger(__name__)

WEBHOOK = "IRODORI_WEBHOOK"
PATIENCE_SECONDS = 10

Hook = FlowStateHook[..., Any]


class Bells(TypedDict):
    """What a flow does when it goes wrong."""

    on_failure: list[Hook]
    on_crashed: list[Hook]


def ring(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:
    """Tell that a run has failed or crashed; not that it was cancelled, as somebody wanted."""
    by_hand = isinstance(state.data, KeyboardInterrupt)
    if not by_hand and not _is_cancelled(flow_run):
        tell(flow.name, flow_run.name, f"{state.name}: {state.message}")
    # It may die of the signal that it heard before its last lines go to the server by themselves.
    APILogHandler().flush()


@flow(name="alarm")
def alarm(flow_name: str, run_name: str, what: str) -> None:
    """Tell that a run fell silent, which it cannot tell by itself.

    Args:
        flow_name: what ran.
        run_name: which run of it.
        what: what became of it.
    """
    tell(flow_name, run_name, what)


def tell(flow_name: str, run_name: str, what: str) -> None:
    """Log it as an error, and send it to the web hook; one that does not answer stops nothing."""
    text = " ".join(f"Irodori: {flow_name}, run {run_name}: {what}".split())
    logger.error("%s", text)
    address = os.environ.get(WEBHOOK)
    if not address:
        return
    try:
        request = urllib.request.Request(
            address, json.dumps({"text": text}).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS):
            logger.info("told the web hook")
    except (OSError, ValueError, HTTPException) as error:
        # Only its kind: the message may hold the address.
        logger.warning("the web hook of %s does not take it: %s", WEBHOOK, type(error).__name__)


def _is_cancelled(flow_run: FlowRun) -> bool:
    """Whether it ends because it was cancelled.

    A training hears the signal to end itself, and Prefect takes that for a crash at first.
    """
    try:
        with get_client(sync_client=True) as client:
            states = client.read_flow_run_states(flow_run.id)
    except httpx.HTTPError:
        return False
    states.sort(key=lambda state: state.timestamp)
    return any(state.type == StateType.CANCELLING for state in states[-2:])


BELLS: Bells = {"on_failure": [ring], "on_crashed": [ring]}
"""What every deployed flow is given."""
