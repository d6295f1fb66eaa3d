"""Small files of every kind, made for the tests of this folder."""

import hashlib
import struct
import zlib

import numpy as np
from PIL import Image


def image(path, seed=0, size=(10, 12), mode="RGB"):
    """An image file of noise, `size` = (height, width); returns its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    channels = {"L": (), "RGB": (3,)}[mode]
    Image.fromarray(np.random.default_rng(seed).integers(0, 256, (*size, *channels), dtype=np.uint8)).save(
        path
    )
    return path


def classes(folder, names=("ant", "bee"), count=3, **options):
    """A folder with one folder of PNG images for each class."""
    seed = zlib.crc32(str(folder).encode()) % 1000
    for name in names:
        for i in range(count):
            seed += 1
            image(folder / name / f"{i}.png", seed, **options)
    return folder


def bomb(path, side=30_000):
    """A PNG that promises side x side pixels."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(10**6))) + chunk(b"IEND", b"")
    )
    return path


def idx(array, kind=8):
    """The bytes of an IDX file."""
    return (
        struct.pack(">HBB", 0, kind, array.ndim)
        + struct.pack(f">{array.ndim}I", *array.shape)
        + array.tobytes()
    )


def tree(folder):
    """The digest of everything under a folder."""
    return {
        file.relative_to(folder).as_posix(): (
            hashlib.sha256(file.read_bytes()).hexdigest(),
            file.stat().st_mtime_ns,
        )
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }
