"""Words, options and tables that cannot be used: each error, its exit code, and data that stays unchanged."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

USAGE = [
    (["trian", "classify", "iris"], ["there is no verb 'trian'", "did you mean train?"]),
    (["train", "clasify", "iris"], ["there is no method 'clasify'", "did you mean classify?"]),
    (["crossval", "clasify", "iris"], "there is no method 'clasify'"),
    (["explain", "regres"], "did you mean regress?"),
    (["train", "classify"], ["no data", "hibiscus train classify digits"]),
    (["train", "classify", "epochs=3"], "no data"),
    (["train", "classify", "iris", "epochs"], ["'epochs' is not an option", "key=value"]),
    (["train", "classify", "iris", "epochs=1", "epochs=2"], "given twice"),
    (["train", "classify", "iris", "--epochs", "3"], "write epochs=VALUE"),
    (["train", "classify", "iris", "out=mine"], "write it as --out mine"),
    (["train", "classify", "iris", "--seed", "one"], "--seed"),
    (["train", "classify", "iris", "--require", "good"], ["--require 'good'", "test/accuracy>=0.9"]),
    (["evaluate"], "missing argument 'RUN'"),
    (["list", "--loud"], "No such option".lower()),
    (["compare", "one"], "two or more"),
]

CONFIG = [
    (["epohcs=3"], ["there is no option 'epohcs'", "did you mean epochs?"]),
    (["net=resnt20"], ["unknown network 'resnt20'", "did you mean resnet20"]),
    (["net=resnet20"], ["images", "net=mlp"]),
    (["net.hiden=3"], "did you mean hidden?"),
    (["net=nomodule:build"], "there is no module 'nomodule'"),
    (["epochs=0"], ["epochs=0", "whole number >= 1"]),
    (["epochs=many"], ["epochs=many", "whole number >= 1"]),
    (["learning_rate=inf"], ["learning_rate=inf", "number > 0"]),
    (["val=1.5"], ["val=1.5", "0 < number < 1"]),
    (["loss=focl"], ["loss=focl", "cross-entropy | focal", "did you mean loss=focal?"]),
    (["flip=perhaps"], ["flip=perhaps", "true | false"]),
    (["--device", "warp"], ["device=warp", "auto, cpu, cuda"]),
    (["--seed", "-1"], ["seed=-1", "0 <= whole number < 2**63"]),
]


@pytest.mark.parametrize(("words", "said"), USAGE)
def test_usage(fails, words, said):
    fails(2, said, *words)
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("rate=1", "learning_rate"),
        ("batch=8", "batch_size"),
        ("n-epochs=3", "epochs"),
        ("imgsz=32", "image_size"),
    ],
)
@pytest.mark.parametrize("verb", ["train", "crossval", "sweep"])
def test_foreign_names_are_answered_in_one_line(fails, verb, word, name):
    key = word.split("=")[0].replace("-", "_")
    said = fails(4, f"there is no option '{key}'; use {name}", verb, "classify", "iris", word, parts=1)
    assert said.count("\n") == 1
    assert list(Path().iterdir()) == []


def test_a_former_flag_is_answered_in_one_line(fails):
    fails(
        2, "there is no option --demand; use --require", "train", "classify", "iris", "--demand", "x", parts=1
    )
    fails(2, "write learning_rate=VALUE", "train", "classify", "iris", "--rate", "1")


def test_an_alias_is_stored_under_the_name_of_its_option(cli):
    words = ["lr=0.01", "bs=16", "weight-decay=0.1", "epochs=1", "--no-evaluate", "--quiet"]
    assert cli("train", "classify", "iris", *words, "--out", "one").code == 0
    config = json.loads(Path("one/run.json").read_text())["config"]
    assert (config["learning_rate"], config["batch_size"], config["weight_decay"]) == (0.01, 16, 0.1)
    assert (
        cli(
            "sweep", "classify", "iris", "lr=0.01,0.1", "epochs=1", "net=linear", "--quiet", "--out", "both"
        ).code
        == 0
    )
    assert json.loads(Path("both/sweep.json").read_text())["options"]["learning_rate"] == "0.01,0.1"
    assert Path("both/01-learning_rate=0.01").is_dir()
    assert (
        cli("crossval", "classify", "iris", "lr=0.01", "epochs=1", "folds=2", "--quiet", "--out", "cv").code
        == 0
    )
    assert json.loads(Path("cv/run.json").read_text())["config"]["learning_rate"] == 0.01


@pytest.mark.parametrize(("words", "said"), CONFIG)
def test_options(fails, words, said):
    fails(4, said, "train", "classify", "iris", *words)
    assert list(Path().iterdir()) == []


def test_options_of_other_verbs(fails, iris_run):
    fails(4, "there is no option 'splt'", "inspect", "iris", "splt=hash")
    fails(4, "folds=1", "crossval", "classify", "iris", "folds=1")
    fails(4, "folds=x", "crossval", "classify", "iris", "folds=x")
    fails(4, "checkpoint=first", "evaluate", iris_run, "--checkpoint", "first")
    fails(
        2,
        ["there is no metric of this name", "did you mean test/accuracy"],
        "evaluate",
        iris_run,
        "--require",
        "test/acuracy>=0",
    )


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
def test_no_gpu(fails):
    fails(4, "device=cuda: cannot be used here", "train", "classify", "iris", "--device", "cuda")


def test_missing_extra(fails, monkeypatch):
    monkeypatch.setitem(sys.modules, "datasets", None)
    fails(5, ["hf:", "pip install 'hibiscus[hub]'"], "train", "classify", "hf:owner/name")


def test_an_error_that_nobody_expected_asks_for_debug(cli, monkeypatch):
    monkeypatch.setattr("hibiscus.cli.inspect.list_all", lambda as_json: 1 / 0)
    answer = cli("list")
    assert answer.code == 1
    assert "ZeroDivisionError" in answer.err
    assert "--debug" in answer.err
    assert "Traceback" in cli("list", "--debug").err


def test_missing_path_and_other_addresses(fails):
    fails(3, ["irs: no such file or folder", "did you mean iris"], "train", "classify", "irs")
    fails(3, "check the path", "inspect", "no/such/place")
    fails(3, "unknown prefix", "train", "classify", "ftp:bucket")


def write_table(rows: int = 60, **columns) -> Path:
    generator = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "a": generator.normal(size=rows),
            "b": generator.normal(size=rows),
            "y": ["yes", "no", "no"] * (rows // 3),
        }
    )
    folder = Path("tables")
    folder.mkdir(exist_ok=True)
    frame.assign(**columns).to_csv(folder / "table.csv", index=False)
    return folder / "table.csv"


def spoil(table: Path, change) -> Path:
    table.write_bytes(change(table.read_bytes()))
    return table


def test_tables_that_cannot_be_used(fails):
    here = Path("tables")
    table = write_table()
    fails(3, ["no column to predict was given", "target=y"], "train", "classify", table, untouched=here)
    fails(3, ["Y", "did you mean y?"], "train", "classify", table, "target=Y", untouched=here)
    fails(
        3,
        ["group=g", "column"],
        "train",
        "classify",
        table,
        "target=y",
        "split=group",
        "group=g",
        untouched=here,
    )
    fails(3, ["'yes'", "train classify"], "train", "regress", table, "target=y", untouched=here)
    fails(3, ["distinct labels", "train regress"], "train", "classify", table, "target=a", untouched=here)
    fails(3, "one class: yes", "train", "classify", write_table(y="yes"), "target=y", untouched=here)
    spoil(table, lambda text: text + b"1,2\n1,2,3,4,5\n")
    fails(3, ["line 62", "3 fields"], "train", "classify", table, "target=y", untouched=here)
    spoil(table, lambda text: b"")
    fails(3, "is empty", "train", "classify", table, "target=y", untouched=here)
    spoil(table, lambda text: b"a,b,y\n")
    fails(3, "no rows", "train", "classify", table, "target=y", untouched=here)
    spoil(table, lambda text: b"PAR1" + bytes(range(256)))
    fails(3, "table.csv", "train", "classify", table, "target=y", untouched=here)
    fails(3, "iris already has labels", "train", "classify", "iris", "target=species")


def test_tables_that_can_be_used(cli):
    table = write_table(constant=1)
    spoil(table, lambda text: b"\xef\xbb\xbf" + text.replace(b"no", b"", 1))
    before = table.read_bytes()
    answer = cli("train", "classify", table, "target=y", "epochs=1", "--out", "run", "--json")
    assert answer.code == 0, answer.err
    out = cli("inspect", table, "target=y").out
    assert "1 rows without y were left out" in out
    assert "constant" in out
    assert "\ufeff" not in out
    assert table.read_bytes() == before
    table.write_text("a,b\n1,\n,oops\n")
    assert cli("predict", "run", table).code == 3
    table.write_text("a,b\n1,2\n,3\n")
    assert len(cli("predict", "run", table, "--json").json["label"]) == 2


def test_out_that_cannot_be_written(fails, iris_run, images):
    taken = Path("taken")
    taken.mkdir()
    (taken / "thesis.txt").write_text("mine")
    fails(3, "not empty", "train", "classify", "iris", "--out", taken, untouched=taken)
    fails(3, "not empty", "train", "classify", "iris", "--out", taken / "thesis.txt", untouched=taken)
    fails(
        3,
        "cannot be created",
        "train",
        "classify",
        "iris",
        "--out",
        taken / "thesis.txt" / "run",
        untouched=taken,
    )
    fails(2, "a file ending in", "predict", iris_run, "iris", "--out", "predictions.txt")
    fails(3, "there is no folder nowhere", "predict", iris_run, "iris", "--out", "nowhere/predictions.csv")
    fails(3, "a folder", "predict", iris_run, "iris", "--out", _folder("predictions.csv"))
    table = write_table()
    fails(2, "this is the input", "predict", iris_run, table, "--out", table, untouched=table.parent)


def _folder(name: str) -> str:
    Path(name).mkdir(exist_ok=True)
    return name


def test_inputs_that_a_run_cannot_take(fails, iris_run, image_run, images):
    fails(3, "no column 'sepal length'", "predict", iris_run, write_table())
    fails(3, "sepal length", "evaluate", iris_run, "--data", "wine")
    fails(3, "no such file or folder", "predict", image_run, "cat.jpg")
    np.savez("wrong.npz", x=np.zeros((2, 5, 5, 2), np.uint8))
    fails(3, ["(2, 5, 5, 2)", "1, 3 or 4 channels"], "predict", image_run, "wrong.npz")
    fails(3, "one table or one file of arrays", "predict", iris_run, "a.npy", "b.npy")
