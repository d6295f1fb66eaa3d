"""MATLAB files: arrays of numbers and of characters in files of versions 5 to 7.2 ("level 5 MAT-files").

A file is a header of 128 bytes and a sequence of elements, each a tag (its type and its size) and its
content. A variable is an element `miMATRIX` of elements: flags, dimensions, name, values. It may be
compressed as a whole (`miCOMPRESSED`). Nothing is allocated before its declared size was compared with what
is left of the file and with the free memory. Cells, structures, objects and sparse matrices are not read;
their names and shapes are returned.

Source: MathWorks, *MAT-File Format*, R2024b. The values are those of `scipy.io.loadmat`, in the type in which
they are stored: MATLAB stores whole numbers of the class `double` as small integers.
"""

from __future__ import annotations

import math
import os
import struct
import zlib
from pathlib import Path
from typing import IO, Literal

import numpy as np

from hibiscus.data.memory_limit import check_memory
from hibiscus.errors import DataError

__all__ = ["read_mat"]

Order = Literal["<", ">"]
HDF5 = b"\x89HDF\r\n\x1a\n"
HEADER = 128
MATRIX, COMPRESSED = 14, 15  # types of elements
NUMBERS = {
    1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8",
}  # fmt: skip
TEXTS = {1: 1, 2: 1, 4: 2, 16: 1, 17: 2, 18: 4}  # bytes of a unit by type; UTF-8, UTF-16, UTF-32
CHAR, OPAQUE = 4, 17  # classes of variables
NUMERIC = range(6, 16)  # double, single, int8 ... uint64
COMPLEX = 0x800  # flag
MAX_DIMENSIONS = 32
MAX_NAME = 4096  # bytes; MATLAB's longest name has 63
BLOCK = 2**16


def read_mat(path: Path) -> dict[str, np.ndarray]:
    """The variables of a MATLAB file by name.

    Returns:
        Numbers in the type in which they are stored, in their shape; rows of characters as texts, so that
        (3, 5) characters are 3 texts. Any other variable is an array of objects that are all None, in its
        shape and without memory of its own.

    Raises:
        DataError: damaged, too large for the memory, or of version 7.3, which is HDF5.
    """
    with path.open("rb") as file:
        head = file.read(520)
        if head.startswith((b"MATLAB 7.3", HDF5)) or head[512:].startswith(HDF5):
            raise DataError(
                f"{path}: a MATLAB file of version 7.3, which is HDF5",
                "version 7 or earlier, or .npz",
                f"in MATLAB: save('{path.name}', 'x', 'y', '-v7'); or in Python: pip install mat73, then "
                f"numpy.savez('{path.stem}.npz', **mat73.loadmat('{path.name}'))",
            )
        if len(head) >= 4 and 0 in head[:4]:
            raise DataError(
                f"{path}: a MATLAB file of version 4, or damaged",
                "version 5 to 7, or .npz",
                f"in MATLAB: load('{path.name}'); save('{path.name}', 'x', 'y', '-v7'); or in Python: "
                f"numpy.savez('{path.stem}.npz', **scipy.io.loadmat('{path.name}'))",
            )
        try:
            return _read_variables(path, file, head)
        except (ValueError, zlib.error, struct.error, OverflowError) as error:
            received = f"{path}: cannot be read as a MATLAB file ({error})"
            fix = "download or save it again"
            raise DataError(received, "a complete MATLAB file of version 5 to 7", fix) from None


def _read_variables(path: Path, file: IO[bytes], head: bytes) -> dict[str, np.ndarray]:
    orders: dict[bytes, Order] = {b"IM": "<", b"MI": ">"}
    order = orders.get(head[126:HEADER])
    if order is None:
        raise ValueError("it does not start like one")
    size = os.fstat(file.fileno()).st_size
    variables: dict[str, np.ndarray] = {}
    position = HEADER
    while position < size:
        file.seek(position)
        kind, count = struct.unpack(f"{order}II", file.read(8))
        position += 8 + count
        if position > size:
            raise ValueError(f"an element declares {count:,} bytes, but the file ends before")
        if kind not in (MATRIX, COMPRESSED):
            raise ValueError(f"an element of type {kind} instead of a variable")
        variable = _Content if kind == MATRIX else _Inflated
        name, values = _read_variable(variable(path, file, count, order))
        if name in variables:
            raise ValueError(f"two variables are named {name!r}")
        if name and not name.startswith("__"):
            variables[name] = values
    return variables


class _Content:
    """The content of a variable, read element by element."""

    def __init__(self, path: Path, file: IO[bytes], count: int, order: Order):
        self.path, self.file = path, file
        self.order: Order = order
        self.left = count  # bytes
        self.stored: int | None = None  # bytes in the file, if they are compressed

    def read(self, count: int) -> bytearray:
        """The next bytes, which must all be there."""
        if count > self.left:
            raise ValueError(f"{count:,} bytes are declared where {self.left:,} are left")
        check_memory(self.path, count, stored=self.stored)
        self.left -= count
        return self._take(count)

    def _take(self, count: int) -> bytearray:
        data = bytearray(count)
        if self.file.readinto(data) != count:  # type: ignore[attr-defined]
            raise ValueError("it is incomplete")
        return data

    def element(self) -> tuple[int, bytearray]:
        """The type and the content of the next element; up to 4 bytes of content are stored in the tag."""
        tag = self.read(8)
        first, count = struct.unpack(f"{self.order}II", tag)
        if first >> 16:
            if first >> 16 > 4:
                raise ValueError(f"a small element of {first >> 16} bytes")
            return first & 0xFFFF, tag[4 : 4 + (first >> 16)]
        data = self.read(count)
        self.read(min(-count % 8, self.left))  # elements begin at multiples of 8
        return first, data

    def finish(self) -> None:
        """Reads to the end of a compressed variable, where its checksum is."""


class _Inflated(_Content):
    """The content of a compressed variable; never more is decompressed than it declares."""

    def __init__(self, path: Path, file: IO[bytes], count: int, order: Order):
        super().__init__(path, file, count, order)
        self.stored, self.unread = count, count
        self.state, self.waiting = zlib.decompressobj(), b""
        kind, self.left = struct.unpack(f"{order}II", self._take(8))
        if kind != MATRIX:
            raise ValueError(f"a compressed element of type {kind} instead of a variable")

    def _take(self, count: int) -> bytearray:
        data = bytearray()
        while len(data) < count:
            block = self._inflate(count - len(data))
            if not block and self.state.eof:
                raise ValueError(f"a compressed variable ends {count - len(data):,} bytes before its end")
            data += block
        return data

    def _inflate(self, limit: int) -> bytes:
        if not self.waiting and self.unread:
            self.waiting = self.file.read(min(BLOCK, self.unread))
            self.unread -= len(self.waiting)
        elif not self.waiting and not self.state.eof:
            raise ValueError("a compressed variable is incomplete")
        data = self.state.decompress(self.waiting, limit)
        self.waiting = self.state.unconsumed_tail
        return data

    def finish(self) -> None:
        while self.left:
            self.read(min(BLOCK, self.left))
        while not self.state.eof:
            if self._inflate(1):
                raise ValueError("a compressed variable is longer than it declares")


def _read_variable(content: _Content) -> tuple[str, np.ndarray]:
    kind, flags = content.element()
    if kind != 6 or len(flags) != 8:
        raise ValueError("a variable without flags")
    (bits,) = struct.unpack_from(f"{content.order}I", flags)
    number = bits & 0xFF
    if number == OPAQUE:
        return _name(content), _unread(())
    shape = _shape(content)
    name = _name(content)
    if number == CHAR:
        values = _texts(content, shape)
    elif number in NUMERIC:
        values = _numbers(content, shape)
        if bits & COMPLEX:
            values = values + 1j * _numbers(content, shape)
    elif 0 < number < OPAQUE:
        return name, _unread(shape)
    else:
        raise ValueError(f"a variable of the unknown class {number}")
    content.finish()
    return name, values


def _shape(content: _Content) -> tuple[int, ...]:
    kind, data = content.element()
    if kind not in (5, 6) or len(data) % 4 or not 2 <= len(data) // 4 <= MAX_DIMENSIONS:
        raise ValueError("a variable without dimensions")
    shape = struct.unpack(f"{content.order}{len(data) // 4}i", data)
    if min(shape) < 0:
        raise ValueError(f"the dimensions {shape}")
    return shape


def _name(content: _Content) -> str:
    kind, data = content.element()
    if kind not in TEXTS or len(data) > MAX_NAME:
        raise ValueError("a variable without a name")
    return data.decode("utf-8", "replace")


def _unread(shape: tuple[int, ...]) -> np.ndarray:
    return np.broadcast_to(np.array(None, object), shape)


def _numbers(content: _Content, shape: tuple[int, ...]) -> np.ndarray:
    kind, data = content.element()
    if kind not in NUMBERS:
        raise ValueError(f"numbers of the unknown type {kind}")
    dtype = np.dtype(NUMBERS[kind])
    if len(data) != math.prod(shape) * dtype.itemsize:
        raise ValueError(f"{len(data):,} bytes of {dtype} for the dimensions {shape}")
    values = np.frombuffer(data, dtype.newbyteorder(content.order)).reshape(shape, order="F")
    return values.astype(dtype, copy=False)


def _texts(content: _Content, shape: tuple[int, ...]) -> np.ndarray:
    """Rows of characters as texts; a character that Unicode lacks becomes the replacement character."""
    kind, data = content.element()
    if kind not in TEXTS:
        raise ValueError(f"characters of the unknown type {kind}")
    count = math.prod(shape)
    check_memory(content.path, len(data), factor=12)
    if TEXTS[kind] == 1:
        text = data.decode("utf-8", "ignore")
        text = text if len(text) == count else data.decode("latin-1")
        codes = np.frombuffer(text.encode("utf-32-le"), "<u4").astype(np.uint32)
    else:
        codes = np.frombuffer(data, f"{content.order}u{TEXTS[kind]}").astype(np.uint32)
        codes[((codes >= 0xD800) & (codes < 0xE000)) | (codes > 0x10FFFF)] = 0xFFFD
    if len(codes) != count:
        raise ValueError(f"{len(codes):,} characters for the dimensions {shape}")
    if not count:
        return np.empty(0, "U1")
    rows = np.ascontiguousarray(codes.reshape(shape, order="F"))
    return rows.view(f"U{shape[-1]}")[..., 0]
