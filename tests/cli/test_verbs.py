from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hibiscus.cli.verbs import VERBS
from hibiscus.errors import TrainingError
from hibiscus.runs.session import Session

from .conftest import write_images

HEAVY = ["torch", "numpy", "pandas", "pydantic", "scipy", "sklearn", "matplotlib"]


def test_help_names_every_verb_and_imports_nothing_heavy():
    code = (
        "import sys; sys.argv = ['hibiscus', '--help']\n"
        "from hibiscus.cli import main\n"
        "try: main()\n"
        "except SystemExit as stop: print('code', stop.code)\n"
        f"print('heavy', [name for name in {HEAVY} if name in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert all(f"\n  {verb} " in out for verb in VERBS)
    assert "..." not in out.split("Commands:")[1]
    assert "code 0" in out
    assert "heavy []" in out


def test_the_command_itself_runs():
    command = Path(sys.executable).parent / "hibiscus"
    answer = subprocess.run([command, "--version"], capture_output=True, text=True, check=False)
    assert (answer.returncode, answer.stdout[:9], answer.stderr) == (0, "hibiscus ", "")


def test_a_closed_pipe_is_no_error():
    command = f"{Path(sys.executable).parent / 'hibiscus'} list | head -1"
    answer = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    assert answer.stdout.startswith("methods")
    assert answer.stderr == ""


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help_with_an_example(cli, verb):
    answer = cli(verb, "--help")
    assert (answer.code, answer.err) == (0, "")
    assert "Example:\n" in answer.out
    assert f"hibiscus {verb}" in answer.out.split("Example:")[1]


def test_without_words_it_shows_help(cli):
    assert cli().out.startswith("Usage: hibiscus")


def test_train_shows_figures_baselines_and_report_and_progress_apart(cli):
    answer = cli("train", "classify", "iris", "epochs=1", "--seed", "3", "--out", "mine")
    assert answer.code == 0
    assert "epoch   1/1" in answer.err
    assert "\r" not in answer.err
    assert "\x1b" not in answer.err + answer.out
    for word in ("test/accuracy *", "majority class", "linear model", "run:    mine", "report: mine"):
        assert word in answer.out
    info = json.loads(Path("mine/run.json").read_text())
    assert info["seed"] == 3
    assert info["argv"] == [
        "hibiscus",
        "train",
        "classify",
        "iris",
        "epochs=1",
        "--seed",
        "3",
        "--out",
        "mine",
    ]


def test_quiet_is_quiet(cli, iris_run):
    answer = cli("train", "classify", "iris", "epochs=1", "--quiet", "--no-evaluate")
    assert (answer.code, answer.out, answer.err) == (0, "", "")
    assert Path("runs/classify-iris-001/checkpoints/best.safetensors").exists()
    assert not Path("runs/classify-iris-001/report.html").exists()
    answer = cli("evaluate", iris_run, "--quiet")
    assert (answer.code, answer.out, answer.err) == (0, "", "")


def test_train_json_is_one_object_and_nothing_else(cli):
    answer = cli("train", "regress", "diabetes", "epochs=1", "--json", "--require", "test/rmse<=1e9")
    assert (answer.code, answer.err) == (0, "")
    found = answer.json
    assert Path(found["run"]).name == "regress-diabetes-001"
    assert Path(found["report"]).exists()
    assert found["metrics"]["test/rmse"] > 0
    assert {"mean of the training part", "linear regression"} <= set(found["baselines"])


def test_a_demand_that_is_not_reached_exits_with_6_and_still_one_object(cli, iris_run):
    answer = cli("evaluate", iris_run, "--require", "test/accuracy>=2")
    assert answer.code == 6
    assert "test/accuracy>=2" in answer.err
    assert "this run" in answer.out
    answer = cli("evaluate", iris_run, "--require", "test/accuracy>=2", "--json")
    assert answer.code == 6
    assert answer.json["error"]["expected"] == "test/accuracy>=2"
    assert "metrics" in answer.json
    assert cli("evaluate", iris_run, "--require", "test/accuracy>=0", "--require", "test/nll<=100").code == 0


def test_evaluate_by_last_again_and_on_other_data(cli, iris_run, image_run, tmp_path):
    assert "the test part of iris" in cli("evaluate", iris_run).out
    last = cli("evaluate", iris_run, "--checkpoint", "last", "--json").json
    assert last["checkpoint"] == "last"
    assert last["epoch"] == 2
    assert "the test part of iris" in cli("evaluate", iris_run, "--data", "iris").out  # the same data
    other = cli("evaluate", image_run, "--data", write_images(tmp_path / "other", 10), "--json").json
    assert (other["items"], other["other"]) == (20, True)
    again = cli("evaluate", iris_run, "--again", "--json").json
    assert again["checkpoint"] == "best"
    assert {"majority class", "nearest mean", "linear model"} <= set(again["baselines"])


def test_predict_images_prints_names_and_labels(cli, image_run, images):
    one = next((images / "Ziffer 0 é").iterdir())
    answer = cli("predict", image_run, one)
    assert answer.code == 0
    assert answer.out.splitlines()[0].split() == ["item", "label", "probability"]
    assert one.name in answer.out
    assert "Ziffer" in answer.out.splitlines()[1].split("png")[1]
    found = cli("predict", image_run, images / "Ziffer 0 é", one, "--json").json
    assert len(found["id"]) == 31
    assert found["classes"] == ["Ziffer 0 é", "Ziffer 1 é"]
    assert np.allclose(np.sum(found["probabilities"], axis=1), 1, atol=1e-5)
    assert found["label"][0] == found["classes"][int(np.argmax(found["probabilities"][0]))]


def test_predict_writes_by_ending(cli, image_run, images):
    for name in ("a.csv", "a.json", "a.parquet", "a.npz"):
        answer = cli("predict", image_run, images, "--out", name)
        assert answer.out == f"60 predictions written to {name}\n"
    table = pd.read_csv("a.csv")
    assert list(table.columns) == ["id", "label", "probability", "p(Ziffer 0 é)", "p(Ziffer 1 é)"]
    assert len(pd.read_parquet("a.parquet")) == 60
    assert json.loads(Path("a.json").read_text())["label"] == list(table["label"])
    with np.load("a.npz", allow_pickle=False) as arrays:
        assert arrays["probabilities"].shape == (60, 2)
        assert list(arrays["label"]) == list(table["label"])
    assert cli("predict", image_run, images, "--out", "a.csv", "--quiet").out == ""


def test_predict_arrays_and_tables(cli, image_run, diabetes_run, iris_run):
    np.savez("new.npz", x=np.zeros((3, 8, 8), np.uint8))
    assert len(cli("predict", image_run, "new.npz", "--json").json["label"]) == 3
    assert len(cli("predict", image_run, "digits", "--json").json["label"]) == 1797
    assert len(cli("predict", iris_run, "iris", "--json").json["label"]) == 150
    cli("predict", diabetes_run, "diabetes", "--out", "predictions.csv")
    assert list(pd.read_csv("predictions.csv").columns) == ["id", "value"]
    pd.DataFrame(
        {"sepal length": [5.1], "sepal width": [3.5], "petal length": [1.4], "petal width": [0.2]}
    ).to_csv("new.csv")
    assert cli("predict", iris_run, "new.csv").out.splitlines()[1].startswith("row 1")


def test_report_and_compare(cli, iris_run, diabetes_run, copied):
    run = copied(iris_run)
    (run / "report.html").unlink()
    assert cli("report", run).out == f"report: {run}/report.html\n"
    assert (run / "report.html").stat().st_size > 1000
    answer = cli("compare", run, diabetes_run, "--out", "side.html", "--json")
    assert answer.json["page"] == "side.html"
    assert set(answer.json["runs"]) == {"copy", "run"}
    assert "test/rmse" in cli("compare", run, diabetes_run).out
    assert Path("compare.html").exists()


def test_compare_overwrites_no_file(cli, fails, iris_run, diabetes_run):
    for name in ("compare.html", "compare-2.html", "compare-3.html"):
        assert cli("compare", iris_run, diabetes_run).out.endswith(f"page written to {name}\n")
    Path("side.html").write_text("mine")
    arguments = ("compare", iris_run, diabetes_run, "--out", "side.html")
    fails(3, ["side.html: exists already", "--out side-2.html"], *arguments)
    assert Path("side.html").read_text() == "mine"


def test_crossval(cli):
    answer = cli("crossval", "classify", "iris", "folds=3", "epochs=1", "--out", "cv", "--json")
    assert (answer.code, answer.err) == (0, "")
    found = answer.json
    assert len(found["crossval"]["scores"]) == 3
    assert "test/accuracy" in found["metrics"]
    assert (
        "3 folds: val/accuracy"
        in cli("crossval", "classify", "iris", "folds=3", "epochs=1", "--seed", "1").out
    )


def test_sweep(cli):
    answer = cli("sweep", "classify", "iris", "epochs=1", "net=linear,mlp", "seed=0,1", "--out", "tried")
    assert answer.code == 0
    assert "training 4 of 4: net=mlp, seed=1" in answer.err
    assert answer.out.split("\n")[0].split() == ["setting", "net=linear", "net=mlp"]
    assert "val/accuracy *" in answer.out
    assert "±" in answer.out
    again = cli(
        "sweep", "classify", "iris", "epochs=1", "net=linear,mlp", "seed=0,1", "--out", "tried", "--json"
    )
    assert (again.code, again.err) == (0, "")
    assert [len(one["runs"]) for one in again.json["settings"]] == [2, 2]
    assert Path(again.json["compare"]).exists()
    answer = cli("sweep", "classify", "iris", "epochs=1")
    assert answer.code == 4
    assert "values between commas" in answer.err


def test_a_sweep_and_a_cross_validation_with_a_failed_training_end_with_code_1(cli, monkeypatch):
    words = ["net=linear", "epochs=2", "optimizer=sgd", "schedule=constant", "learning_rate=1e38,0.05"]
    answer = cli("sweep", "regress", "diabetes", *words, "--out", "tried")
    assert answer.code == 1
    assert "best:    learning_rate=0.05" in answer.out
    assert "1 of 2 trainings failed (learning_rate=1e38: tried" in answer.err
    assert ": loss is not a finite number" in answer.err
    again = cli("sweep", "regress", "diabetes", *words, "--out", "tried", "--json")
    assert again.code == 1
    assert [row["setting"] for row in again.json["failed"]] == ["learning_rate=1e38"]

    train = Session.train

    def fails_in_the_second(self):
        if self.folder.path.name == "fold-2":
            raise TrainingError("loss is not a finite number")
        train(self)

    monkeypatch.setattr(Session, "train", fails_in_the_second)
    answer = cli("crossval", "classify", "iris", "net=linear", "epochs=1", "folds=3", "--json", "--out", "cv")
    assert answer.code == 1
    assert list(answer.json["crossval"]["failed"]) == ["fold-2"]


def test_extend_a_finished_run(cli, iris_run):
    answer = cli("train", "classify", "iris", "epochs=3", f"extend={iris_run}", "--out", "longer")
    assert answer.code == 0
    assert "epoch   3/3" in answer.err
    assert "epoch   2/3" not in answer.err
    lines = [json.loads(line) for line in Path("longer/log.jsonl").read_text().splitlines()]
    assert [line["epoch"] for line in lines if line["event"] == "epoch"] == [1, 2, 3]


def test_resume_a_stopped_run(cli, iris_run, copied):
    run = copied(iris_run, status="interrupted")
    (run / "report.html").unlink()
    answer = cli("resume", run, "--json")
    assert (answer.code, answer.err) == (0, "")
    assert answer.json["report"] == f"{run}/report.html"
    assert json.loads((run / "run.json").read_text())["status"] == "done"


def test_interrupted_training_saves_and_resumes():
    command = Path(sys.executable).parent / "hibiscus"
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(
        [command, "train", "classify", "iris", "epochs=100000", "--out", "long"],
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )
    assert process.stderr is not None
    assert any(line.startswith("  epoch   1/") for line in process.stderr)
    process.send_signal(2)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "hibiscus resume long" in err
    assert "Traceback" not in err
    assert json.loads(Path("long/run.json").read_text())["status"] == "interrupted"


def test_inspect(cli, images):
    out = cli("inspect", images).out
    assert "60 items" in out
    assert "as `train` would split it" in out
    assert "Ziffer 1 é" in out
    found = cli("inspect", images, "--json").json
    assert found["classes"]["Ziffer 0 é"]
    assert cli("inspect", "iris", "split=stratified").code == 0


def test_list_and_explain(cli):
    out = cli("list").out
    for word in ("classify", "resnet<18|34|50|101|152>", "resnet-cifar-<depth>", "digits"):
        assert word in out
    assert set(cli("list", "--json").json) == {"methods", "networks", "bundled"}
    assert cli("explain", "classify").out.startswith("Classification:")
    assert cli("explain", "regress", "--json").json["method"] == "regress"
