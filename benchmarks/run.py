"""All benchmarks of speed, one after another: `make bench` prints them and writes `runs/bench.md`."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
ROUND = (
    "| plain loop in bfloat16, ms | in float32, ms | Hibiscus, ms | against the faster | compiled, ms "
    "|\n|---|---|---|---|---|---|"
)
TABLES = (
    ("| to answer | seconds |\n|---|---|", ["start.py"]),
    (f"| a training step, batch 128 {ROUND}", ["step.py"]),
    (
        f"| a round {ROUND}",
        ["gan.py", "vae.py", "episode.py", "step_detect_segment.py unet", "step_detect_segment.py ssd"],
    ),
    ("| waiting for a batch | ms | of a round of ms | share |\n|---|---|---|---|", ["input.py"]),
    ("| data | by hand | Hibiscus | ratio |\n|---|---|---|---|", ["pipeline.py"]),
    ("| control | stable-baselines3 | Hibiscus | ratio |\n|---|---|---|---|", ["control.py"]),
)


def main() -> None:
    """Runs each script; they print rows of Markdown tables."""
    written = HERE.parent / "runs" / "bench.md"
    written.parent.mkdir(exist_ok=True)
    text = ""
    for title, scripts in TABLES:
        print(f"\n{title}", flush=True)
        text += f"\n{title}\n"
        for script in scripts:
            start = time.perf_counter()
            with subprocess.Popen(
                [sys.executable, str(HERE / script.split()[0]), *script.split()[1:]],
                stdout=subprocess.PIPE,
                text=True,
            ) as running:
                for line in running.stdout or ():
                    print(line, end="", flush=True)
                    text += line
            if running.returncode:
                raise SystemExit(f"{script} failed with exit code {running.returncode}")
            print(f"({script}: {time.perf_counter() - start:.0f} s)", file=sys.stderr, flush=True)
    written.write_text(text, encoding="utf-8")
    print(f"\nwritten to {written}")


if __name__ == "__main__":
    main()
