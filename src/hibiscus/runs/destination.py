"""Whether a result can be kept, checked before the work whose result it is, and the error if it cannot."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hibiscus.data.file_kinds import special_kind
from hibiscus.errors import DataError, RunError
from hibiscus.runs.folder import RunFolder

__all__ = ["check_run_folder", "check_writable", "writing"]


def check_run_folder(out: str | os.PathLike[str] | None, may_exist: bool = False) -> None:
    """Checks that a new run folder could be created.

    Args:
        out: the folder; by default a new one in `runs/`.
        may_exist: accept a folder that already contains a run, for commands that can be continued.

    Raises:
        RunError: the folder is not empty, or it cannot be created or written.
    """
    folder = Path("runs") if out is None else Path(out).expanduser()
    if kind := special_kind(folder):
        raise RunError(f"{folder}: {kind}", "a new or empty folder", "choose another --out")
    if out is not None and not (may_exist and (folder / "run.json").exists()):
        RunFolder(folder).require_free()
    existing = _existing(folder)
    if not existing.is_dir() or not os.access(existing, os.W_OK | os.X_OK):
        reason = "no permission to write" if existing.is_dir() else f"{existing} is a file"
        raise RunError(
            f"{folder}: cannot be created ({reason})", "a writable location", "choose another: --out FOLDER"
        )


def check_writable(path: Path) -> None:
    """Checks that a file or folder could be written.

    Raises:
        DataError: there is no permission to write in its folder, or it is a named pipe, a socket, a device,
            or a link that leads nowhere; or it has no name, as `/` and the working directory.
    """
    if not path.name:
        raise DataError(f"{path}: has no name of its own", "a new file or folder", "name one: --out NAME")
    if path.is_symlink() and not path.exists():
        received = f"{path}: a link to {os.readlink(path)}, which does not exist"
        raise DataError(received, "a new file or folder", "delete the link, or choose another --out")
    if kind := special_kind(path):
        raise DataError(f"{path}: {kind}", "a new file or folder", "choose another --out")
    existing = _existing(path)
    if not os.access(existing, os.W_OK):
        raise DataError(
            f"{path}: cannot be written (no permission to write in {existing})",
            "a writable location",
            "another --out",
        )


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """A context in which a file or folder is written.

    Raises:
        DataError: it cannot be written.
    """
    try:
        yield
    except OSError as error:
        expected = "a new file" if isinstance(error, FileExistsError) else "a writable location"
        reason = error.strerror or error
        raise DataError(f"{path}: cannot be written ({reason})", expected, "another --out") from None


def _existing(path: Path) -> Path:
    """The path itself if it exists, otherwise its nearest ancestor that does."""
    places = (path, *path.absolute().parents)
    return next((place for place in places if os.path.lexists(place)), Path(path.anchor or "."))
