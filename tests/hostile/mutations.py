"""Random changes of bytes and of text that make a valid file hostile, determined by their random numbers."""

from __future__ import annotations

import gzip
import json
import random
import re
from typing import Any

__all__ = [
    "TOKENS",
    "mutate_bytes",
    "mutate_gzip",
    "mutate_json",
    "mutate_lines",
    "mutate_text",
    "mutate_xml",
]

NUMBERS = (
    *("1e400", "-1e400", "9223372036854775808", "-9223372036854775809", "18446744073709551616", "-0"),
    *("NaN", "nan", "inf", "-Infinity", "1e-400", "0x10", "1_000", "٣", "1e308", "-1", "2147483648"),
    *("4294967295", "0.1e", "1,2,3", "--5", "½", "1e999999999", "1" * 400, "0" * 5000 + "1"),
)
DATES = (
    *("0001-01-01", "1600-01-01", "9999-12-31", "2262-04-12", "99999-01-01", "1677-09-21"),
    *("2020-13-45", "2020-02-30", "24:61:99", "31.12.20200", "0000-00-00"),
    *("2020-01-01T00:00:00+99:99",),
)
TEXTS = (
    *("", " ", "\r", "\n", "\0", "\ufeff", "\x1b[2J\x1b]0;x\x07", "\x85", "\u2028", "\ud800", "\U0010ffff"),
    *(
        "a\u0301",
        "x" * 300,
        "y" * 70_000,
        "'",
        '"',
        '"""',
        "=cmd|' /C calc'!A0",
        "{{7*7}}",
        "%s%n%d",
        "..",
        ".",
    ),
    *("../../etc/passwd", "/etc/passwd", "C:\\x", "~root", "file:///etc/passwd", "http://127.0.0.1:9/x.png"),
    *(
        "\\\\host\\share",
        "<script>alert(1)</script>",
        "None",
        "null",
        "true",
        "[]",
        "{}",
        "[[[",
        "🙂",
        "\u202e",
        "-",
    ),
)
TOKENS = (*NUMBERS, *DATES, *TEXTS)
DEEP = 3000
LONGEST_SEARCHED = 2**22  # characters


def mutate_bytes(data: bytes, rng: random.Random) -> bytes:
    """One to four changes at random places: flips, cuts, copies, tokens."""
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        rng.choice((_flip, _flip, _flip_near_start, _number, _cut, _remove, _repeat, _insert, _splice))(
            changed, rng
        )
    return bytes(changed)


def _at(data: bytearray, rng: random.Random) -> int:
    return rng.randrange(len(data) + 1)


def _flip(data: bytearray, rng: random.Random) -> None:
    for _ in range(rng.choice((1, 1, 2, 8, 40))):
        if data:
            data[rng.randrange(len(data))] = rng.choice((0, 1, 0x7F, 0x80, 0xFF, rng.randrange(256)))


def _flip_near_start(data: bytearray, rng: random.Random) -> None:
    if data:
        data[rng.randrange(min(len(data), 64))] = rng.choice((0, 1, 2, 0x7F, 0x80, 0xFF, rng.randrange(256)))


def _number(data: bytearray, rng: random.Random) -> None:
    """A whole number of 2, 4 or 8 bytes becomes an extreme one."""
    width = rng.choice((2, 4, 4, 8))
    if len(data) > width:
        at = rng.randrange(min(len(data), rng.choice((200, len(data)))) - 1)
        value = rng.choice((0, 1, 0xFF, 0x7FFF, 0x10000, 2**31 - 1, 2**31, 2**32 - 1, 2**63, 2**64 - 1))
        raw = (value % 2 ** (8 * width)).to_bytes(width, rng.choice(("little", "big")))
        data[at : at + width] = raw


def _cut(data: bytearray, rng: random.Random) -> None:
    del data[rng.choice((0, 1, len(data) // 2, max(0, len(data) - 1), _at(data, rng))) :]


def _remove(data: bytearray, rng: random.Random) -> None:
    at = _at(data, rng)
    del data[at : at + rng.choice((1, 4, 64, 1000))]


def _repeat(data: bytearray, rng: random.Random) -> None:
    at, length = _at(data, rng), rng.choice((1, 16, 300))
    data[at:at] = data[at : at + length] * rng.choice((1, 2, 50))


def _insert(data: bytearray, rng: random.Random) -> None:
    at = rng.choice((0, len(data), _at(data, rng)))
    data[at:at] = rng.choice(TOKENS).encode("utf-8", "surrogatepass")


def _splice(data: bytearray, rng: random.Random) -> None:
    """Two places change their content."""
    one, other, length = _at(data, rng), _at(data, rng), rng.choice((1, 8, 64))
    first, second = bytes(data[one : one + length]), bytes(data[other : other + length])
    data[one : one + length], data[other : other + length] = second, first


def mutate_gzip(data: bytes, rng: random.Random) -> bytes:
    """The compressed bytes themselves, or what they decompress to."""
    if rng.random() < 0.4 or data[:2] != b"\x1f\x8b":
        return mutate_bytes(data, rng)
    return gzip.compress(mutate_lines(gzip.decompress(data), rng), 1, mtime=0)


def encode(text: str, rng: random.Random) -> bytes:
    """Text as UTF-8, lone surrogates included; sometimes in another encoding, or with a BOM."""
    if rng.random() < 0.9:
        return text.encode("utf-8", "surrogatepass")
    encoding = rng.choice(("utf-8-sig", "utf-16", "utf-16-le", "cp1252", "utf-32", "latin-1"))
    return text.encode(encoding, "replace")


def mutate_lines(data: bytes, rng: random.Random) -> bytes:
    """The fields and lines of a text, or its bytes."""
    if rng.random() < 0.25:
        return mutate_bytes(data, rng)
    lines = data.decode("utf-8", "replace").split("\n")
    for _ in range(rng.choice((1, 1, 2, 5))):
        at = rng.randrange(len(lines))
        rng.choice((_change_field, _change_field, _change_field, _change_column, _change_lines))(
            lines, at, rng
        )
    end = rng.choice(("\n",) * 8 + ("\r", "\r\n", "\n\n"))
    return encode(end.join(lines), rng)


def _change_field(lines: list[str], at: int, rng: random.Random) -> None:
    fields = re.split(r"([,;\t ])", lines[at])
    fields[rng.randrange(len(fields))] = rng.choice(TOKENS)
    lines[at] = "".join(fields)


def _change_column(lines: list[str], at: int, rng: random.Random) -> None:
    """The same field of all lines below the header, as a column of extreme values."""
    position, kinds = rng.randrange(6), rng.choice((NUMBERS, DATES, TEXTS, TOKENS))
    for number in range(1, len(lines)):
        fields = lines[number].split(",")
        if position < len(fields):
            fields[position] = rng.choice(kinds)
            lines[number] = ",".join(fields)


def _change_lines(lines: list[str], at: int, rng: random.Random) -> None:
    kind = rng.randrange(7)
    if kind == 0:
        del lines[at]
    elif kind == 1:
        lines[at:at] = [lines[at]] * rng.choice((1, 3, 200))
    elif kind == 2:
        lines[at] = lines[at] * rng.choice((2, 50))
    elif kind == 3:
        del lines[1:]
    elif kind == 4:
        lines[:] = [line.split(",")[-1] for line in lines]  # the last column alone
    elif kind == 5:
        lines[at] = lines[at][: rng.randrange(len(lines[at]) + 1)]
    else:
        rng.shuffle(lines)


def mutate_text(data: bytes, rng: random.Random) -> bytes:
    """Words and numbers of a text, such as YAML; or its lines."""
    if rng.random() < 0.5:
        return mutate_lines(data, rng)
    return encode(_replace_matches(data.decode("utf-8", "replace"), r"[\w.+-]+", rng), rng)


def _replace_matches(text: str, pattern: str, rng: random.Random) -> str:
    found = list(re.finditer(pattern, text[:LONGEST_SEARCHED]))  # a text may have become hundreds of MB
    for match in sorted(
        rng.sample(found, min(len(found), rng.choice((1, 1, 2, 4)))), key=lambda m: -m.start()
    ):
        text = text[: match.start()] + rng.choice(TOKENS) + text[match.end() :]
    return text


def mutate_xml(data: bytes, rng: random.Random) -> bytes:
    """Contents and attributes, entities that expand or that lead to files, deep nesting; or bytes."""
    text, kind = data.decode("utf-8", "replace"), rng.randrange(8)
    if kind == 0:
        return mutate_bytes(data, rng)
    if kind == 1:
        entities = "".join(f'<!ENTITY e{i} "{f"&e{i - 1};" * 10}">' for i in range(1, 9))
        head = f'<!DOCTYPE x [<!ENTITY e0 "xxxxxxxxxx">{entities}]>'
        return encode(head + re.sub(r">[^<]+<", ">&e8;<", text, count=1), rng)
    if kind == 2:
        place = rng.choice(("file:///etc/passwd", "http://127.0.0.1:9/", "file:///dev/zero"))
        return encode(
            f'<!DOCTYPE x [<!ENTITY e SYSTEM "{place}">]>' + re.sub(r">[^<]+<", ">&e;<", text, count=1), rng
        )
    if kind == 3:
        return encode(re.sub(r">([^<]*)<", ">" + "<a>" * DEEP + "</a>" * DEEP + "<", text, count=1), rng)
    if kind == 4:
        tags = re.findall(r"<(\w+)", text)
        return encode(
            text.replace(f"<{rng.choice(tags)}>", rng.choice(("", "<x>", "<!--", "<![CDATA["))), rng
        )
    return encode(_replace_matches(text, r'(?<=>)[^<>]+(?=<)|(?<=")[^"<>]*(?=")', rng), rng)


def mutate_json(data: bytes, rng: random.Random) -> bytes:
    """Values replaced by those of other types, keys removed or doubled, deep nesting; or bytes."""
    try:
        lines = [json.loads(line) for line in data.decode().split("\n") if line] if data[:1] == b"{" else None
    except (ValueError, RecursionError):
        lines = None
    try:
        value = lines if lines and len(lines) > 1 else json.loads(data)
    except (ValueError, RecursionError):
        return mutate_text(data, rng)
    if rng.random() < 0.15:
        return mutate_bytes(data, rng)
    raw: list[str] = []
    for _ in range(rng.choice((1, 1, 2, 4))):
        value = _change_node(value, raw, rng)
    as_lines = lines is not None and len(lines) > 1 and isinstance(value, list)
    text = "\n".join(map(json.dumps, value)) if as_lines else json.dumps(value)
    for number, token in enumerate(raw):
        text = text.replace(f'"@raw{number}@"', token)
    return encode(text, rng)


def _change_node(value: Any, raw: list[str], rng: random.Random) -> Any:
    """The value with one node of it changed; `raw` receives what JSON's writer would not write."""
    if isinstance(value, dict | list) and value and rng.random() < 0.85:
        key = rng.choice(list(value) if isinstance(value, dict) else range(len(value)))
        kind = rng.randrange(12)
        if kind == 0:
            del value[key]
        elif kind == 1 and isinstance(value, dict):
            value[rng.choice(TOKENS)] = value[key]
        elif kind == 1:
            value.extend([value[key]] * rng.choice((1, 100)))
        else:
            value[key] = _change_node(value[key], raw, rng)
        return value
    kind = rng.randrange(8)
    if kind == 0:
        raw.append(
            rng.choice(
                (*NUMBERS[:16], "[" * DEEP + "]" * DEEP, '{"a":' * DEEP + "1" + "}" * DEEP, '"\\ud800"')
            )
        )
        return f"@raw{len(raw) - 1}@"
    if kind == 1:
        return rng.choice((None, True, False, [], {}, "", 0, -1, 1.5, [[]], {"a": 1}, [None]))
    if kind == 2:
        return [value] * rng.choice((1, 2, 5))
    if kind == 3:
        return {"a": value}
    if kind == 4:
        return rng.choice((2**31, 2**63, -(2**63) - 1, 2**64, 10**30, -1e308, 5e-324, 10**400))
    if kind == 5:
        return str(value)
    return rng.choice(TOKENS)
