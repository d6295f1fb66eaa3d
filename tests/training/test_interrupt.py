from __future__ import annotations

import signal
import threading

import pytest

from hibiscus.training.interrupt import Interrupt


def test_once_asks_twice_quits_and_the_old_handlers_come_back():
    before = signal.getsignal(signal.SIGINT)
    with Interrupt() as interrupt:
        signal.raise_signal(signal.SIGINT)
        assert interrupt.requested
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before


def test_other_threads_may_train_too():
    errors = []

    def work():
        try:
            with Interrupt():
                pass
        except ValueError as error:
            errors.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert not errors
