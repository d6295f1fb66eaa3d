"""Ctrl-C on the command line: the first stops the command, the second ends the process at once and silently.

The training loop handles Ctrl-C itself while it runs: the first saves a checkpoint and stops.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator
from types import FrameType

__all__ = ["INTERRUPTED", "stopped_by_interrupt", "was_interrupted"]

REPEAT_AFTER = 0.05  # seconds
INTERRUPTED = 130  # the exit code of commands that Ctrl-C ended
_is_running = False
_was_interrupted = False


@contextlib.contextmanager
def stopped_by_interrupt() -> Iterator[None]:
    """A context in which the first Ctrl-C raises KeyboardInterrupt.

    Python would raise it a second time wherever the process is, also while it cleans up or exits, and print
    a traceback there.
    """
    global _is_running
    if threading.current_thread() is threading.main_thread():  # signals reach the main thread only
        atexit.register(_end)  # runs after all that is registered later
        signal.signal(signal.SIGINT, _handle)
        sys.unraisablehook = _repeat
    try:
        _is_running = True
        yield
    finally:
        _is_running = False


def was_interrupted() -> bool:
    """Whether Ctrl-C was pressed; libraries may raise errors of their own for it."""
    return _was_interrupted


def _handle(number: int, frame: FrameType | None) -> None:
    global _was_interrupted
    if _was_interrupted or not _is_running:
        os._exit(INTERRUPTED)
    _was_interrupted = True
    raise KeyboardInterrupt


def _repeat(raised: sys.UnraisableHookArgs) -> None:
    """Repeats a Ctrl-C that arrived in a finalizer or a callback, where Python drops any exception."""
    global _was_interrupted
    if raised.exc_type is not KeyboardInterrupt:
        sys.__unraisablehook__(raised)
        return
    _was_interrupted = False
    main = threading.main_thread().ident, signal.SIGINT
    timer = threading.Timer(REPEAT_AFTER, signal.pthread_kill, main)  # after the finalizer has returned
    timer.daemon = True
    timer.start()


def _end() -> None:
    """The last that runs; the interpreter itself may end an interrupted process by the signal."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if _was_interrupted:
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(AttributeError, OSError, ValueError):
                stream.flush()
        os._exit(INTERRUPTED)
