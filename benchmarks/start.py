"""How long a person waits: `hibiscus --help`, and `hibiscus train` until its first step, in seconds (medians
of five).
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

COMMAND = str(Path(sys.executable).with_name("hibiscus"))


def seconds(words: list[str]) -> float:
    """The median time of five calls."""
    times = []
    for _ in range(5):
        with tempfile.TemporaryDirectory() as folder:
            start = time.perf_counter()
            subprocess.run(
                [COMMAND, *(word.format(out=folder) for word in words)], check=True, capture_output=True
            )
            times.append(time.perf_counter() - start)
    return statistics.median(times)


def main() -> None:
    """Prints the two figures."""
    print(f"| hibiscus --help | {seconds(['--help']):.2f} |")
    first_step = [
        "train",
        "classify",
        "digits",
        "max_rounds=1",
        "--no-evaluate",
        "--quiet",
        "--out",
        "{out}/run",
    ]
    print(f"| hibiscus train classify digits, to its end after one step | {seconds(first_step):.2f} |")


if __name__ == "__main__":
    main()
