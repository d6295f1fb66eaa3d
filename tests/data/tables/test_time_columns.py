import pandas as pd
import pytest

from hibiscus.data.open import open_data
from hibiscus.data.tables.column_reading import ColumnReading
from hibiscus.errors import ConfigError

SHAMPOO = [f"{year}-{month:02d}" for year in (1, 2, 3) for month in range(1, 13)]


def table(path, name, texts, **options):
    lines = [f"{name},y", *(f"{text},{index * 1.5}" for index, text in enumerate(texts))]
    path.write_text("\n".join(lines))
    return open_data(path, **options)


def times(dataset, name):
    return [str(time)[:10] for time in dataset.fields["table"][name]]


@pytest.mark.parametrize(
    ("texts", "first", "last"),
    [
        (["1949-01", "1949-02", "1949-03"], "1949-01-01", "1949-03-01"),
        (["2019Q3", "2019Q4", "2020Q1"], "2019-07-01", "2020-01-01"),
        (["2019-Q3", "2019-Q4", "2020-Q1"], "2019-07-01", "2020-01-01"),
        (["2019-W07", "2019-W08", "2019-W09"], "2019-02-11", "2019-02-25"),
        (["2019W52", "2020W01", "2020W53"], "2019-12-23", "2020-12-28"),
        (["1577836800", "1577840400", "1577923200"], "2020-01-01", "2020-01-02"),
        (["1577836800000", "1577840400000", "1577923200000"], "2020-01-01", "2020-01-02"),
        (SHAMPOO, "2001-01-01", "2003-12-01"),
    ],
)
def test_times_of_a_column_named_as_one(tmp_path, texts, first, last):
    dataset = table(tmp_path / "t.csv", "timestamp", texts)
    assert dataset.roles["timestamp"] == "time"
    found = times(dataset, "timestamp")
    assert (found[0], found[-1]) == (first, last)


def test_a_guess_is_shown_and_can_be_changed(tmp_path):
    dataset = table(tmp_path / "t.csv", "Month", SHAMPOO)
    (note,) = [note for note in dataset.notes if "several ways" in note]
    assert "1-01 is read as January 2001 (time_format=%y-%m)" in note
    dataset = table(tmp_path / "t.csv", "Month", SHAMPOO, time_format="%m-%d")
    assert times(dataset, "Month")[-1] == "1900-03-12"
    assert not [note for note in dataset.notes if "several ways" in note]


def test_dates_of_two_parts_that_are_not_guessed_are_noted(tmp_path):
    dataset = table(tmp_path / "t.csv", "Month", ["1-01", "1-02", "1-03", "1-04"])
    assert dataset.roles["Month"] != "time"
    assert any("time_format= one of" in note for note in dataset.notes)


def test_years_alone_are_times_where_the_user_says_so(tmp_path):
    years = [str(year) for year in range(1749, 1800)]
    assert table(tmp_path / "t.csv", "Year", years).roles["Year"] != "time"
    for options in ({"role": {"Year": "time"}}, {"time_format": "%Y"}):
        dataset = table(tmp_path / "t.csv", "Year", years, **options)
        assert dataset.roles["Year"] == "time"
        assert times(dataset, "Year")[-1] == "1799-01-01"
    dataset = table(tmp_path / "t.csv", "Year", ["1749.0", "1749.5"], role={"Year": "time"})
    assert times(dataset, "Year")[-1] == "1749-07-02"


def test_the_format_leaves_numbers_of_other_columns_alone(tmp_path):
    (tmp_path / "t.csv").write_text(
        "Year,sales\n" + "\n".join(f"{1990 + i},{2000 + i % 7}" for i in range(30))
    )
    dataset = open_data(tmp_path / "t.csv", time_format="%Y")
    assert dict(dataset.roles) == {"Year": "time", "sales": "number"}


def test_a_format_that_fits_no_column_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="no column is written so") as caught:
        table(tmp_path / "t.csv", "Month", ["1949-01", "1949-02"], time_format="%d.%m.%Y")
    assert "'Month' contains '1949-01'" in caught.value.received
    assert caught.value.expected
    assert caught.value.fix


def test_the_reading_keeps_the_format_and_reads_later_files(tmp_path):
    dataset = table(tmp_path / "t.csv", "Month", SHAMPOO, time_format="%y-%m")
    reading = ColumnReading.from_json(dataset.readings["Month"].to_json())
    assert reading.time_format == "%y-%m"
    days, unread = reading.days(pd.Series(["4-01", "4-02", "spring"]))
    assert days[:2].tolist() == [
        (pd.Timestamp(f"2004-0{month}-01") - pd.Timestamp(0)).days for month in (1, 2)
    ]
    assert dict(unread) == {"spring": 1}


def test_readings_of_earlier_runs_have_no_format():
    saved = ColumnReading("time").to_json()
    del saved["time_format"]
    assert ColumnReading.from_json(saved) == ColumnReading("time")


def test_zones_are_compared_in_utc(tmp_path):
    texts = ["2020-03-29T01:00:00+01:00", "2020-03-29T03:00:00+02:00", "2020-03-29T02:00:00"]
    dataset = table(tmp_path / "t.csv", "time", texts)
    found = [str(time)[11:16] for time in dataset.fields["table"]["time"]]
    assert found == ["00:00", "01:00", "02:00"]
    assert any("read in UTC" in note for note in dataset.notes)
    assert any("1 time has no zone" in note for note in dataset.notes)
