"""The picture beside a table of forecasts."""

import pytest
from PIL import Image


@pytest.fixture(scope="module")
def forecast_run(tmp_path_factory):
    from hibiscus import api

    folder = tmp_path_factory.mktemp("forecast")
    return api.train("forecast", "sales", out=folder / "run", quiet=True, net="linear", epochs=1).path


def test_a_table_comes_with_a_picture_and_a_picture_with_a_table(cli, forecast_run, tmp_path):
    done = cli("predict", str(forecast_run), "sales", "--out", str(tmp_path / "next.csv"))
    assert done.code == 0
    assert (tmp_path / "next.csv").read_text().startswith("id,time,bread,bread_0.1,bread_0.9")
    with Image.open(tmp_path / "next.png") as picture:
        assert picture.height > 300
    done = cli("predict", str(forecast_run), "sales", "--out", str(tmp_path / "other.png"))
    assert done.code == 0
    assert {file.name for file in tmp_path.iterdir() if file.is_file()} == {
        "next.csv",
        "next.png",
        "other.csv",
        "other.png",
    }


def test_nothing_is_overwritten(cli, forecast_run, tmp_path):
    (tmp_path / "next.png").write_bytes(b"mine")
    done = cli("predict", str(forecast_run), "sales", "--out", str(tmp_path / "next.csv"), "--quiet")
    assert done.code == 0
    assert (tmp_path / "next.png").read_bytes() == b"mine"
    assert (tmp_path / "next-2.png").exists()
