"""An entry is read as it was written, or not at all."""

import os
import zlib

import numpy as np
import pytest

from hibiscus.data.images.decoded_rows import ROW, load_rows, read_table, sealed, written_rows

SHAPE = (2, 3, 1)


def write(folder, count):
    pixels = np.arange(count * 6, dtype=np.uint8).reshape(count, *SHAPE)
    table = np.zeros(count, ROW)
    for row in range(count):
        table[row] = (bytes([row] * 16), bytes([100 + row] * 16), row, zlib.crc32(pixels[row]))
    folder.mkdir()
    with written_rows(folder) as append:
        append(pixels[:1], table[:1])
        append(pixels[1:], table[1:])
    return pixels, table


@pytest.mark.parametrize("count", [0, 1, 5])
def test_round_trip(tmp_path, count):
    pixels, table = write(tmp_path / "entry", count)
    rows = load_rows(tmp_path / "entry", SHAPE, count)
    assert np.array_equal(rows.pixels, pixels)
    assert np.array_equal(rows.table, table)
    assert rows.is_intact()
    assert rows.pixels.flags.writeable  # a tensor shares its memory


def test_another_shape_and_too_many_rows_are_refused(tmp_path):
    write(tmp_path / "entry", 5)
    assert load_rows(tmp_path / "entry", (2, 3, 3), 5) is None
    assert load_rows(tmp_path / "entry", SHAPE, 4) is None
    assert load_rows(tmp_path / "none", SHAPE, 4) is None


def test_a_changed_pixel_is_noticed(tmp_path):
    write(tmp_path / "entry", 5)
    with open(tmp_path / "entry" / "pixels", "r+b") as file:
        file.seek(29)
        file.write(b"\xff")
    assert not load_rows(tmp_path / "entry", SHAPE, 5).is_intact()


def test_a_file_that_shrinks_after_it_was_opened_is_noticed(tmp_path):
    write(tmp_path / "entry", 5)
    rows = load_rows(tmp_path / "entry", SHAPE, 5)
    os.truncate(tmp_path / "entry" / "pixels", 4)
    assert not rows.is_intact()


def test_positions_are_those_of_all_rows_in_order(tmp_path):
    write(tmp_path / "entry", 3)
    rows, stamps = load_rows(tmp_path / "entry", SHAPE, 3), [bytes([row] * 16) for row in range(4)]
    assert rows.positions(stamps).tolist() == [0, 1, 2]
    assert rows.positions([b"", stamps[0], stamps[1], b"", stamps[2]]).tolist() == [1, 2, 4]
    assert rows.positions(stamps[1:]) is None
    assert rows.positions(stamps[::-1]) is None


def test_any_changed_bit_of_a_table_is_noticed(tmp_path):
    write(tmp_path / "entry", 2)
    content = (tmp_path / "entry" / "table").read_bytes()
    for at in range(len(content)):
        (tmp_path / "table").write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
        assert read_table(tmp_path / "table", ROW, 2) is None
    (tmp_path / "table").write_bytes(sealed(np.zeros(3, ROW)))
    assert read_table(tmp_path / "table", ROW, 2) is None
    assert len(read_table(tmp_path / "table", ROW, 3)) == 3
