"""`inspect` on tables of time series."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from PIL import Image


@pytest.fixture
def sales(tmp_path):
    rng = np.random.default_rng(0)
    t = np.arange(132)
    months = (np.datetime64("2010-01") + t).astype(str)
    level = np.exp(5 + 0.01 * t + 0.3 * np.sin(2 * np.pi * t / 12) + 0.03 * rng.normal(size=132))
    ads = rng.normal(50, 5, 132)
    path = tmp_path / "sales.csv"
    rows = [
        f"{month},{a:.2f},{b:.2f}"
        for i, (month, a, b) in enumerate(zip(months, ads, level, strict=True))
        if i not in (40, 41)
    ]
    path.write_text("month,ads,sales\n" + "\n".join(rows) + "\n")
    return path


def test_a_table_with_times_is_described_as_series(cli, sales):
    out = cli("inspect", sales).out
    assert "series: 132 steps of 1 month, 2010-01-01 to 2020-12-01, 1 gap with 2 missing steps" in out
    assert "gap: 2 steps between 2013-04-01 and 2013-07-01" in out
    assert "season=12 transform=log" in out
    assert "12 steps (strength" in out
    assert "stationary" in out
    assert "relations of the variables:" in out
    last = out.strip().splitlines()[-1]
    assert last == f"next: hibiscus train forecast {sales} target=sales horizon=12 season=12 transform=log"


def test_json_has_all(cli, sales):
    found = cli("inspect", sales, "target=ads", "--json").json["time_series"]
    ads, other = found["variables"]
    assert (ads["name"], other["name"]) == ("ads", "sales")
    assert other["seasons"][0]["season"] == 12
    assert other["stationarity"]["adf"]["critical_values"].keys() == {"1%", "5%", "10%"}
    assert found["series"][""]["gaps"][0]["missing"] == 2
    assert found["relations"][0].keys() >= {"lag", "forward", "spurious"}


def test_the_part_can_be_suppressed_and_forced(cli, sales, tmp_path):
    assert "season" not in cli("inspect", sales, "--no-time-series").out
    plain = tmp_path / "plain.csv"
    plain.write_text("a,b\n" + "\n".join(f"{i % 7 + i / 9},{i * i % 11}" for i in range(80)) + "\n")
    assert "season" not in cli("inspect", plain).out
    out = cli("inspect", plain, "--time-series").out
    assert "80 rows, taken as steps, since there is no column of times" in out


def test_duplicates_in_time_are_named_with_their_rows(cli, tmp_path):
    path = tmp_path / "doubled.csv"
    days = [f"2020-03-{day:02d}" for day in [*range(1, 25), 24]]
    path.write_text("day,a\n" + "\n".join(f"{day},{i * i % 5}" for i, day in enumerate(days)) + "\n")
    out = cli("inspect", path).out
    assert "at the time of another row: 1 row (row 24 and row 25)" in out


@pytest.mark.parametrize("rows", [1, 2, 3, 5])
def test_very_short_files(cli, tmp_path, rows):
    path = tmp_path / "short.csv"
    path.write_text("day,a,b\n" + "".join(f"2020-01-{i + 1:02d},{i},{i * i}\n" for i in range(rows)))
    assert cli("inspect", path).code == 0


def test_drawings(cli, sales, tmp_path):
    picture = tmp_path / "look.png"
    assert f"{picture}: drawn" in cli("inspect", sales, "--out", picture).out
    with Image.open(picture) as image:
        assert image.size[0] > 1000
        assert image.size[1] > 1600  # two variables below each other
    page = tmp_path / "look.html"
    cli("inspect", sales, "role.ads=ignore", "--out", page)
    text = page.read_text()
    assert text.count("data:image/png;base64,") == 1
    assert "season=12 transform=log" in text


def test_errors_of_drawings(cli, sales, tmp_path):
    plain = tmp_path / "words.csv"
    plain.write_text("a,b\nx,y\nz,w\n")
    error = cli("inspect", plain, "--out", tmp_path / "look.png")
    assert error.code == 3
    assert "no column of numbers" in error.err
    (tmp_path / "there.png").write_text("")
    assert "exists already" in cli("inspect", sales, "--out", tmp_path / "there.png").err
    wrong = cli("inspect", sales, "--out", tmp_path / "look.png", "--label-errors")
    assert wrong.code == 2
    assert "a .csv, .json or .parquet file" in wrong.err


def test_without_the_extra(cli, sales, monkeypatch):
    monkeypatch.setitem(sys.modules, "statsmodels.tsa.stattools", None)
    monkeypatch.setitem(sys.modules, "statsmodels.tsa.seasonal", None)
    out = cli("inspect", sales).out
    assert "pip install 'hibiscus[series]' describes the time series" in out
    forced = cli("inspect", sales, "--time-series")
    assert forced.code == 5
    assert "the extra series" in forced.err
