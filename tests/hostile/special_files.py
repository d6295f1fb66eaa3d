"""Changes of a folder: special files, links, names, and files in the place of folders."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import socket
import stat
from pathlib import Path

__all__ = ["disturb"]

NAMES = (
    *(
        b"\xff\xfe",
        b"caf\xe9",
        "é".encode() * 120,
        b"n" * 251,
        b"a\nb",
        b"\x1b[31mred",
        b"-rf",
        b"~",
        b"%s",
        b" ",
    ),
    *(b"a'b\"c", "\u202etxt".encode(), "e\u0301".encode(), b"a,b;c\td", b"...", b"CON", b"<b>&amp;", b"=1+1"),
)
ENDINGS = (
    *(".png", ".csv", ".txt", ".json", ".xml", ".npz", ".jpg", ".parquet", ".yaml", ".bin", ""),
    "-images-idx3-ubyte",
)
EXPECTED = (  # names that readers look for
    *(
        "train.csv",
        "labels.csv",
        "metadata.csv",
        "data.yaml",
        "classes.txt",
        "x.json",
        "annotations",
        "images",
    ),
    *("masks", "labels", "train", "test_batch.bin", "_classes.csv", "batches.meta.txt"),
)


def disturb(path: Path, rng: random.Random) -> None:
    """One to three changes in a folder, or of the only file that is opened."""
    folder = path if path.is_dir() else path.parent
    for _ in range(rng.choice((1, 1, 2, 3))):
        found = [Path(root) / name for root, folders, files in os.walk(folder) for name in (*folders, *files)]
        place = rng.choice(found or [folder / "x"])
        with contextlib.suppress(OSError):  # a name that is too long, a folder that is gone
            rng.choice((_replace, _replace, _add, _add, _rename, _rename, _link, _copy_case, _empty))(
                place, rng
            )


def _replace(place: Path, rng: random.Random) -> None:
    """Something else of the same name."""
    if place.is_dir() and not place.is_symlink():
        shutil.rmtree(place)
    else:
        place.unlink()
    _special(place, rng)


def _add(place: Path, rng: random.Random) -> None:
    """Something else beside it, under a name that a reader may look for."""
    name = rng.choice((*EXPECTED, place.stem + rng.choice(ENDINGS)))
    if not os.path.lexists(place.parent / name):
        _special(place.parent / name, rng)


def _special(place: Path, rng: random.Random) -> None:
    kind = rng.randrange(9)
    if kind == 0:
        os.mkfifo(place)
    elif kind == 1:
        with socket.socket(socket.AF_UNIX) as one, contextlib.suppress(OSError):
            one.bind(os.path.relpath(place) if len(str(place)) > 100 else str(place))
    elif kind == 2:
        os.symlink(rng.choice(("/dev/zero", "/dev/full", "/dev/stdin", "/dev/tty")), place)
    elif kind == 3:
        os.symlink(rng.choice((".", "..", place.name, "/", "/proc/self", "gone", "/proc/self/fd/0")), place)
    elif kind == 4:
        place.mkdir()
    elif kind == 5:
        place.write_bytes(b"")
    elif kind == 6:
        place.write_bytes(rng.randbytes(rng.choice((1, 100, 5000))))
    elif kind == 7:
        with contextlib.suppress(OSError):  # only root may make a device
            os.mknod(place, stat.S_IFCHR | 0o666, os.makedev(1, rng.choice((3, 5, 7))))
    else:
        with place.open("wb") as file:  # a file with a hole
            file.truncate(rng.choice((1 << 20, 1 << 28)))


def _rename(place: Path, rng: random.Random) -> None:
    name = rng.choice(NAMES) + os.fsencode(rng.choice((place.suffix, place.suffix, rng.choice(ENDINGS))))
    target = os.path.join(os.fsencode(place.parent), name)
    if not os.path.lexists(target):
        os.rename(os.fsencode(place), target)


def _link(place: Path, rng: random.Random) -> None:
    """A link to a file of the folder, or to one outside it."""
    target = rng.choice((str(place), str(place.parent), "../outside/canary.txt", "/etc/passwd"))
    os.symlink(target, place.with_name(f"link{rng.randrange(9)}{rng.choice((place.suffix, *ENDINGS))}"))


def _copy_case(place: Path, rng: random.Random) -> None:
    """The same name in other letters."""
    target = place.with_name(rng.choice((place.name.upper(), place.name.title(), place.name.swapcase())))
    if place.is_file() and not target.exists():
        shutil.copyfile(place, target)


def _empty(place: Path, rng: random.Random) -> None:
    if place.is_file() and not place.is_symlink():
        place.write_bytes(b"" if rng.random() < 0.5 else b"\n")
    elif place.is_dir():
        shutil.rmtree(place)
        place.mkdir()
