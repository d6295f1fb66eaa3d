"""The command `hibiscus`: verbs on top of the Python API."""

from __future__ import annotations

__all__ = ["main"]


def main() -> None:
    """Runs the command line and exits with its code."""
    from hibiscus.cli.app import run

    run()
