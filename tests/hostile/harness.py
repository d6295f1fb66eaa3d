"""Runs hostile inputs in forked worker processes and names every one that does not end as promised.

A target is `(name, build, act)`: `build(folder, rng)` writes a hostile input below `folder` and returns what
`act(case, folder, rng)` opens. `act` returns a word for the outcome, or raises. Allowed are a normal return
and a HibiscusError of at most 2 KB that names a file of the input; all else is a fault.

An input is determined by the name of its target, the seed and its number, so each fault can be reproduced.
"""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from hibiscus.errors import HibiscusError
from hostile.workers import MAX_SECONDS, Worker, memory_status

__all__ = ["MARKER", "Fault", "Outcome", "Target", "fuzz", "run_one"]

MAX_MESSAGE = 2048  # bytes
MAX_GROWTH = 1 << 30  # bytes of resident memory above that before the input
MARKER = "code-was-run"  # the file that hostile code would create in the folder of an input
STATE = "HIBISCUS_FUZZ_MARKER"  # the environment variable with its path
CODE_EVENTS = ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "pickle.find_class",
               "socket.connect", "socket.getaddrinfo", "webbrowser.open")  # fmt: skip


class Target(NamedTuple):
    """A kind of hostile input, see the module."""

    name: str
    build: Callable[[Path, random.Random], Any]
    act: Callable[[Any, Path, random.Random], str]


class Fault(NamedTuple):
    """An input that did not end as promised."""

    target: str
    seed: int
    number: int
    kind: str
    detail: str

    def __str__(self) -> str:
        return f"{self.target} --seed {self.seed} --number {self.number}: {self.kind}\n{self.detail}"


@dataclass
class Outcome:
    """What a number of inputs ended in."""

    inputs: int = 0
    ends: Counter[tuple[str, str]] = field(default_factory=Counter)  # by target and word
    faults: list[Fault] = field(default_factory=list)
    slowest: tuple[float, str, int] = (0.0, "", 0)


def fuzz(
    targets: Sequence[Target],
    inputs: int,
    seed: int,
    first: int = 0,
    progress: Callable[[Outcome], None] | None = None,
) -> Outcome:
    """Runs the inputs `first` to `first + inputs`, the targets in turn."""
    outcome, number, stop = Outcome(), first, first + inputs
    while number < stop:
        with Worker(
            lambda number: run_one(targets[number % len(targets)], seed, number), number, stop
        ) as worker:
            for report in worker.reports():
                number = report["number"] + 1
                _count(outcome, targets, seed, report)
                if progress is not None:
                    progress(outcome)
            if worker.current is not None:  # it died, or was killed, while it ran this input
                number = worker.current + 1
                name = targets[worker.current % len(targets)].name
                outcome.inputs += 1
                outcome.faults.append(Fault(name, seed, worker.current, worker.ended(), ""))
    return outcome


def _count(outcome: Outcome, targets: Sequence[Target], seed: int, report: dict[str, Any]) -> None:
    name, number = targets[report["number"] % len(targets)].name, report["number"]
    outcome.inputs += 1
    outcome.ends[name, report["end"]] += 1
    outcome.slowest = max(outcome.slowest, (report["seconds"], name, number))
    outcome.faults += [Fault(name, seed, number, kind, detail) for kind, detail in report["faults"]]


def run_one(target: Target, seed: int, number: int, keep: Path | None = None) -> dict[str, Any]:
    """One input, in this process: its end, the seconds it took, and its faults.

    Args:
        target: what is built and done.
        seed: of the random numbers.
        number: of the input.
        keep: a folder that the input is built in and left in.
    """
    rng = random.Random(f"{seed} {target.name} {number}")
    folder = keep or Path(tempfile.mkdtemp(prefix="hibiscus-fuzz-"))
    inside, outside = folder / "in", folder / "outside"
    for one in (inside, outside, folder / "cache"):
        one.mkdir(exist_ok=True)
    (outside / "canary.txt").write_text("unchanged")
    os.environ.update(HIBISCUS_CACHE=str(folder / "cache"), **{STATE: str(folder / MARKER)})
    faults: list[tuple[str, str]] = []
    end, used = "build failed", time.process_time()
    try:
        case = target.build(inside, rng)
        before, memory, used = _tree(folder), _reset_peak(), time.process_time()
        with _watched(folder) as events:
            end = _act(target, case, inside, rng, faults)
        used = time.process_time() - used
        faults += [("code run or file opened", event) for event in events]
        if (growth := _peak() - memory) > MAX_GROWTH:
            faults.append(("memory", f"{growth / 2**20:.0f} MiB"))
        if used > MAX_SECONDS:
            faults.append(("time", f"{used:.1f} s"))
        if (folder / MARKER).exists() or _tree(folder) != before:
            faults.append(("files changed", "the input, or a file outside it"))
    except BaseException:
        faults.append(("the fuzzer itself", traceback.format_exc()))
    finally:
        if keep is None:
            _remove(folder)
    return {"number": number, "end": end, "seconds": round(used, 3), "faults": faults}


def _act(target: Target, case: Any, inside: Path, rng: random.Random, faults: list[Any]) -> str:
    try:
        return target.act(case, inside, rng)
    except HibiscusError as error:
        text = str(error)
        if (size := len(text.encode("utf-8", "replace"))) > MAX_MESSAGE:
            faults.append(("long message", f"{size} bytes: {text[:200]} ... {text[-200:]}"))
        if not _names_a_file(text, inside):
            faults.append(("no file named", text[:400]))
        return type(error).__name__
    except BaseException as error:
        kind, where = type(error).__name__, traceback.format_exc()
        faults.append((f"{kind} escaped", where[-1500:].encode("utf-8", "replace").decode()))
        return kind


def _names_a_file(text: str, inside: Path) -> bool:
    """Whether a message has the path of the input, or the start of the name of one of its files."""
    if str(inside) in text:
        return True
    names = [name for _, folders, files in os.walk(inside) for name in (*folders, *files)]
    shown = [name for name in names if name[:40] in text]
    return bool(shown) or any(os.fsencode(n).decode("utf-8", "backslashreplace")[:40] in text for n in names)


def _tree(folder: Path) -> dict[str, Any]:
    """Every file of the input and outside it, without what a cache or an output folder holds."""
    found = {}
    for root, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if name not in ("cache", "out")]
        for name in files:
            path = os.path.join(root, name)
            state = os.lstat(path)
            found[path] = (state.st_size, state.st_mtime_ns, state.st_mode)
    return found


_EVENTS: list[str] = []
_WATCHED: list[str] = []


def _hook(event: str, args: tuple[Any, ...]) -> None:
    if not _WATCHED:
        return
    if event == "subprocess.Popen" and args[0] == sys.executable and args[1][1:3] == ["-I", "-c"]:
        return  # the reader of spreadsheets, which runs in a process of its own
    if event in CODE_EVENTS:
        _EVENTS.append(f"{event} {str(args)[:200]}")
    elif event == "open" and isinstance(args[0], str | bytes) and isinstance(args[2], int):
        writes = args[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC)
        path = os.path.realpath(os.fsdecode(args[0])) if writes else ""
        allowed = (*_WATCHED, "/dev/null", "/proc/self", tempfile.gettempdir() + "/tmp")
        if writes and not path.startswith(allowed):
            _EVENTS.append(f"open for writing {path[:300]}")


@contextlib.contextmanager
def _watched(folder: Path) -> Any:
    """Records what runs code, connects, or writes outside the cache and the folder of outputs."""
    if not getattr(_hook, "installed", False):
        sys.addaudithook(_hook)
        _hook.installed = True  # type: ignore[attr-defined]
    _EVENTS.clear()
    real = os.path.realpath(folder)
    _WATCHED[:] = [f"{real}/cache", f"{real}/in/out"]
    try:
        yield _EVENTS
    finally:
        _WATCHED.clear()


def _reset_peak() -> int:
    """Sets the peak of resident memory to what is resident now, and returns that."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")
    return memory_status("VmRSS")


def _peak() -> int:
    return memory_status("VmHWM")


def _remove(folder: Path) -> None:
    """Removes a folder with whatever permissions its content has."""
    for root, folders, _ in os.walk(folder):
        for name in folders:
            path = os.path.join(root, name)
            if not os.path.islink(path):
                os.chmod(path, 0o700)
    shutil.rmtree(folder, ignore_errors=True)
