"""`inspect` on copies across parts and on wrong labels."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_iris

WRONG = (10, 60, 120)


@pytest.fixture
def table(tmp_path):
    values, label = load_iris(return_X_y=True)
    names = np.array(["setosa", "versicolor", "virginica"], dtype=object)[label]
    for row in WRONG:
        names[row] = "virginica" if names[row] != "virginica" else "setosa"
    path = tmp_path / "flowers.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["a", "b", "c", "d", "species"])
        writer.writerows([*row, name] for row, name in zip(values.tolist(), names, strict=True))
    return path


@pytest.fixture
def photos(tmp_path):
    """Two classes with a training and a test part; two test images are re-encoded training images."""
    rng = np.random.default_rng(0)
    for number in range(40):
        image = Image.fromarray(rng.integers(0, 255, (6, 6, 3), dtype=np.uint8))
        image = image.resize((64, 64), Image.Resampling.BICUBIC)
        part, kind = "test" if number >= 30 else "train", "ab"[number % 2]
        folder = tmp_path / "photos" / part / kind
        folder.mkdir(parents=True, exist_ok=True)
        image.save(folder / f"{number}.png")
        if number in (0, 1):
            other = tmp_path / "photos" / "test" / kind
            other.mkdir(parents=True, exist_ok=True)
            file = io.BytesIO()
            image.save(file, "JPEG", quality=70)
            (other / f"copy{number}.jpg").write_bytes(file.getvalue())
    return tmp_path / "photos"


def test_inspect_names_copies_across_parts(cli, photos):
    out = cli("inspect", photos).out
    assert "near-duplicate images across parts: 2 in train and test" in out
    assert "train/a/0.png and test/a/copy0.jpg, distance 0.0" in out
    found = cli("inspect", photos, "--json").json["near_duplicates"]
    assert found["across"] == {"train and test": 2}
    assert {tuple(pair["items"]) for pair in found["pairs"]} == {
        ("train/a/0.png", "test/a/copy0.jpg"),
        ("train/b/1.png", "test/b/copy1.jpg"),
    }


def test_inspect_lists_suspected_labels_and_writes_them(cli, table, tmp_path):
    out = cli("inspect", table, "target=species", "--label-errors", "--out", "suspected.csv").out
    assert "of 150 labels, by confident learning" in out
    assert "5-fold cross-validation, accuracy 9" in out
    with open("suspected.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {f"row {row + 1}" for row in WRONG} <= {row["id"] for row in rows}
    assert len(rows) < 12
    assert list(rows[0]) == [
        *("id", "part", "label", "suggested"),
        *("label_probability", "suggested_probability", "margin"),
    ]
    assert f"{len(rows)} rows written to suspected.csv" in out
    suspected = cli("inspect", table, "target=species", "--label-errors", "--json").json["label_errors"]
    assert [entry["id"] for entry in suspected["suspected"]] == [row["id"] for row in rows]


def test_without_the_flag_no_model_is_fitted(cli, table):
    assert "label_errors" not in cli("inspect", table, "target=species", "--json").json


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--out", "x.csv"], 2, "add --label-errors"),
        (["--label-errors", "--out", "x.xlsx"], 2, "--out label_errors.csv"),
        (["--label-errors"], 3, "no labels to check"),
    ],
)
def test_errors(cli, table, words, code, said):
    answer = cli("inspect", table, *words)
    assert answer.code == code
    assert said in answer.err


def test_an_existing_file_is_kept(cli, table, tmp_path):
    (tmp_path / "here" / "x.csv").write_text("mine")
    answer = cli("inspect", table, "target=species", "--label-errors", "--out", "x.csv")
    assert answer.code == 3
    assert (tmp_path / "here" / "x.csv").read_text() == "mine"
