"""The run folder: the files of a run."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from hibiscus.damage import damaged, reading
from hibiscus.errors import ConfigError, DataError, RunError
from hibiscus.json_files import (
    CHECKED_BY_CHECKPOINT,
    read_json,
    read_limited,
    with_digest,
    without_digest,
)
from hibiscus.log_lines import LogLines, wrong_number
from hibiscus.run_format import FORMAT, upgrade
from hibiscus.runs.creation_order import created
from hibiscus.runs.folder_lock import locked
from hibiscus.runs.folder_members import check_members
from hibiscus.runs.info_types import FILES
from hibiscus.training.atomic_files import write_atomically
from hibiscus.typed_values import typed_value

__all__ = [
    "RunFolder",
    "discarded_without_runs",
    "find_run",
    "make_run_folder",
    "next_run_folder",
    "now",
]

BEFORE_RUN_JSON = {"checkpoints", "preparation.json", "split.json", "config.yaml", "lock"}
UNTRAINED_FILES = (  # run.json first: without it, the folder is no run
    *(
        "run.json",
        "crossval.json",
        "sweep.json",
        "preparation.json",
        "split.json",
        "config.yaml",
        "log.jsonl",
    ),
    "lock",
)


class RunFolder:
    """Reads and writes the files of one run.

    Args:
        path: the folder, which may not exist yet.
    """

    def __init__(self, path: Path):
        self.path = path
        self.checkpoints = path / "checkpoints"
        self.log = path / "log.jsonl"
        self.samples = path / "samples"

    def create(self) -> None:
        """Creates the folder.

        Raises:
            RunError: it already contains a run or other files, or is not writable.
        """
        self.require_free()
        self.check()
        try:
            self.checkpoints.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise RunError(
                f"{self.path}: cannot be created ({error.strerror})",
                "a writable location",
                "choose another: --out FOLDER",
            ) from None

    def require_free(self) -> None:
        """Checks that a run may be written here.

        Raises:
            RunError: the folder already contains a run or other files, or it is a file.
        """
        if self.path.exists() and not (self.path.is_dir() and self._is_free()):
            raise RunError(
                f"{self.path}: not empty",
                "a new or empty folder",
                f"another --out FOLDER, or continue the run there: hibiscus resume {self.path}",
            )

    def _is_free(self) -> bool:
        """Whether the folder contains only finished folds, or files of a run that ended before `run.json`."""
        names = {child.name for child in self.path.iterdir()}
        started = self.checkpoints.is_dir() and any(self.checkpoints.iterdir())
        return not started and all(
            name in BEFORE_RUN_JSON or re.fullmatch(r"fold-\d+|\..*\.part", name) for name in names
        )

    def discard(self) -> None:
        """Removes the files of a run that was not trained, and the folder if nothing else is in it.

        Finished folds and files that Hibiscus did not write stay.
        """
        for folder in (self.checkpoints, self.samples):
            shutil.rmtree(folder, ignore_errors=True)
        with contextlib.suppress(OSError):  # not writable, or not empty: the error that led here matters more
            for name in UNTRAINED_FILES:
                (self.path / name).unlink(missing_ok=True)
            self.path.rmdir()

    def check(self) -> None:
        """Checks that nothing in the folder leads out of it, and removes what killed processes left.

        Raises:
            RunError: a member is a link out of the folder, or neither a file nor a folder.
        """
        check_members(self.path)

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Checks and locks the folder; the system releases the lock whenever this process ends.

        Raises:
            RunError: another process uses the run; the message names it. Or see `check`.
        """
        self.check()
        with locked(self.path):
            yield

    def read(self, name: str) -> dict[str, Any]:
        """The content of a JSON file of the run, in the current format.

        Raises:
            RunError: missing, damaged, of a newer format, or changed after it was written; but a `run.json`
                that was changed is read, see `read_info`.
        """
        content, unchanged = self.read_changed(name)
        if not (unchanged or name == "run.json"):
            raise damaged(self.path / name, "it was changed after it was written")
        return content

    def read_changed(self, name: str) -> tuple[dict[str, Any], bool]:
        """As `read`, for a file that may have been changed; and whether it is as it was written.

        Raises:
            RunError: missing, damaged, or of a newer format.
        """
        path, unchanged = self.path / name, True
        with reading(path):
            content = read_json(path)
            if not isinstance(content, dict):
                raise ValueError(f"it holds {type(content).__name__} instead of an object")
            if isinstance(version := content.get("format"), int) and version > FORMAT:
                raise RunError(
                    f"{path}: format {version}", f"format {FORMAT} or older", "install a newer Hibiscus"
                )
            if name not in CHECKED_BY_CHECKPOINT:
                content, unchanged = without_digest(content)
            content = upgrade(name, content)
            if name in FILES:
                typed_value(FILES[name], content)
            return content, unchanged

    def read_log(self, expected: str | None = None) -> list[dict[str, Any]]:
        """The lines of `log.jsonl`, in the current format; none if there is no log.

        Args:
            expected: the digest of a line that must be there, as recorded in `run.json`.

        Raises:
            RunError: a line is damaged, was changed, or is missing.
        """
        if not self.log.exists() and expected is None:
            return []
        with reading(self.log):
            log = LogLines(read_limited(self.log), expected)
        if fault := log.fault or wrong_number(log.lines):
            raise damaged(self.log, fault)
        return [upgrade(self.log.name, line) for line in log.lines]

    def write(self, name: str, content: dict[str, Any]) -> None:
        """Writes a JSON file of the run, atomically, with its digest.

        Bytes of file names that are not Unicode are escapes.
        """
        if name not in CHECKED_BY_CHECKPOINT:
            content = with_digest(content)
        text = json.dumps(content, indent=1, ensure_ascii=False)
        write_atomically(self.path / name, text.encode(errors="backslashreplace"))

    def write_config(self, method: str, data: str, config: dict[str, Any], options: dict[str, Any]) -> None:
        """Writes `config.yaml`, with which `hibiscus train --config` repeats the run."""
        text = yaml.safe_dump(
            {"format": FORMAT, "method": method, "data": data, **options, **config},
            sort_keys=False,
            allow_unicode=True,
        )
        write_atomically(self.path / "config.yaml", text.encode())

    def update(self, **changes: Any) -> dict[str, Any]:
        """Changes entries of `run.json`, and returns all of them."""
        info = {**self.read("run.json"), "format": FORMAT, **changes}
        self.write("run.json", info)
        return info


def next_run_folder(method: str, data: str, root: Path = Path("runs")) -> Path:
    """The next free `runs/METHOD-DATA-NNN`, with a number one higher than any that exists."""
    stem = f"{method}-{re.sub(r'[^A-Za-z0-9_.]+', '-', data).strip('-.')[:40] or 'data'}"
    pattern = re.compile(re.escape(stem) + r"-(\d{3,})$")
    taken = [
        int(match[1])
        for path in (root.iterdir() if root.is_dir() else ())
        if (match := pattern.match(path.name))
    ]
    return root / f"{stem}-{max(taken, default=0) + 1:03d}"


def make_run_folder(
    method: str, data: str, out: str | os.PathLike[str] | None, may_exist: bool = False
) -> RunFolder:
    """Creates the given folder, or the next free one in `runs`; two processes never get the same one.

    Args:
        method: for the name.
        data: for the name.
        out: the folder itself, or None.
        may_exist: accept a folder that already contains a run, for commands that can be continued.
    """
    if out is not None:
        folder = RunFolder(Path(out).expanduser())
        if may_exist and (folder.path / "run.json").exists():
            folder.check()
        else:
            folder.create()
        return folder
    while True:
        folder = RunFolder(next_run_folder(method, data))
        try:
            folder.path.parent.mkdir(parents=True, exist_ok=True)
            folder.path.mkdir()
        except FileExistsError:  # another process has just created it
            continue
        except OSError:
            pass  # reported by create
        folder.create()
        return folder


@contextlib.contextmanager
def discarded_without_runs(folder: RunFolder) -> Iterator[None]:
    """Removes the folder of several trainings if an option or the data is unusable, and none was trained."""
    try:
        yield
    except (ConfigError, DataError) as error:
        has_runs = next(folder.path.glob("**/run.json"), None) is not None
        if not has_runs and not isinstance(error, RunError):
            folder.discard()
        raise


def find_run(path: str | os.PathLike[str]) -> Path:
    """The folder of a run by its path, checked; `runs/latest` is the run in `runs` that was created last.

    Raises:
        RunError: there is no run at the path, or something in it leads out of it.
    """
    folder = Path(path).expanduser()
    if folder.name == "latest" and not folder.exists() and folder.parent.is_dir():
        runs = [child for child in folder.parent.iterdir() if (child / "run.json").is_file()]
        if runs:
            folder = max(runs, key=created)
    if not (folder / "run.json").is_file():
        raise RunError(
            f"{folder}: no run here",
            "a folder with run.json, or runs/latest",
            "ls runs; or train first: hibiscus train ...",
        )
    RunFolder(folder).check()
    return folder


def now() -> str:
    """The time in UTC, to the microsecond, so that runs can be ordered."""
    return datetime.now(UTC).isoformat(timespec="microseconds")
