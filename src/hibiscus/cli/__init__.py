"""The command `hibiscus`: verbs on top of the Python API."""

from __future__ import annotations

import io
import signal
import sys

from hibiscus.cli.interrupts import INTERRUPTED, stopped_by_interrupt

__all__ = ["main"]


def main() -> None:
    """Runs the command line and exits with its code.

    A terminal that is closed, or that cannot show a character, does not end the work.
    """
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.SIG_IGN)  # which the system sends when the terminal is closed
    for stream in (sys.stdout, sys.stderr):  # for what other libraries write, such as the text of --help
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        with stopped_by_interrupt():
            from hibiscus.cli.app import run

            run()
    except KeyboardInterrupt:  # before the command began, or while its error was shown
        sys.exit(INTERRUPTED)
