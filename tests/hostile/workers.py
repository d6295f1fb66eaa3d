"""Forked processes that run inputs one after the other, so that a crash or a hang is one fault of many.

The libraries are imported once, in the parent. It is the parent that notes which input a process died of, and
that ends a process that takes too long.
"""

from __future__ import annotations

import contextlib
import faulthandler
import json
import os
import resource
import select
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

__all__ = ["MAX_SECONDS", "Worker", "memory_status"]

MAX_SECONDS = 10.0  # of CPU time
MAX_BLOCKED = 10.0  # seconds without any use of the CPU
MAX_WALL = 120.0
ADDRESS_SPACE = 6 << 30  # above that of a fresh process


def memory_status(key: str) -> int:
    """A size of this process in bytes, such as `VmRSS` or `VmHWM`."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{key}:"):
            return int(line.split()[1]) * 1024
    return 0


class Worker:
    """A forked process that runs inputs one after the other and reports each through a pipe."""

    def __init__(self, run: Callable[[int], dict[str, Any]], first: int, stop: int):
        self.current: int | None = None
        self.reason = ""
        self.status: int | None = None
        read, write = os.pipe()
        sys.stdout.flush()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(read)
            _work(run, first, stop, write)
        os.close(write)
        self.pipe = read

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self.pipe)
        self._wait()

    def _wait(self) -> int:
        if self.status is None:
            _, self.status = os.waitpid(self.pid, 0)
        return self.status

    def reports(self) -> Iterator[dict[str, Any]]:
        """What each input ended in; ends when the process has ended."""
        buffered, began, cpu = b"", time.monotonic(), self._cpu()
        blocked, last = time.monotonic(), cpu
        while True:
            ready, _, _ = select.select([self.pipe], [], [], 0.5)
            if not ready:
                now, used = time.monotonic(), self._cpu()
                blocked, last = (blocked, last) if used - last < 0.2 else (now, used)
                if used - cpu > MAX_SECONDS or now - blocked > MAX_BLOCKED or now - began > MAX_WALL:
                    self.reason = f"more than {now - began:.0f} s, {used - cpu:.0f} s of CPU time"
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(self.pid, signal.SIGKILL)
                    return
                continue
            chunk = os.read(self.pipe, 1 << 16)
            if not chunk:
                return
            *lines, buffered = (buffered + chunk).split(b"\n")
            for line in lines:
                report = json.loads(line)
                if "begin" in report:
                    self.current = report["begin"]
                    began = blocked = time.monotonic()
                    cpu = last = self._cpu()
                else:
                    self.current = None
                    yield report

    def _cpu(self) -> float:
        try:
            fields = Path(f"/proc/{self.pid}/stat").read_text().rsplit(") ", 1)[1].split()
        except OSError:
            return 0.0
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def ended(self) -> str:
        """How the process ended."""
        status = self._wait()
        if self.reason:
            return self.reason
        if os.WIFSIGNALED(status):
            return f"killed by {signal.Signals(os.WTERMSIG(status)).name}"
        return f"exit code {os.waitstatus_to_exitcode(status)}"


def _work(run: Callable[[int], dict[str, Any]], first: int, stop: int, pipe: int) -> None:
    """The child: never returns."""
    try:
        with open(os.devnull, "w") as nowhere:
            os.dup2(nowhere.fileno(), 1)
            os.dup2(nowhere.fileno(), 2)
        limit = memory_status("VmSize") + ADDRESS_SPACE
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        faulthandler.disable()
        for number in range(first, stop):
            os.write(pipe, json.dumps({"begin": number}).encode() + b"\n")
            report = run(number)
            os.write(pipe, json.dumps(report).encode() + b"\n")
    except BaseException:
        os._exit(70)
    os._exit(0)
