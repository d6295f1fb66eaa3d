"""Zip and tar archives: extracted once into the cache, within limits, and read as the folder inside.

An entry is never written outside its folder: absolute paths, drives and `..` are refused, and so are links
and devices. Sizes are counted while extracting, as the sizes that an archive states may be wrong.
"""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import stat
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Literal

from hibiscus.data.disk_cache import building, cache_folder, mark_used, trim_cache
from hibiscus.data.files import folders_in, is_hidden, safe_relative
from hibiscus.errors import DataError
from hibiscus.progress import step

__all__ = ["ARCHIVE_ENDINGS", "extracted", "is_archive"]

ARCHIVE_ENDINGS = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")
OTHER_ARCHIVES = (".7z", ".rar", ".tar.zst")
READ_MODES: dict[bytes, Literal["r:gz", "r:bz2", "r:xz"]] = {
    b"\x1f\x8b": "r:gz",
    b"BZh": "r:bz2",
    b"\xfd7zXZ\0": "r:xz",
}
MAX_ENTRIES = 2_000_000
MAX_BYTES = 200 * 2**30
MAX_RATIO = 300  # extracted bytes for each byte of the archive, above the first gigabyte
FREE_RATIO = 2**30
BLOCK = 2**20


def is_archive(file: Path) -> bool:
    """Whether a file name is that of an archive that can be extracted.

    Raises:
        DataError: an archive of another format.
    """
    name = file.name.lower()
    if name.endswith(OTHER_ARCHIVES):
        fix = f"extract it first and pass the folder, for example with: 7z x {file.name}"
        raise DataError(f"{file}: an archive of this format is not read", "a .zip or .tar archive", fix)
    return name.endswith(ARCHIVE_ENDINGS)


def extracted(file: Path) -> Path:
    """The folder with the content of an archive, or the only file in it; extracted on first use.

    Raises:
        DataError: damaged, encrypted, above the limits, or with entries that leave the folder.
    """
    try:
        key = _digest(file)
        folder = cache_folder() / "archives" / key
        if not (folder / "complete").exists():
            _extract_into(folder, file)
            trim_cache()
        mark_used(folder)
    except OSError as error:
        received = f"{file}: cannot be extracted ({error.strerror or error})"
        raise DataError(received, "a readable archive, and space in the cache", "extract it first") from None
    return _inner(folder / "content")


def _digest(file: Path) -> str:
    state = hashlib.blake2b(digest_size=16)
    with file.open("rb") as stream:
        while block := stream.read(BLOCK):
            state.update(block)
    return state.hexdigest()


def _inner(folder: Path) -> Path:
    """The folder, or the only file in it."""
    entries = [child for child in sorted(folder.iterdir()) if not is_hidden(child.name)]
    return entries[0] if len(entries) == 1 and entries[0].is_file() and not folders_in(folder) else folder


def _extract_into(folder: Path, file: Path) -> None:
    """Extracts into a temporary folder, which is then renamed: another process may do the same."""
    with building(folder.parent) as work:
        (work / "content").mkdir()
        with step(f"extracting {file.name}"):
            try:
                _write_entries(work / "content", file)
            except DataError:
                raise
            except OSError as error:
                if error.errno is not None:  # no space, no permission
                    raise
                raise _damaged(file, error) from None
            except Exception as error:  # readers raise errors of any type for hostile bytes
                raise _damaged(file, error) from None
        (work / "complete").touch()
        try:
            work.rename(folder)
        except OSError:
            if not (folder / "complete").exists():  # left by an interrupted process
                shutil.rmtree(folder, ignore_errors=True)
                work.rename(folder)


def _damaged(file: Path, error: Exception) -> DataError:
    received = f"{file}: cannot be extracted ({error or type(error).__name__})"
    fix = "download it again; extract an encrypted archive first"
    return DataError(received, "a complete .zip or .tar archive", fix)


def _write_entries(root: Path, file: Path) -> None:
    size = file.stat().st_size
    limit = min(MAX_BYTES, max(FREE_RATIO, MAX_RATIO * size), shutil.disk_usage(root).free)

    def refuse_above(total: int) -> None:
        if total > limit:
            expected = f"at most {limit:,} bytes, for an archive of {size:,} bytes and the free space"
            raise DataError(f"{file}: too large to extract safely", expected, "extract it first")

    refuse_above(_declared_size(file))
    written, taken = 0, set()
    for count, (name, source) in enumerate(_entries(file), 1):
        if count > MAX_ENTRIES:
            raise DataError(f"{file}: more than {MAX_ENTRIES:,} files", "fewer", "extract it first")
        relative = safe_relative(name)
        if relative is None:
            raise DataError(
                f"{file}: the entry {name[:200]!r} leaves its folder", "relative paths", "pack it again"
            )
        if any(is_hidden(part) for part in relative.split("/")):
            continue
        if relative.casefold() in taken:
            raise DataError(f"{file}: two entries are named {relative}", "one of each name", "pack it again")
        taken.add(relative.casefold())
        target = root / relative
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as out:
            while block := source.read(BLOCK):
                written += len(block)
                refuse_above(written)
                out.write(block)


def _declared_size(file: Path) -> int:
    """The bytes of all files as a zip archive declares them; a tar archive does not say before it is read."""
    if not file.name.lower().endswith(".zip"):
        return 0
    with zipfile.ZipFile(file) as archive:
        return sum(info.file_size for info in archive.infolist())


def _entries(file: Path) -> Iterator[tuple[str, IO[bytes]]]:
    """The name and the content of each regular file.

    Raises:
        DataError: a link or a device.
    """
    if file.name.lower().endswith(".zip"):
        with zipfile.ZipFile(file) as archive:
            for info in archive.infolist():
                kind = stat.S_IFMT(info.external_attr >> 16)
                if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
                    raise _link(file, info.filename)
                if not info.is_dir():
                    with archive.open(info) as source:
                        yield info.filename, source
        return
    with tarfile.open(file, _read_mode(file)) as archive:
        for member in archive:
            if not (member.isfile() or member.isdir()):
                raise _link(file, member.name)
            source = archive.extractfile(member) if member.isfile() else None
            if source is not None:
                with contextlib.closing(source):
                    yield member.name, source


def _read_mode(file: Path) -> Literal["r:", "r:gz", "r:bz2", "r:xz"]:
    """How a tar archive is compressed, by its first bytes: a reader that tries all takes long to fail."""
    with file.open("rb") as stream:
        head = stream.read(6)
    for start, mode in READ_MODES.items():
        if head.startswith(start):
            return mode
    return "r:"


def _link(file: Path, name: str) -> DataError:
    received = f"{file}: the entry {name[:200]!r} is a link or a device"
    return DataError(received, "files and folders", "pack the files themselves, or extract it first")
