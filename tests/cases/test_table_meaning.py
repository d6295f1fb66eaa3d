"""A value means the same in every file: shuffled rows and a file split in two change no reading."""

import csv
import json
import random

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hibiscus as hb
from hibiscus.data.preparation import TablePreparation
from hibiscus.data.tables.table_options import TableOptions

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
COLUMNS = {  # how one value is spelled, from its number
    "plain": lambda n: str(n % 97),
    "decimal": lambda n: f"{n % 97 / 4:.2f}",
    "comma": lambda n: f"{n % 97},{n % 4}5",
    "money": lambda n: f"${n % 9 + 1},{n * 37 % 1000:03}.50",
    "percent": lambda n: f"{n % 89 / 2}%",
    "german": lambda n: f"{n % 9 + 1}.{n * 37 % 1000:03},{n % 10}0",
    "swiss": lambda n: f"{n % 9 + 1}'{n * 37 % 1000:03}",
    "unit": lambda n: f"{n % 53} kg",
    "bracket": lambda n: f"({n % 53 + 1})" if n % 3 else str(n % 53),
    "gaps": lambda n: "n.a." if n % 29 == 3 else str(n % 41 / 2),
    "iso": lambda n: f"2020-{n % 12 + 1:02}-{n % 28 + 1:02}",
    "dotted": lambda n: f"{n % 28 + 1:02}.{n % 12 + 1:02}.2020",
    "named": lambda n: f"{n % 28 + 1:02}-{MONTHS[n % 12]}-2021",
    "compact": lambda n: f"2020{n % 12 + 1:02}{n % 28 + 1:02}",
    "code": lambda n: ("01", "02", "A1", "007")[n % 4],
    "zip": lambda n: f"{n % 50 * 1999 % 99999:05}",
    "flag": lambda n: ("true", "false", "unknown")[n % 3],
    "version": lambda n: ("1.1", "1.10", "1.2")[n % 3],
    "city": lambda n: ("Rom", "New York", "Köln", "NA")[n % 4],
    "country": lambda n: ("DE", "FR", "US", "NA")[n % 4],
}
NAMES = st.lists(st.sampled_from(sorted(COLUMNS)), min_size=1, max_size=5, unique=True)


def rows_of(names, count, start=0):
    return [[*(COLUMNS[name](n * 7 + 3) for name in names), "ab"[n % 2]] for n in range(start, start + count)]


def write(path, names, rows, separator=";"):
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, delimiter=separator).writerows([[*names, "y"], *rows])
    return str(path)


def values_of(data):
    """The typed values of each row by its spelling, as comparable text."""
    return data.fields["table"].map(str).apply(tuple, axis=1).tolist()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("meaning")


@settings(max_examples=25, deadline=None)
@given(NAMES, st.integers(0, 1000), st.sampled_from([",", ";", "\t"]))
def test_the_order_of_rows_changes_nothing(folder, names, seed, separator):
    rows = rows_of(names, 120)
    order = random.Random(seed).sample(range(len(rows)), len(rows))
    first = hb.open(write(folder / "a.csv", names, rows, separator), target="y")
    second = hb.open(write(folder / "b.csv", names, [rows[i] for i in order], separator), target="y")
    assert first.roles == second.roles
    assert first.readings == second.readings
    before, after = values_of(first), values_of(second)
    assert [before[i] for i in order] == after
    assert np.array_equal(first.keys[order], second.keys)


@settings(max_examples=25, deadline=None)
@given(NAMES, st.integers(60, 110))
def test_a_file_split_in_two_changes_nothing(folder, names, cut):
    rows = rows_of(names, 120)
    whole = hb.open(write(folder / "w.csv", names, rows), target="y")
    first, second = write(folder / "c.csv", names, rows[:cut]), write(folder / "d.csv", names, rows[cut:])
    parts = hb.open(first, target="y", test_data=second)
    assert whole.roles == parts.roles
    assert values_of(whole) == values_of(parts)
    assert np.array_equal(whole.keys, parts.keys)


@settings(max_examples=25, deadline=None)
@given(NAMES, st.integers(1, 6), st.integers(0, 100))
def test_a_later_file_of_few_rows_is_encoded_as_the_training_file(folder, names, count, start):
    train = hb.open(write(folder / "e.csv", names, rows_of(names, 120)), target="y")
    fitted = TablePreparation.fit(train.fields["table"], train.roles, readings=train.readings)
    again = TablePreparation.from_json(json.loads(json.dumps(fitted.to_json())))
    expected = fitted.encode(train.fields["table"])[start : start + count]
    later = hb.open(
        write(folder / "f.csv", names, rows_of(names, 120)[start : start + count]), trained=fake(again)
    )
    np.testing.assert_array_equal(again.encode(later.fields["table"]), expected)


def fake(table):
    from hibiscus.data.preparation import Preparation

    return Preparation({"table": table})


@pytest.mark.parametrize("name", sorted(COLUMNS))
def test_each_spelling_is_read_as_one_kind(folder, name):
    data = hb.open(write(folder / "g.csv", [name], rows_of([name], 120)), target="y")
    numbers = ("plain", "decimal", "comma", "money", "percent", "german", "swiss", "unit", "bracket", "gaps")
    times = ("iso", "dotted", "named", "compact")
    expected = "number" if name in numbers else "time" if name in times else "category"
    assert data.roles[name] == expected
    if name == "german":
        assert data.fields["table"][name][0] == pytest.approx(float(4111 + 0.3))
    if name == "country":
        assert "NA" in set(data.fields["table"][name])


def test_formats_of_files_change_nothing(folder):
    names = ["decimal", "code", "flag", "iso", "city"]
    frame = pd.DataFrame(rows_of(names, 60), columns=[*names, "y"])
    csv_file = folder / "h.csv"
    frame.to_csv(csv_file, index=False)
    frame.to_csv(folder / "h.tsv", sep="\t", index=False, encoding="utf-16")
    frame.to_excel(folder / "h.xlsx", index=False)
    frame.to_json(folder / "h.jsonl", orient="records", lines=True)
    first = hb.open(str(csv_file), target="y")
    for ending in ("tsv", "xlsx", "jsonl"):
        other = hb.open(str(folder / f"h.{ending}"), target="y")
        assert values_of(first) == values_of(other), ending
        assert first.roles == other.roles
        assert np.array_equal(first.keys, other.keys)


def test_every_option_of_reading_goes_through_the_command_line():
    from hibiscus.data.config import DataConfig

    assert {*DataConfig().reading()} == {*TableOptions.__dataclass_fields__}
