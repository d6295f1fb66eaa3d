import numpy as np
import pytest

from hibiscus.data.open import open_data
from hibiscus.errors import DataError
from hibiscus.runs.series_inspection import inspect_series, is_series_table


def table(path, header, rows):
    path.write_text("\n".join([header, *(",".join(map(str, row)) for row in rows)]) + "\n")
    return path


def dates(count):
    return (np.datetime64("2020-01-01") + np.arange(count)).astype(str).tolist()


@pytest.fixture
def wide(tmp_path):
    rng = np.random.default_rng(0)
    values = rng.normal(size=(120, 2)).round(3)
    rows = [[date, *row] for date, row in zip(dates(120), values.tolist(), strict=True)]
    return table(tmp_path / "wide.csv", "date,a,b", rows)


def test_the_variables_of_a_wide_table(wide):
    dataset = open_data(wide)
    assert is_series_table(dataset) == (True, "")
    found = inspect_series(dataset)
    assert [one.title for one in found.series] == ["a", "b"]
    assert str(found.axes[""].step) == "1 day"
    assert len(found.relations) == 1
    assert found.series[0].about.steps == 120


def test_targets_come_first(wide):
    found = inspect_series(open_data(wide, target="b"), limit=1)
    assert [one.name for one in found.series] == ["b"]
    assert (found.target, found.count, found.relations) == (("b",), 2, [])


def test_series_of_a_long_table(tmp_path):
    rng = np.random.default_rng(0)
    rows = [[date, shop, rng.random()] for date in dates(40) for shop in ("north", "south")]
    path = table(tmp_path / "long.csv", "date,shop,sales", rows)
    assert is_series_table(open_data(path))[0] is False  # a category beside the numbers
    dataset = open_data(path, group="shop")
    assert is_series_table(dataset)[0]
    found = inspect_series(dataset)
    assert [one.title for one in found.series] == ["sales (north)", "sales (south)"]
    assert [len(axis.rows) for axis in found.axes.values()] == [40, 40]


def test_what_is_no_series(tmp_path):
    rng = np.random.default_rng(0)
    labeled = [[date, rng.random(), "yes" if i % 3 else "no"] for i, date in enumerate(dates(60))]
    path = table(tmp_path / "labeled.csv", "date,a,kind", labeled)
    assert not is_series_table(open_data(path, target="kind"))[0]
    several = [[date, rng.random()] for date in dates(20) * 3]
    yes, note = is_series_table(open_data(table(tmp_path / "several.csv", "date,a", several)))
    assert not yes
    assert "group=COLUMN" in note
    plain = open_data(table(tmp_path / "plain.csv", "a,b", rng.random((30, 2)).tolist()))
    assert is_series_table(plain) == (False, "")
    assert len(inspect_series(plain).series) == 2  # if the user wants it, its rows are steps
    words = [[date, f"some words {i} here"] for i, date in enumerate(dates(30))]
    with pytest.raises(DataError, match="no column of numbers"):
        inspect_series(open_data(table(tmp_path / "words.csv", "date,text", words)))
