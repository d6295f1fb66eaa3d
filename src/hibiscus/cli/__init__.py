"""The command `hibiscus`: verbs on top of the Python API."""

from __future__ import annotations

import io
import signal
import sys

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
    from hibiscus.cli.app import run

    run()
