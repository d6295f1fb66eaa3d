"""All benchmarks of speed, one after another: `make bench`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def main() -> None:
    """Runs each script; they print rows of Markdown tables."""
    for title, script in (
        ("| to answer | seconds |\n|---|---|", "start.py"),
        ("| step, batch 128 | plain loop, ms | Hibiscus, ms | ratio |\n|---|---|---|---|", "step.py"),
        ("| episode, 200 pictures | plain loop, ms | Hibiscus, ms | ratio |\n|---|---|---|---|", "episode.py"),
    ):
        print(f"\n{title}", flush=True)
        subprocess.run([sys.executable, str(HERE / script)], check=True)


if __name__ == "__main__":
    main()
