"""Changes of files that keep their structure: headers, declared sizes and types, entries of archives."""

from __future__ import annotations

import io
import os
import random
import re
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable

import numpy as np

from hostile import mutations
from hostile.harness import STATE

__all__ = ["mutate_file"]

SIDES = (0, 1, 2, 3, 0x7F, 0xFF, 0x100, 0x7FFF, 0xFFFF, 30_000, 2**31 - 1, 2**32 - 1)
SHAPES = (
    *("()", "(0,)", "(5,)", "(-1, 3)", "(2, 0, 3)", "(1099511627776, 3)", "(4, 4, 4, 4, 4, 4)", "(12, 10)"),
    *("(9223372036854775807,)", "(3, 8, 8)", "(True,)", "(1e3,)", "[3]", "(3" + ", 1" * 40 + ")"),
)
TYPES = (
    *(
        "|O",
        "<U7",
        "<U1000000",
        "<M8[ns]",
        "<m8[D]",
        "<c16",
        "|V9",
        "<f2",
        ">i2",
        "<u8",
        "|b1",
        "|S3",
        "<f16",
    ),
    *("('<f4', (2,))", "[('a', '<f4'), ('b', '|O')]", "<i9", "x"),
)
ENTRY_NAMES = (
    *(
        "../outside/canary.txt",
        "/tmp/doors-escaped",
        "a/../../x",
        "x" * 300,
        "a/" * 200 + "x",
        "C:\\x",
        "con",
    ),
    *("\x00", "a\nb.png", "é" * 200, "\ud83d", "..", "./", "a//b"),
)
ZIP_FIELDS = (  # offset from a signature, and width
    *(
        (4, 2),
        (6, 2),
        (8, 2),
        (10, 2),
        (14, 4),
        (18, 4),
        (20, 4),
        (22, 4),
        (24, 4),
        (26, 2),
        (28, 2),
        (30, 2),
    ),
    *((32, 2), (38, 4), (42, 4), (16, 4), (12, 4)),
)
EXTREMES = (0, 1, 2**16 - 1, 2**31 - 1, 2**32 - 1)


def mutate_file(name: str, data: bytes, rng: random.Random) -> bytes:
    """The bytes of a file changed in a way that suits its type, which its name or first bytes tell."""
    lower = name.lower()
    for pattern, change in _BY_NAME.items():
        if re.search(pattern, lower):
            try:
                return change(data, rng)
            except Exception:  # an earlier change has damaged the structure
                return mutations.mutate_bytes(data, rng)
    return mutations.mutate_bytes(data, rng)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _png(data: bytes, rng: random.Random) -> bytes:
    """Sides, depth and color type with a valid checksum; or a chunk more, less or with other content."""
    if rng.random() < 0.3 or data[:4] != b"\x89PNG":
        return mutations.mutate_bytes(data, rng)
    chunks, at = [], 8
    while at + 12 <= len(data):
        length = struct.unpack(">I", data[at : at + 4])[0]
        chunks.append((data[at + 4 : at + 8], data[at + 8 : at + 8 + length]))
        at += 12 + length
    kind = rng.randrange(5)
    if kind <= 1:
        width, height, *rest = struct.unpack(">IIBBBBB", chunks[0][1])
        sides = [rng.choice((width, rng.choice(SIDES))), rng.choice((height, rng.choice(SIDES)))]
        rest = [rng.choice((old, old, old, rng.randrange(9))) for old in rest]
        chunks[0] = (b"IHDR", struct.pack(">IIBBBBB", *sides, *rest))
    elif kind == 2:
        number = rng.randrange(len(chunks))
        chunks[number] = (chunks[number][0], mutations.mutate_bytes(chunks[number][1], rng))
    elif kind == 3:
        text = zlib.compress(b"x" * 2_000_000)
        more = rng.choice(((b"zTXt", b"k\0\0" + text), (b"iCCP", b"k\0\0" + text), (b"tRNS", b"\0" * 300),
                           (b"PLTE", b"\0" * 7), (b"eXIf", b"MM\0*\0\0\0\x08\xff\xff" + b"\1" * 40),
                           (b"acTL", b"\xff" * 8), (b"fcTL", b"\0" * 26)))  # fmt: skip
        chunks.insert(rng.randrange(1, len(chunks) + 1), more)
    else:
        del chunks[rng.randrange(len(chunks))]
    return data[:8] + b"".join(_chunk(*chunk) for chunk in chunks)


def _jpeg(data: bytes, rng: random.Random) -> bytes:
    """The sides and components in the frame header; or the orientation; or bytes."""
    frame = re.search(rb"\xff[\xc0-\xc2]\x00.", data)
    if frame is None or rng.random() < 0.5:
        return mutations.mutate_bytes(data, rng)
    changed, at = bytearray(data), frame.end()
    changed[at] = rng.choice((8, 12, 0, changed[at]))
    for offset in (1, 3):
        if rng.random() < 0.6:
            changed[at + offset : at + offset + 2] = struct.pack(">H", rng.choice(SIDES) % 65536)
    if rng.random() < 0.3:
        changed[at + 5] = rng.randrange(6)
    return bytes(changed)


def _npy(data: bytes, rng: random.Random) -> bytes:
    """Another shape, type or order in the header, with or without the right length."""
    if rng.random() < 0.3 or data[:6] != b"\x93NUMPY":
        return mutations.mutate_bytes(data, rng)
    length = struct.unpack("<H", data[8:10])[0]
    header, body = data[10 : 10 + length].decode("latin-1"), data[10 + length :]
    shape, kind = rng.choice(SHAPES), rng.choice(TYPES)
    if rng.random() < 0.7:
        header = re.sub(r"'shape': \([^)]*\)", lambda _: f"'shape': {shape}", header)
    if rng.random() < 0.5:
        shown = kind if kind[0] in "[(" else repr(kind)
        header = re.sub(r"'descr': '[^']*'", lambda _: f"'descr': {shown}", header)
    if rng.random() < 0.15:
        header = header.replace(
            "False", rng.choice(("True", "0", "__import__('os').system('true')", "9**9**9"))
        )
    if rng.random() < 0.5:
        body = body * rng.choice((0, 2, 8))
    raw = header.rstrip().encode("latin-1", "replace") + b" " * 16 + b"\n"
    return data[:8] + struct.pack("<H", len(raw)) + raw + body


def pickled() -> bytes:
    """A pickle that creates the marker, as an array of objects would hold it."""
    command = f"touch '{os.environ.get(STATE, '/tmp/doors/marker')}'".encode()
    return b"cos\nsystem\n(S'" + command.replace(b"'", b"\\'") + b"'\ntR."


def _npz(data: bytes, rng: random.Random) -> bytes:
    """An array changed, renamed, left out or doubled; or the zip itself."""
    if rng.random() < 0.3:
        return _zip_bytes(data, rng)
    entries = _entries(data)
    name = rng.choice(list(entries))
    kind = rng.randrange(6)
    if kind == 0:
        entries[rng.choice(("x", "y.npy", "images.npy", "a/../b.npy", "x_train.npy", "y_test.npy"))] = (
            entries[name]
        )
    elif kind == 1:
        del entries[name]
    elif kind == 2:
        stream = io.BytesIO()
        np.lib.format.write_array_header_1_0(stream, {"descr": "|O", "fortran_order": False, "shape": (3,)})
        entries[name] = stream.getvalue() + pickled()
    elif kind == 3 and len(entries) > 1:
        other = rng.choice(list(entries))
        entries[name], entries[other] = entries[other], entries[name]
    else:
        entries[name] = _npy(entries[name], rng)
    return _packed(entries, zipfile.ZIP_DEFLATED if rng.random() < 0.5 else zipfile.ZIP_STORED)


def _entries(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {info.filename: archive.read(info) for info in archive.infolist() if not info.is_dir()}


def _packed(entries: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, content in entries.items():
            archive.writestr(zipfile.ZipInfo(name), content, method)
    return stream.getvalue()


def _zip_bytes(data: bytes, rng: random.Random) -> bytes:
    """A field of the local or central directory: sizes, methods, flags, name lengths; or any bytes."""
    places = [match.start() for match in re.finditer(rb"PK(\x01\x02|\x03\x04|\x05\x06)", data)]
    if not places or rng.random() < 0.3:
        return mutations.mutate_bytes(data, rng)
    changed, at = bytearray(data), rng.choice(places)
    offset, width = rng.choice(ZIP_FIELDS)
    changed[at + offset : at + offset + width] = (rng.choice(EXTREMES) % 2 ** (8 * width)).to_bytes(
        width, "little"
    )
    return bytes(changed)


def _zip(data: bytes, rng: random.Random) -> bytes:
    """A file inside changed, or an entry that leaves the folder, is a link, is named twice or too long."""
    if rng.random() < 0.25:
        return _zip_bytes(data, rng)
    entries = _entries(data)
    name = rng.choice(list(entries))
    if rng.random() < 0.6:
        return _packed({**entries, name: mutate_file(name, entries[name], rng)})
    odd = rng.choice((*ENTRY_NAMES, name.upper(), name))
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for one, content in entries.items():
            archive.writestr(zipfile.ZipInfo(one), content)
        info = zipfile.ZipInfo(odd.encode("utf-8", "replace").decode())
        info.filename = odd.encode("utf-8", "replace").decode()
        if rng.random() < 0.4:
            info.external_attr = rng.choice((0o120777, 0o010644, 0o060644)) << 16
        import warnings

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            archive.writestr(info, rng.choice((b"/etc/passwd", b"", bytes(5_000_000))))
    return stream.getvalue()


def _tar(data: bytes, rng: random.Random) -> bytes:
    """A file inside changed, or an entry that is a link, a device, or leaves the folder."""
    if rng.random() < 0.35:
        return mutations.mutate_bytes(data, rng)
    out = io.BytesIO()
    with (
        tarfile.open(fileobj=io.BytesIO(data)) as source,
        tarfile.open(fileobj=out, mode="w:gz", compresslevel=1) as to,
    ):
        members = [member for member in source if member.isfile()]
        chosen = rng.choice(members)
        for member in members:
            content = source.extractfile(member).read()  # type: ignore[union-attr]
            if member is chosen and rng.random() < 0.6:
                content = mutate_file(member.name, content, rng)
                member.size = len(content)
            to.addfile(member, io.BytesIO(content))
        if rng.random() < 0.5:
            odd = tarfile.TarInfo(
                rng.choice(("../x", "/tmp/doors-escaped", "a\udce9.png", chosen.name, "n" * 300, "d"))
            )
            kinds = tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE
            odd.type = rng.choice((*kinds, tarfile.REGTYPE, b"Z"))
            odd.linkname, odd.mode = rng.choice(("/etc/passwd", "../../outside/canary.txt", chosen.name)), 0
            to.addfile(odd)
    return out.getvalue()


def _office(data: bytes, rng: random.Random) -> bytes:
    """A spreadsheet with one of its XML files changed."""
    if rng.random() < 0.3:
        return _zip_bytes(data, rng)
    entries = _entries(data)
    name = rng.choice([name for name in entries if name.endswith((".xml", ".rels"))])
    return _packed({**entries, name: mutations.mutate_xml(entries[name], rng)})


def _parquet(data: bytes, rng: random.Random) -> bytes:
    """The metadata at the end, its length, or any bytes; pandas' own description of the columns as JSON."""
    if rng.random() < 0.3 or len(data) < 12:
        return mutations.mutate_bytes(data, rng)
    length = struct.unpack("<I", data[-8:-4])[0]
    body, footer = data[: -8 - length], data[-8 - length : -8]
    pandas = re.search(rb'\{"index_columns.*?\}\}', footer)
    if pandas and rng.random() < 0.4:
        changed = mutations.mutate_json(pandas[0], rng)[: len(pandas[0])].ljust(len(pandas[0]))
        footer = footer.replace(pandas[0], changed, 1)
    else:
        footer = mutations.mutate_bytes(footer, rng)
    stated = len(footer) if rng.random() < 0.8 else rng.choice(EXTREMES)
    return body + footer + struct.pack("<I", stated) + b"PAR1"


def _idx(data: bytes, rng: random.Random) -> bytes:
    """The type, the rank or a length in the header."""
    if data[:2] == b"\x1f\x8b" or rng.random() < 0.3:
        return mutations.mutate_gzip(data, rng)
    changed = bytearray(data)
    kind = rng.randrange(3)
    if kind == 0:
        changed[2] = rng.choice((8, 9, 11, 12, 13, 14, 0, 255))
    elif kind == 1:
        changed[3] = rng.choice((0, 1, 2, 3, 4, 32, 33, 64, 255))
    else:
        at = 4 + 4 * rng.randrange(max(1, changed[3]))
        changed[at : at + 4] = struct.pack(">I", rng.choice((0, 1, 7, 2**16, 2**28, 2**31, 2**32 - 1)))
    return bytes(changed)


def _tiff(data: bytes, rng: random.Random) -> bytes:
    """An entry of the directory: tag, type, count or value; or bytes."""
    if rng.random() < 0.4 or data[:2] not in (b"II", b"MM"):
        return mutations.mutate_bytes(data, rng)
    order = "<" if data[:2] == b"II" else ">"
    start = struct.unpack(order + "I", data[4:8])[0]
    count = struct.unpack(order + "H", data[start : start + 2])[0]
    changed, at = bytearray(data), start + 2 + 12 * rng.randrange(count)
    offset, width = rng.choice(((0, 2), (2, 2), (4, 4), (8, 4), (8, 2)))
    value = rng.choice((*EXTREMES, 2, 3, 4, 5, 8, 32768)) % 2 ** (8 * width)
    changed[at + offset : at + offset + width] = value.to_bytes(width, "little" if order == "<" else "big")
    return bytes(changed)


_BY_NAME: dict[str, Callable[[bytes, random.Random], bytes]] = {
    r"\.png$": _png,
    r"\.jpe?g$": _jpeg,
    r"\.tiff?$": _tiff,
    r"\.npy$": _npy,
    r"\.npz$": _npz,
    r"\.(xlsx|ods)$": _office,
    r"\.(parquet|pq)$": _parquet,
    r"idx\d-|\.idx$": _idx,
    r"\.zip$": _zip,
    r"\.(tar|tgz|tar\.\w+)$": _tar,
    r"\.gz$": mutations.mutate_gzip,
    r"\.jsonl?$": mutations.mutate_json,
    r"\.xml$": mutations.mutate_xml,
    r"\.(csv|tsv|txt)$": mutations.mutate_lines,
    r"\.(ya?ml)$": mutations.mutate_text,
}
