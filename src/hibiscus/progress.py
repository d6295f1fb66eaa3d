"""Named steps of work that may take long, and their progress on the screen.

    with step("decoding images", total=len(files)) as decoding:
        for file in files:
            ...
            decoding.advance()

Any package may name a step; it costs nothing and shows nothing unless a command, or a function of the Python
API, shows the progress with `show_progress()`. A terminal then has one line that updates itself, with a bar
and the remaining time; a log has a line for each step that takes longer than a moment, and one for each
minute of it.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator

from hibiscus import screen

__all__ = ["Step", "duration", "flush", "progress_line", "show_line", "show_progress", "step"]

TICK, LOG_INTERVAL = 0.2, 60.0  # seconds between two lines on a terminal, and between two in a log
MOMENT = 0.5  # seconds from which a log names a step
LONG = 2.0  # seconds from which a finished step leaves a line on the terminal
MAX_WAIT = 2.0  # seconds that the end of the work waits for a terminal that blocks
BAR = 20  # columns


class Step:
    """A step of work.

    Args:
        name: what is done.
        total: the number of items, rounds or bytes, if it is known.
        line: returns the whole line for the screen, instead of the name with a bar.
    """

    def __init__(self, name: str, total: int | None = None, line: Callable[[], str] | None = None):
        self.name, self.total, self.done = name, total, 0
        self.line = line
        self.start = time.monotonic()

    def advance(self, count: int = 1) -> None:
        """Records that `count` more are done."""
        self.done += count

    def text(self) -> str:
        """The line on the screen."""
        if self.line is not None:
            return self.line()
        seconds = time.monotonic() - self.start
        if not self.total:
            return f"{self.name} ..." + (f"  {duration(seconds)}" if seconds >= LONG else "")
        left = seconds / self.done * max(0, self.total - self.done) if self.done and seconds > 1 else None
        return progress_line(self.name, self.done / self.total, "", left)


def progress_line(name: str, fraction: float, detail: str, left: float | None) -> str:
    """`name [#####.....]  50%  detail  0:12 left`; the remaining seconds may be unknown."""
    filled = round(BAR * min(1.0, max(0.0, fraction)))
    bar = f"[{'#' * filled}{'.' * (BAR - filled)}] {fraction:>4.0%}"
    return "  ".join(part for part in (f"{name} {bar}", detail, _left(left)) if part)


def _left(seconds: float | None) -> str:
    return "" if seconds is None else f"{duration(seconds)} left"


def duration(seconds: float) -> str:
    """`0:07`, `12:34` or `1:02:03`."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


class Display:
    """Shows the innermost of the steps that are running.

    A thread of its own writes, so that a terminal that blocks (Ctrl-S) does not stop the work.
    """

    def __init__(self) -> None:
        self.overwrites = screen.supports_escapes()
        self.steps: list[Step] = []
        self._lines: deque[str] = deque()
        self._named: set[str] = set()  # a log names each step once, not in every epoch
        self._written = ""  # the line of the terminal
        self._last = time.monotonic()  # when a log got its last line
        self._changed, self._is_idle = threading.Event(), threading.Event()
        self._is_closed = False
        self._thread = threading.Thread(target=self._run, daemon=True, name="hibiscus progress")

    def open(self) -> None:
        """Starts to show steps."""
        self._thread.start()

    def close(self) -> None:
        """Writes what is left, and clears the line of a terminal."""
        self._is_closed = True
        self._changed.set()
        self._thread.join(MAX_WAIT)
        self._lines.clear()  # what a terminal that blocks has not taken

    def flush(self) -> None:
        """Waits until all lines are written."""
        self._is_idle.clear()
        self._changed.set()
        self._is_idle.wait(MAX_WAIT)

    def begin(self, new: Step) -> None:
        """Shows a step."""
        self.steps.append(new)
        self._changed.set()

    def end(self, old: Step) -> None:
        """Shows the step around it again; a terminal keeps a line of a step that took long."""
        self.steps.remove(old)
        seconds = time.monotonic() - old.start
        if self.overwrites and old.line is None and seconds >= LONG:
            self.show_line(f"  {old.name}  {duration(seconds)}")
        self._changed.set()

    def show_line(self, text: str) -> None:
        """Writes lines above the progress."""
        self._lines.append(text)
        self._changed.set()

    def _run(self) -> None:
        is_closed = False
        while not is_closed:
            self._changed.wait(TICK)
            self._changed.clear()
            is_closed = self._is_closed
            while self._lines:
                self._write(f"{self._lines.popleft()}\n")
            current = next(iter(self.steps[-1:]), None) if not is_closed else None
            if self.overwrites:
                self._draw(f"  {current.text()}" if current else "")
            elif current:
                self._log()
            if not self._lines:
                self._is_idle.set()

    def _write(self, text: str) -> None:
        screen.write(text, clear=bool(self._written))
        self._written, self._last = "", time.monotonic()

    def _draw(self, text: str) -> None:
        line = screen.shorten(screen.visible(text), screen.terminal_width() - 1)
        if line != self._written:
            screen.write(line, clear=bool(self._written))
            self._written = line

    def _log(self) -> None:
        """Names steps that take longer than a moment, and shows now and then how far the innermost is."""
        steps, now = list(self.steps), time.monotonic()
        for one in steps:
            if one.line is None and one.name not in self._named and now - one.start > MOMENT:
                self._named.add(one.name)
                self._write(f"  {one.name}\n")
        if steps and now - self._last > LOG_INTERVAL:
            self._write(f"  {steps[-1].text()}\n")


_display: Display | None = None


@contextlib.contextmanager
def show_progress(enabled: bool = True) -> Iterator[None]:
    """Shows all steps on standard error while it is entered; inside another one, it does nothing.

    If several processes train together, only the main process shows them.
    """
    global _display
    if not enabled or _display is not None or os.environ.get("RANK", "0") != "0":
        yield
        return
    _display = display = Display()
    display.open()
    try:
        yield
    finally:
        display.close()
        _display = None


@contextlib.contextmanager
def step(name: str, total: int | None = None, line: Callable[[], str] | None = None) -> Iterator[Step]:
    """Names a step of work while it is entered; see `Step` for the arguments."""
    new, display = Step(name, total, line), _display
    if display is not None:
        display.begin(new)
    try:
        yield new
    finally:
        if display is not None:
            display.end(new)


def show_line(text: str) -> bool:
    """Writes lines to standard error if progress is shown; returns whether it is."""
    if _display is not None:
        _display.show_line(text)
    return _display is not None


def flush() -> None:
    """Waits until the lines of `show_line` are written, before something else writes to the screen."""
    if _display is not None:
        _display.flush()
