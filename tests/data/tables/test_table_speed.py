"""Large and unusual tables: time grows with the rows, and no shape of a table takes too long."""

import time

import pytest

from hibiscus.data.open import open_data
from hibiscus.data.tables import listed_images
from hibiscus.errors import DataError


def seconds_to_open(path, rows):
    """The CPU time in which a table with numbers, codes, dates, names and texts is opened."""
    lines = ["id,number,code,day,comma,city,text,empty,y"]
    for row in range(rows):
        day = f"{1990 + row % 30}-{row % 12 + 1:02d}-{row % 28 + 1:02d} 10:{row % 60:02d}:{row % 59:02d}"
        text = f"a text with {row} and {row % 7} in it"
        lines.append(f'{row},{row // 2},{row % 9000:05d},{day},"{row % 999},5",c{row % 90},{text},,{row % 2}')
    path.write_text("\n".join(lines))
    start = time.process_time()
    dataset = open_data(str(path), target="y")
    assert len(dataset) == rows
    return time.process_time() - start


def test_time_grows_with_the_rows_and_no_faster(tmp_path):
    seconds_to_open(tmp_path / "warm.csv", 100)
    small = min(seconds_to_open(tmp_path / f"{number}.csv", 1000) for number in range(2))
    assert seconds_to_open(tmp_path / "large.csv", 16_000) < 16 * 2 * small


def test_hostile_shapes(tmp_path, monkeypatch):
    listed = []
    monkeypatch.setattr(listed_images, "_images_near", lambda base: listed.append(base) or iter(()))
    file = tmp_path / "wide.csv"
    file.write_text("\n".join(",".join(f"{row}.{column % 9}" for column in range(400)) for row in range(5)))
    assert len(open_data(str(file)).roles) == 400
    assert len(listed) == 1  # and not for each column
    file.write_text("a,b,y\n" + ",,1\n,,2\n" * 50)
    assert set(open_data(str(file), target="y").roles.values()) == {"constant", "target"}
    file.write_text("a,b\n1,2\n3," + "x" * 1_000_000 + "\n4,5\n")
    assert open_data(str(file)).fields["table"]["b"].str.len().max() == 1_000_000
    file.write_text("a,b\n1,2\n3," + "x" * (2**24 + 1) + "\n4,5\n")
    with pytest.raises(DataError, match="line 3: field larger than field limit"):
        open_data(str(file))
