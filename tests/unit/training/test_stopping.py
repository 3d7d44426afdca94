import signal
import threading

import pytest

from training.stopping import listening


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_waits_until_the_listener_leaves_and_then_reaches_who_listened_before(
    number: signal.Signals,
) -> None:
    passed_on: list[int] = []
    before = signal.signal(number, lambda heard, _: passed_on.append(heard))
    try:
        with listening() as stop:
            assert not stop.is_set()
            signal.raise_signal(number)
            assert stop.is_set()
            assert passed_on == []
        assert passed_on == [number]
        assert not stop.is_set()
    finally:
        signal.signal(number, before)


def test_a_second_ctrl_c_does_not_wait() -> None:
    with pytest.raises(KeyboardInterrupt), listening():  # noqa: PT012
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_what_is_ignored_stays_ignored() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with listening() as stop:
            signal.raise_signal(signal.SIGINT)
            assert not stop.is_set()
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_training_in_another_thread_learns_what_the_main_thread_hears() -> None:
    learned = threading.Event()

    def work() -> None:
        with listening() as stop:
            if stop.wait(timeout=10):
                learned.set()

    worker = threading.Thread(target=work)
    with pytest.raises(KeyboardInterrupt), listening():  # noqa: PT012
        worker.start()
        signal.raise_signal(signal.SIGINT)
        worker.join(timeout=10)
    assert learned.is_set()
