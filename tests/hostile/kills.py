"""Kills trainings of every method at random moments, resumes them, and compares them with one never killed.

`make kills` does 1,000 kills. Each run is trained and evaluated in a process of its own, which is killed
(SIGKILL) at a random moment, and resumed, until it ends; then all its files must have the same bits as those
of a twin that was never killed, apart from the clock. It can be stopped at any time: finished runs are noted
in a tally, from which the same command goes on, as long as the code of Hibiscus is the same.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import importlib
import json
import multiprocessing
import os
import random
import re
import shutil
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MOST, MOST_AFTER = 12, 4  # kills of one run, and of those after its training; then it may end
FRACTION = 0.6  # of the time of a whole training, within which a process is killed
TIMEOUT = 300.0  # seconds after which a training hangs
CONTEXT = multiprocessing.get_context("fork")


@dataclass
class Outcome:
    """One run: how often it was killed, when, and what is wrong with it."""

    method: str
    family: str
    number: int
    kills: int = 0
    while_writing: int = 0  # a temporary file was there
    after_training: int = 0  # in the evaluation or the report
    faults: list[str] = field(default_factory=list)


def train_or_resume(method: str, run: Path, modules: Path | None) -> None:
    """What a killed process does: trains, or goes on, evaluates, and writes the report."""
    with open(run.parent / "output.txt", "a") as output:
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
    from hibiscus import api
    from hibiscus.methods.registry import get_method

    trial = get_method(method).smoke_test
    if (run / "run.json").exists():
        api.resume(run, quiet=True)
    else:
        options = {**trial.options, "checkpoint_interval": 0.2, "log_every": 3}
        api.train(method, trial.data, out=run, quiet=True, **options)
    if modules is not None:
        modules.write_text(json.dumps(sorted(sys.modules)))


def start(method: str, run: Path, seconds: float, modules: Path | None = None) -> int | None:
    """Trains or resumes for some seconds; returns the exit code, or None if the process was killed."""
    process = CONTEXT.Process(target=train_or_resume, args=(method, run, modules))
    process.start()
    try:
        process.join(seconds)
    finally:  # also when this command is interrupted
        if process.exitcode is None:
            process.kill()
        process.join()
    code = process.exitcode
    return None if code == -signal.SIGKILL else code


def train_twin(method: str, folder: Path) -> float:
    """Trains twice without a kill, unless it was done before; returns the seconds of the second training.

    Modules that the first one imports are then imported here once, so that the others start fast.
    """
    record = folder / "twin.json"
    if not record.exists():
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "again").mkdir(parents=True)
        if start(method, folder / "run", TIMEOUT, folder / "modules.json") != 0:
            raise RuntimeError(f"{method}: the training fails without a kill; see {folder}")
        names = json.loads((folder / "modules.json").read_text())
        preload(names)
        began = time.monotonic()
        if start(method, folder / "again" / "run", TIMEOUT) != 0:
            raise RuntimeError(f"{method}: the training fails when repeated; see {folder}")
        record.write_text(json.dumps({"seconds": time.monotonic() - began, "modules": names}))
    content = json.loads(record.read_text())
    preload(content["modules"])
    return content["seconds"]


def preload(names: Sequence[str]) -> None:
    """Imports modules, those that can be imported."""
    for name in names:
        with contextlib.suppress(Exception):
            importlib.import_module(name)


def kill_run(method: str, family: str, number: int, folder: Path, seconds: float, seed: int) -> Outcome:
    """Trains one run whose processes are killed at moments that are uniform in time."""
    chance, outcome = random.Random(f"{seed} {method} {number}"), Outcome(method, family, number)
    run = folder / "run"
    folder.mkdir(parents=True)
    while True:
        may_end = outcome.kills >= MOST or outcome.after_training >= MOST_AFTER
        limit = TIMEOUT if may_end else chance.uniform(0, FRACTION * seconds)
        code = start(method, run, limit)
        if code is not None:
            break
        if limit == TIMEOUT:
            outcome.faults.append(f"not finished after {TIMEOUT:.0f} s")
            break
        outcome.kills += 1
        outcome.while_writing += any(run.rglob(".*.part"))
        with contextlib.suppress(OSError, ValueError):
            outcome.after_training += json.loads((run / "run.json").read_bytes())["status"] == "done"
    if code:
        outcome.faults.append(f"exit code {code}: " + (folder / "output.txt").read_text()[-400:])
    return outcome


def differences(twin: Path, run: Path) -> list[str]:
    """The files of a run that are not as those of its twin; and temporary files that were left."""
    first, second = (dict(contents(folder)) for folder in (twin, run))
    grids = {name for name in first.keys() ^ second.keys() if name.startswith("samples/")}  # as time allowed
    names = sorted(first.keys() | second.keys() - grids)
    faults = [
        f"{name} differs" for name in names if name not in grids and first.get(name) != second.get(name)
    ]
    return faults + [f"{path.name} was left" for path in run.rglob(".*")]


def contents(folder: Path) -> Iterator[tuple[str, object]]:
    """What is compared of each file of a run: its bytes, or its values without the clock."""
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_dir() or name == "report.html" or name.startswith("."):  # the report tells the time
            continue
        if name == "log.jsonl":
            yield name, [without_clock(json.loads(line)) for line in path.read_text().splitlines()]
        elif name in ("run.json", "evaluation.json", "evaluation/report_items.json"):
            text = path.read_text().replace(str(folder), "RUN")  # an advice names the folder
            yield name, without_clock(json.loads(re.sub(r"Throughput: [\d,.]+", "", text)))
        elif name.endswith(".safetensors"):
            yield name, checkpoint_content(path.read_bytes())
        else:
            yield name, path.read_bytes()


def checkpoint_content(file: bytes) -> tuple[dict, dict, bytes]:
    """The description of the tensors, the state, and the bytes of all tensors."""
    size = int.from_bytes(file[:8], "little")
    tensors = json.loads(file[8 : 8 + size])
    state = json.loads(tensors.pop("__metadata__")["state"])  # the digest is one of the log's length, too
    state.get("callbacks", {}).pop("log", None)  # its length depends on how times are printed
    return tensors, state, file[8 + size :]


def without_clock(values: dict) -> dict:
    """The values of a JSON object that do not depend on the time."""
    clock = {"seconds", "items_per_second", "started", "order"}
    clock |= {"digest", "log_digest"}  # of all values, those of the clock and the folder among them
    return {key: value for key, value in values.items() if key not in clock}


def code_digest() -> str:
    """A digest of the source code: the tally of other code is not continued."""
    digest = hashlib.blake2b(digest_size=4)
    for path in sorted((ROOT / "src").rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def families(chosen: Sequence[str]) -> dict[str, str]:
    """The family of each method by the name of the method."""
    from hibiscus.methods.registry import METHODS

    for entry in METHODS:
        importlib.import_module(entry.target.partition(":")[0])
    return {entry.name: entry.target.split(".")[2] for entry in METHODS if not chosen or entry.name in chosen}


def work(wanted: int, seed: int, folder: Path, chosen: Sequence[str] = ()) -> list[Outcome]:
    """Runs one after the other, each method in turn, until there are enough kills; returns all outcomes."""
    tally = folder / "tally.jsonl"
    lines = tally.read_text().splitlines() if tally.exists() else []
    outcomes = [Outcome(**json.loads(line)) for line in lines]
    done = {(outcome.method, outcome.number) for outcome in outcomes}
    seconds: dict[str, float] = {}
    for number in range(wanted):
        for method, family in families(chosen).items():
            if sum(outcome.kills for outcome in outcomes) >= wanted:
                return outcomes
            if (method, number) in done:
                continue
            twin, run = folder / method / "twin", folder / method / str(number)
            shutil.rmtree(run, ignore_errors=True)
            if method not in seconds:
                seconds[method] = train_twin(method, twin)
            outcome = kill_run(method, family, number, run, seconds[method], seed)
            if not outcome.faults:
                outcome.faults += differences(twin / "run", run / "run")
            if number == 0:
                faults = differences(twin / "run", twin / "again" / "run")
                outcome.faults += [f"without a kill: {fault}" for fault in faults]
            outcomes.append(outcome)
            with tally.open("a") as file:
                file.write(json.dumps(asdict(outcome)) + "\n")
            if not outcome.faults:
                shutil.rmtree(run)
            show(outcomes)
    return outcomes


def show(outcomes: Sequence[Outcome]) -> None:
    """Prints the counts so far, and the faults of the last run."""
    kills = sum(outcome.kills for outcome in outcomes)
    faults = sum(bool(outcome.faults) for outcome in outcomes)
    last = outcomes[-1]
    print(
        f"{kills} kills, {len(outcomes)} runs, {faults} with faults; {last.method} {last.number}", flush=True
    )
    for fault in last.faults:
        print(f"  FAULT {last.method} {last.number}: {fault}", flush=True)


def summary(outcomes: Sequence[Outcome]) -> str:
    """The counts by family, and in all."""
    lines = ["family            methods   runs  kills  while writing  after training  faults"]
    for family in (*dict.fromkeys(outcome.family for outcome in outcomes), "all"):
        own = [outcome for outcome in outcomes if family in ("all", outcome.family)]
        sums = [
            sum(getattr(one, name) for one in own) for name in ("kills", "while_writing", "after_training")
        ]
        methods, faults = len({one.method for one in own}), sum(len(one.faults) for one in own)
        lines.append(f"{family:18}{methods:7}{len(own):7}{sums[0]:7}{sums[1]:15}{sums[2]:16}{faults:8}")
    return "\n".join(lines)


def main() -> int:
    """Returns 1 if there are faults."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--methods", default="", help="only these, separated by commas")
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "kills")
    given = parser.parse_args()
    folder = given.folder.resolve() / f"{code_digest()}-{given.seed}"
    folder.mkdir(parents=True, exist_ok=True)
    os.environ |= {"HIBISCUS_CACHE": str(folder / "cache"), "OMP_NUM_THREADS": "1"}
    import torch

    torch.set_num_threads(1)  # before any thread starts: a process with threads cannot be forked safely
    outcomes = work(given.kills, given.seed, folder, [name for name in given.methods.split(",") if name])
    print(f"{summary(outcomes)}\n{folder}")
    return int(any(outcome.faults for outcome in outcomes))


if __name__ == "__main__":
    sys.exit(main())
