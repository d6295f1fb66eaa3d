"""A large table is read once, and is the same from the cache."""

import json
import os

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import load_file

import hibiscus
from hibiscus.data.disk_cache import cache_entries, cache_folder
from hibiscus.data.open import open_data
from hibiscus.data.tables import read, table_cache


@pytest.fixture(autouse=True)
def small_files_too(monkeypatch):
    monkeypatch.setattr(table_cache, "MIN_BYTES", 1)


@pytest.fixture
def reads(monkeypatch):
    """The tables that were read from their files."""
    files, read_text = [], read.read_text

    def counted(path, *options, **more):
        files.append(path.name)
        return read_text(path, *options, **more)

    monkeypatch.setattr(read, "read_text", counted)
    return files


def entries():
    return [entry.path for entry in cache_entries() if entry.kind == "tables"]


def write(path, rows=40):
    lines = ["id,size,gap,day,city,text,code,y"]
    for row in range(rows):
        gap, city = ("?" if row % 7 == 0 else f"{row / 3:.2f}"), "NA" if row % 9 == 0 else f"c{row % 4}"
        day = f"{row % 28 + 1:02d}.{row % 12 + 1:02d}.2020"
        y = "" if row == 5 else "ab"[row % 2]
        lines.append(f"{row},{row * row},{gap},{day},{city},a word and {row} more,0{row % 13},{y}")
    lines.insert(9, ",,,,,,,")
    path.write_text("\n".join(lines))
    return path


def same(first, second):
    pd.testing.assert_frame_equal(first.fields["table"], second.fields["table"])
    assert first.fields["table"].index.dtype == second.fields["table"].index.dtype
    assert (first.keys == second.keys).all()
    assert {part: items.tolist() for part, items in first.parts.items()} == {
        part: items.tolist() for part, items in second.parts.items()
    }
    for name in ("ids", "roles", "readings", "notes", "skipped", "about", "name", "path", "names"):
        assert getattr(first, name) == getattr(second, name), name
    assert first.fields.keys() == second.fields.keys()
    for name in first.fields.keys() - {"table"}:
        assert first.fields[name].dtype == second.fields[name].dtype
        assert list(map(str, first.fields[name])) == list(map(str, second.fields[name]))
    assert json.dumps(first.summary()) == json.dumps(second.summary())


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"target": "y"},
        {"target": "size"},
        {"target": "gap", "role": {"code": "number"}},
        {"group": "city"},
    ],
)
def test_a_table_is_the_same_from_the_cache(tmp_path, reads, options):
    file = write(tmp_path / "t.csv")
    first = open_data(str(file), **options)
    second = open_data(str(file), **options)
    assert reads == ["t.csv"]
    assert len(entries()) == 1
    same(first, second)


def test_each_option_and_each_state_of_the_file_has_its_own_entry(tmp_path, reads):
    file = write(tmp_path / "t.csv")
    for options in ({}, {"target": "y"}, {"decimal": "comma"}, {"missing": "c1"}, {"target": "y"}, {}):
        open_data(str(file), **options)
    assert len(reads) == len(entries()) == 4
    write(file, 41)
    assert len(open_data(str(file))) == 41
    state = file.stat()
    file.write_text(file.read_text().replace("c1", "d1"))
    os.utime(file, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert "d1" in set(open_data(str(file)).fields["table"]["city"])
    assert len(reads) == 6


def test_a_damaged_entry_is_built_again(tmp_path, reads):
    file = write(tmp_path / "t.csv")
    first = open_data(str(file))
    (entry,) = entries()
    content = entry.read_bytes()
    places = np.random.default_rng(0).integers(0, len(content), 20).tolist()
    damaged = [b"", content[:20], content[:-1], content + b"0"]
    damaged += [content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :] for place in places]
    for number, other in enumerate(damaged, 2):
        entry.write_bytes(other)
        same(first, open_data(str(file)))
        assert len(reads) == number
        assert entry.read_bytes() == content
    entry.unlink()
    entry.mkdir()
    same(first, open_data(str(file)))
    assert not [path for path in entry.parent.iterdir() if path.suffix == ".part"]


def test_parts_follow_the_readings_of_the_training_part(tmp_path, reads):
    write(tmp_path / "train.csv")
    write(tmp_path / "test.csv", 30)
    first = open_data(str(tmp_path), target="y")
    count = len(reads)
    second = open_data(str(tmp_path), target="y")
    same(first, second)
    assert "train.csv" not in reads[count:]
    train = tmp_path / "train.csv"
    train.write_text(train.read_text().replace(",1.33,", ",odd,"))  # now also a missing value
    third = open_data(str(tmp_path), target="y")
    assert "odd" in third.readings["gap"].missing
    assert len(entries()) == 4


def test_tables_that_may_list_images_have_no_entry(tmp_path):
    file = tmp_path / "t.csv"
    file.write_text("name,y\n" + "".join(f"p{row}.png,{row}\n" for row in range(9)))
    assert "names images" in " ".join(open_data(str(file)).notes)
    assert not entries()
    write(file)
    (tmp_path / "p1.png").write_bytes(b"")
    open_data(str(file))
    assert not entries()


def test_small_files_and_folders_that_cannot_be_written(tmp_path, monkeypatch, reads):
    file = write(tmp_path / "t.csv")
    cache_folder().mkdir(parents=True, exist_ok=True)
    (cache_folder() / "tables").write_text("")
    assert len(open_data(str(file))) == len(open_data(str(file))) == 40
    (cache_folder() / "tables").unlink()
    monkeypatch.setattr(table_cache, "MIN_BYTES", 10**9)
    open_data(str(file))
    assert not entries()
    assert len(reads) == 3


def test_typed_columns(tmp_path, reads):
    frame = pd.DataFrame(
        {
            "a": np.arange(20, dtype=np.int32),
            "b": pd.Series(["x", "y"] * 10, dtype="category"),
            "c": pd.date_range("2020-01-01", periods=20, tz="Europe/Berlin"),
            "d": np.float32(1) / np.arange(1, 21, dtype=np.float32),
            "e": [True, False] * 10,
        }
    )
    frame.to_parquet(tmp_path / "t.parquet")
    same(open_data(str(tmp_path / "t.parquet")), open_data(str(tmp_path / "t.parquet")))
    frame.assign(a=frame["a"].astype("Int64")).to_parquet(tmp_path / "u.parquet")
    same(open_data(str(tmp_path / "u.parquet")), open_data(str(tmp_path / "u.parquet")))


def test_training_is_the_same(tmp_path, reads):
    file = write(tmp_path / "t.csv")
    saved = []
    for name in ("first", "second"):
        run = tmp_path / name
        hibiscus.train(
            "classify", file, target="y", net="linear", epochs=1, out=run, quiet=True, evaluate=False
        )
        (weights,) = run.rglob("best*.safetensors")
        tensors = {name: values.tolist() for name, values in load_file(weights).items()}
        saved.append([tensors, (run / "preparation.json").read_text()])
    assert reads == ["t.csv"]
    assert saved[0] == saved[1]
