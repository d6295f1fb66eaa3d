"""The fuzzer as a command: `python -m hostile.fuzz --inputs 100000` in the folder `tests`.

Prints how many inputs of each target ended how, and every fault with what reproduces it:
`python -m hostile.fuzz --seed SEED --number NUMBER --keep FOLDER` runs one input and keeps it.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from hostile import openers, run_folders
from hostile.harness import Fault, Outcome, Target, fuzz, run_one

# what each kind of targets writes once before the inputs
PREPARERS = {"openers": openers.prepare, "runs": run_folders.prepare}


def main() -> int:
    """Exit code 1 if an input did not end as promised."""
    arguments = _arguments()
    with tempfile.TemporaryDirectory(prefix="hibiscus-seeds-") as root:
        os.environ["HIBISCUS_CACHE"] = str(Path(root) / "cache")
        targets = [
            target for name in arguments.kinds.split(",") for target in PREPARERS[name](Path(root) / name)
        ]
        targets = [target for target in targets if arguments.only in target.name]
        if arguments.number is not None:
            return _one(targets, arguments)
        parts = _run(targets, arguments)
    return _print(parts, arguments.json)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="the number of the first input")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--kinds", default=",".join(PREPARERS), help="of targets, between commas")
    parser.add_argument("--only", default="", help="targets with this in their name")
    parser.add_argument("--number", type=int, help="run this input only, in this process")
    parser.add_argument("--keep", type=Path, help="the folder for that input")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser.parse_args()


def _one(targets: list[Target], arguments: argparse.Namespace) -> int:
    if arguments.keep is not None:
        arguments.keep.mkdir(parents=True, exist_ok=True)
    target = targets[arguments.number % len(targets)]
    report = run_one(target, arguments.seed, arguments.number, arguments.keep)
    print(target.name, report["end"], f"{report['seconds']} s")
    for kind, detail in report["faults"]:
        print(kind, detail, sep="\n")
    return int(bool(report["faults"]))


def _run(targets: list[Target], arguments: argparse.Namespace) -> list[dict[str, Any]]:
    """The inputs in equal parts, one for each process; each part is what `_plain` returns."""
    count = max(1, arguments.processes)
    edges = [arguments.first + arguments.inputs * i // count for i in range(count + 1)]
    pipes = []
    for start, stop in pairwise(edges):
        read, write = os.pipe()
        if os.fork() == 0:
            os.close(read)
            progress = _Progress(stop - start) if start == edges[0] and not arguments.json else None
            plain = _plain(fuzz(targets, stop - start, arguments.seed, start, progress))
            with os.fdopen(write, "w") as stream:
                json.dump(plain, stream)
            os._exit(0)
        os.close(write)
        pipes.append(read)
    parts = []
    for pipe in pipes:
        with os.fdopen(pipe) as stream:
            parts.append(json.load(stream))
    for _ in pipes:
        os.wait()
    return parts


class _Progress:
    """A line on stderr every few seconds; faults at once."""

    def __init__(self, inputs: int):
        self.inputs, self.faults = inputs, 0
        self.began = self.printed = time.monotonic()

    def __call__(self, outcome: Outcome) -> None:
        for fault in outcome.faults[self.faults :]:
            print(f"{fault.target} {fault.number}: {fault.kind}", file=sys.stderr)
        self.faults = len(outcome.faults)
        if time.monotonic() - self.printed > 20:
            self.printed = time.monotonic()
            speed = outcome.inputs / (self.printed - self.began)
            print(f"{outcome.inputs:,} of {self.inputs:,} in this process, {speed:.0f} a second, "
                  f"{self.faults} faults", file=sys.stderr)  # fmt: skip


def _plain(outcome: Outcome) -> dict[str, Any]:
    ends = [[target, end, count] for (target, end), count in sorted(outcome.ends.items())]
    faults = [list(fault) for fault in outcome.faults]
    return {"inputs": outcome.inputs, "ends": ends, "faults": faults, "slowest": outcome.slowest}


def _print(parts: list[dict[str, Any]], as_json: bool) -> int:
    faults = [Fault(*fault) for part in parts for fault in part["faults"]]
    ends: Counter[tuple[str, str]] = Counter()
    for part in parts:
        ends.update({(target, end): count for target, end, count in part["ends"]})
    inputs, slowest = sum(part["inputs"] for part in parts), max(part["slowest"] for part in parts)
    if as_json:
        words: Counter[str] = Counter()
        for (_, end), count in ends.items():
            words[end] += count
        print(json.dumps({"inputs": inputs, "ends": words, "faults": [str(fault) for fault in faults]}))
        return int(bool(faults))
    for target in sorted({target for target, _ in ends}):
        counts = ", ".join(
            f"{end} {count:,}" for (name, end), count in sorted(ends.items()) if name == target
        )
        print(f"{target:24} {counts}")
    for fault in faults:
        print(f"\n{fault}")
    words = Counter(fault.kind for fault in faults)
    print(f"\n{inputs:,} inputs of {len({target for target, _ in ends})} kinds, {len(faults)} faults", end="")
    print("".join(f"\n  {kind}: {count:,}" for kind, count in words.most_common()))
    print(f"slowest: {slowest[0]} s of CPU time, {slowest[1]} --number {slowest[2]}")
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main())
