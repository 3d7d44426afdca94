import json
import logging
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest
from prefect import flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State
from prefect.states import Cancelling, Crashed, Running

from flows import alarm


class Hook(HTTPServer):
    """A web hook on loopback that keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[dict[str, str]] = []
        hook = self

        class Ear(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                hook.told.append(json.loads(body))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        super().__init__(("127.0.0.1", 0), Ear)


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hook]:
    with Hook() as hook:
        Thread(target=hook.serve_forever, daemon=True).start()
        monkeypatch.setenv(alarm.WEBHOOK, f"http://127.0.0.1:{hook.server_port}/secret")
        yield hook
        hook.shutdown()


def test_the_web_hook_is_told_what_failed(hook: Hook):
    alarm.tell("train", "gainful-porcupine", "Failed: the disk\nis full")
    assert hook.told == [
        {"text": "Irodori: train, run gainful-porcupine: Failed: the disk is full"}
    ]


def test_without_a_web_hook_the_log_is_told(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.delenv(alarm.WEBHOOK, raising=False)
    with caplog.at_level(logging.ERROR, logger="flows.alarm"):
        alarm.tell("train", "gainful-porcupine", "Crashed")
    assert "gainful-porcupine" in caplog.text


@pytest.mark.parametrize(
    "address",
    ["http://127.0.0.1:1/secret", "no address/secret", "http://127.0.0.1:1/sec ret/secret"],
)
def test_a_web_hook_that_does_not_answer_stops_nothing_and_stays_secret(
    address: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setenv(alarm.WEBHOOK, address)
    with caplog.at_level(logging.DEBUG):
        alarm.tell("train", "gainful-porcupine", "Crashed")
    assert "does not take it" in caplog.text
    assert "secret" not in caplog.text


@pytest.mark.usefixtures("prefect_server")
@pytest.mark.parametrize(("before", "bells"), [(Running, 1), (Cancelling, 0)])
def test_a_crash_rings_unless_it_was_a_cancellation(
    hook: Hook, before: Callable[[], State], bells: int
):
    @flow(name="nothing")
    def nothing() -> None:
        pass

    with get_client(sync_client=True) as client:
        run = client.create_flow_run(nothing)
        for state in (before(), Crashed()):
            client.set_flow_run_state(run.id, state, force=True)
    alarm.ring(nothing, run, Crashed())
    assert len(hook.told) == bells


@pytest.mark.usefixtures("prefect_server")
def test_ctrl_c_rings_nothing(hook: Hook):
    @flow(name="interrupted", **alarm.BELLS)
    def interrupted() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert hook.told == []
