"""The verbs of generative methods: `sample`, `embed`, and `predict` into a folder."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from hibiscus.cli import predictions as answers
from hibiscus.errors import UsageError

from .conftest import tree

ENDINGS = ("embeddings.csv", "embeddings.parquet", "embeddings.npz", "embeddings.json")


def size(path) -> tuple[int, int]:
    with Image.open(path) as image:
        return image.size


def side(count: int) -> int:
    """Pixels of so many images of 8 with a gap of 2 between them."""
    return 10 * count - 2


def test_sample_writes_a_grid_into_the_run_and_never_over_another(cli, copied, vae_run):
    run = copied(vae_run)
    for name in ("samples.png", "samples-2.png"):
        answer = cli("sample", run, "-n", "9")
        assert answer.out == f"9 samples written to {run}/samples/{name}\n"
        assert size(run / "samples" / name) == (side(3), side(3))
    assert (run / "samples" / "samples.png").read_bytes() == (run / "samples" / "samples-2.png").read_bytes()


def test_a_sweep_is_a_row_of_the_grid(cli, vae_run, cgan_run):
    assert (
        cli("sample", vae_run, "-n", "20", "code1=-2:2:9", "--out", "codes.png").out
        == "18 samples written to codes.png\n"
    )
    assert size("codes.png") == (side(9), side(2))
    cli("sample", vae_run, "-n", "1", "code1=-2:2:3", "code2=-1,1", "code3=0.5", "--out", "both.png")
    assert size("both.png") == (side(2), side(3))
    cli("sample", vae_run, "-n", "10", "code1=0,1", "interpolate=5", "--out", "walk.png")
    assert size("walk.png") == (side(5), side(2))
    cli("sample", cgan_run, "-n", "4", "label=Ziffer 0 é,Ziffer 1 é", "--out", "labels.png")
    assert size("labels.png") == (side(2), side(2))


def test_arrays_hold_the_conditions_of_each_sample(cli, vae_run, cgan_run):
    cli("sample", vae_run, "-n", "6", "code1=-1:1:3", "code2=4", "--out", "embeddings.npz")
    with np.load("embeddings.npz", allow_pickle=False) as found:
        assert set(found) == {"samples", "code1", "code2"}
        assert found["samples"].shape == (6, 8, 8, 1)
        assert found["code1"].tolist() == [-1, 0, 1] * 2
        assert found["code2"].tolist() == [4] * 6
    told = cli(
        "sample", cgan_run, "-n", "6", "label=0:1:2", "interpolate=3", "--out", "labels.npz", "--json"
    ).json
    assert told["items"] == 6
    assert told["conditions"]["label"] == ["Ziffer 0 é"] * 3 + ["Ziffer 1 é"] * 3
    with np.load("labels.npz", allow_pickle=False) as found:
        assert found["label"].tolist() == told["conditions"]["label"]
        assert found["interpolate"].tolist() == [0, 0.5, 1] * 2


def test_the_seed_decides_and_sweeps_differ_only_in_what_is_swept(cli, vae_run):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        cli("sample", vae_run, "-n", "6", "code1=0,0", "--seed", seed, "--out", f"{name}.npz")
    a, b, c = (np.load(f"{name}.npz", allow_pickle=False)["samples"] for name in "abc")
    np.testing.assert_array_equal(a, b)
    assert not np.array_equal(a, c)
    np.testing.assert_array_equal(a[::2], a[1::2])


def test_samples_in_a_folder_are_named_by_their_conditions(cli, fails, cgan_run):
    cli("sample", cgan_run, "-n", "2", "label=Ziffer 0 é,Ziffer 1 é", "--out", "made")
    names = ["sample-00001-label=Ziffer_0_é.png", "sample-00002-label=Ziffer_1_é.png"]
    assert sorted(path.name for path in Path("made").iterdir()) == names
    fails(3, ["exists already", "made-2"], "sample", cgan_run, "--out", "made", untouched=Path("made"))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["code9=1"], ["no condition 'code9'", "code1 to code3"]),
        (["label=3"], "no condition 'label'"),
        (["code1=high"], ["code1=high", "a number, or a sweep"]),
        (["code1=-2:2"], ["code1=-2:2: not a sweep", "first:last:steps"]),
        (["code1=-2:2:1"], "not a sweep"),
        (["code1=-2:2:1000000000"], "2 to 1,000,000 steps"),
        (["code1=-2:inf:5"], "not a sweep"),
        (["code1=,"], "code1: no value"),
        (["code1=1", "code1=2"], ["given twice", "code1=a,b"]),
        (["code1"], "'code1' is not an option"),
        (["interpolate=1"], ["interpolate=1", "2 or more"]),
        (["interpolate=2,3"], "interpolate="),
        (["seed=3"], "write it as --seed 3"),
        (["n=3"], "write it as -n 3"),
        (["--out", "samples.gif"], [".png or .npz", "--out samples.png"]),
        (["-n", "0"], "'-n'"),
    ],
)
def test_words_that_sample_does_not_understand(fails, vae_run, words, said):
    fails(2, said, "sample", vae_run, *words, untouched=vae_run)
    assert list(Path().iterdir()) == []


def test_methods_that_cannot(fails, cgan_run, iris_run, diabetes_run):
    fails(2, ["label=9: there is no such class", "Ziffer 0 é"], "sample", cgan_run, "label=9")
    fails(2, ["no condition 'lable'", "did you mean label?"], "sample", cgan_run, "lable=1")
    fails(2, "classify does not sample", "sample", iris_run)
    fails(2, "cgan does not embed", "embed", cgan_run, "digits")


def test_embed_writes_a_row_of_numbers_for_each_input(cli, fails, vae_run, iris_run, images):
    assert cli("embed", vae_run, images).out == "60 embeddings written to embeddings.parquet\n"
    assert cli("embed", vae_run, images).out == "60 embeddings written to embeddings-2.parquet\n"
    table = pd.read_parquet("embeddings.parquet")
    assert list(table.columns) == ["id", "code1", "code2", "code3"]
    assert len(table) == 60
    fails(3, "exists already", "embed", vae_run, images, "--out", "embeddings.parquet")
    Path("embeddings.parquet").unlink()
    for name in ENDINGS:
        assert cli("embed", vae_run, images, "--out", name, "--json").json["out"] == name
    np.testing.assert_allclose(pd.read_csv("embeddings.csv")["code2"], table["code2"], rtol=1e-5)
    with np.load("embeddings.npz", allow_pickle=False) as found:
        assert found["code"].dtype == np.float32
        np.testing.assert_array_equal(found["code"], table[["code1", "code2", "code3"]])
        assert found["id"].tolist() == table["id"].tolist()
    cli("embed", iris_run, "iris", "--out", "iris.csv")
    assert len(pd.read_csv("iris.csv")) == 150
    fails(2, "a file ending in", "embed", vae_run, images, "--out", "codes")
    fails(3, "there is no folder", "embed", vae_run, images, "--out", "nowhere/embeddings.csv")


def test_predict_writes_images_into_a_folder_under_the_inputs_names(cli, fails, vae_run, images):
    given = images / "Ziffer 0 é"
    before = tree(images)
    assert cli("predict", vae_run, given, "--out", "clean").out == "30 predictions written to clean\n"
    assert sorted(path.name for path in Path("clean").iterdir()) == sorted(
        path.name for path in given.iterdir()
    )
    assert all(size(path) == (8, 8) for path in Path("clean").iterdir())
    fails(3, "exists already", "predict", vae_run, given, "--out", "clean", untouched=Path("clean"))
    fails(
        2,
        ["this is the input", "inputs are never changed"],
        "predict",
        vae_run,
        given,
        "--out",
        given,
        untouched=images,
    )
    assert tree(images) == before


def test_equal_names_get_a_number(cli, vae_run, images):
    first = sorted((images / "Ziffer 0 é").iterdir())[0]
    for place, name in (("a", "one.png"), ("b", "one.png"), ("b", "ONE-2.png")):
        Path(place).mkdir(exist_ok=True)
        shutil.copy(first, Path(place) / name)
    cli("predict", vae_run, "a", "b", "--out", "clean/")
    assert len({path.name.casefold() for path in Path("clean").iterdir()}) == 3


def test_predict_without_a_place_says_what_to_do_with_images(cli, vae_run, images):
    answer = cli("predict", vae_run, images)
    assert answer.code == 0
    assert answer.out.splitlines()[0].split() == ["item", "latent"]
    assert answer.out.splitlines()[-1].startswith("reconstruction: images; --out predictions/")
    assert "images;" not in cli("predict", vae_run, images, "--quiet").out


def test_several_images_in_an_answer(tmp_path, capsys):
    zeros = np.zeros((2, 4, 4, 1), np.uint8)
    found = {
        "id": ["x/a.jpg", "x/b.png"],
        "mask": zeros,
        "image": np.full((2, 8, 6, 3), 7, np.uint8),
        "skipped": [],
    }
    answers.predictions(found, tmp_path / "out", as_json=False, quiet=True)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "a-mask.png",
        "a.png",
        "b-mask.png",
        "b.png",
    ]
    assert size(tmp_path / "out" / "a.png") == (6, 8)
    assert size(tmp_path / "out" / "b-mask.png") == (4, 4)
    answers.predictions(
        {"id": ["a"], "latent_dim": np.zeros((1, 50)), "skipped": []}, None, as_json=False, quiet=False
    )
    assert "latent_dim: too many numbers for a line" in capsys.readouterr().out
    with pytest.raises(UsageError, match="the predictions are images"):
        answers.predictions(found, None, as_json=False, quiet=False)


def test_a_folder_for_answers_that_are_no_images(fails, iris_run, image_run, images):
    fails(
        2,
        ["the predictions contain no images", "--out clean.csv"],
        "predict",
        iris_run,
        "iris",
        "--out",
        "clean",
    )
    fails(2, "the predictions contain no images", "predict", image_run, images, "--out", "clean/")
    fails(
        2,
        [".npz, a folder for images, a .png for one image"],
        "predict",
        iris_run,
        "iris",
        "--out",
        "clean.txt",
    )
    Path("notes").write_text("mine")
    fails(
        3,
        "a file of this name exists",
        "predict",
        iris_run,
        "iris",
        "--out",
        "notes",
        untouched=Path("notes").parent,
    )
    assert not Path("clean").exists()


def test_images_have_no_place_in_a_table(cli, vae_run, images, tmp_path):
    cli("predict", vae_run, images, "--out", "predictions.csv")
    assert list(pd.read_csv("predictions.csv").columns) == ["id", "latent(1)", "latent(2)", "latent(3)"]
    alone = {"id": ["a"], "image": np.zeros((1, 4, 4, 1), np.uint8), "skipped": []}
    for as_json in (False, True):
        with pytest.raises(UsageError, match="the predictions are images"):
            answers.predictions(alone, tmp_path / "answers.parquet", as_json=as_json, quiet=True)


def test_the_report_names_the_verbs_that_a_run_can(vae_run, iris_run):
    page = (Path(vae_run) / "report.html").read_text(encoding="utf-8")
    assert all(f"hibiscus {verb} " in page for verb in ("predict", "embed", "sample"))
    page = (Path(iris_run) / "report.html").read_text(encoding="utf-8")
    assert "hibiscus embed " in page
    assert "hibiscus sample " not in page


def test_rows_of_numbers_are_written_as_a_table(cli, fails, tmp_path):
    options = ("epochs=1", "max_rounds=2", "--no-evaluate", "--quiet")
    cli("train", "gan-1d", "diabetes", *options, "--out", tmp_path / "run")
    answer = cli("sample", tmp_path / "run", "-n", "5", "--out", tmp_path / "rows.csv")
    assert answer.out == f"5 samples written to {tmp_path / 'rows.csv'}\n"
    frame = pd.read_csv(tmp_path / "rows.csv")
    assert (len(frame), list(frame.columns)[:3]) == (5, ["age", "sex", "bmi"])
    cli("sample", tmp_path / "run", "-n", "5", "--out", tmp_path / "rows.npz")
    np.testing.assert_allclose(np.load(tmp_path / "rows.npz")["samples"], frame.to_numpy(), rtol=1e-5)
    cli("sample", tmp_path / "run", "-n", "2")
    assert len(pd.read_csv(tmp_path / "run" / "samples" / "samples.csv")) == 2
    expected = "rows of numbers: .csv or .npz"
    fails(2, expected, "sample", tmp_path / "run", "--out", tmp_path / "rows.png")
