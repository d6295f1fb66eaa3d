"""The command `hibiscus`: thin verbs over the public functions."""

from __future__ import annotations

__all__ = ["main"]


def main() -> None:
    """Runs the command line and leaves with its exit code."""
    from hibiscus.cli.app import run

    run()
