"""What is kept of an evaluation, what it depends on, and when it is computed again."""

from __future__ import annotations

import json
import shutil
from types import SimpleNamespace

import pandas as pd
import pytest

import hibiscus
from hibiscus.data.open import open_data
from hibiscus.errors import HibiscusWarning, RunError
from hibiscus.runs.evaluation_record import evaluation_record
from hibiscus.runs.folder import RunFolder
from hibiscus.training.method import Evaluation, SelectionMetric

OPTIONS = {"net": "linear", "epochs": 1, "batch_size": 64, "target": "kind"}


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A run on a table, and the table."""
    folder = tmp_path_factory.mktemp("kept")
    iris = open_data("iris")
    table = iris.fields["table"].assign(kind=iris.fields["label"])
    table.to_csv(folder / "flowers.csv", index=False)
    hibiscus.train("classify", folder / "flowers.csv", out=folder / "run", quiet=True, **OPTIONS)
    return folder


@pytest.fixture
def folder(trained, tmp_path):
    """A copy of the run whose data is a copy, too."""
    target = tmp_path / "work"
    shutil.copytree(trained, target)
    run = RunFolder(target / "run")
    run.update(data={**run.read("run.json")["data"], "location": str(target / "flowers.csv")})
    return target


def spoil(folder):
    """Marks the stored metrics, so that a test sees whether they were read or computed."""
    stored = RunFolder(folder / "run").read("evaluation.json")
    stored["metrics"]["test/accuracy"] = -1.0
    RunFolder(folder / "run").write("evaluation.json", stored)


def accuracy(folder, **options):
    return hibiscus.load(folder / "run").evaluate(**options)["test/accuracy"]


def test_metrics_are_recorded_by_part_with_the_fingerprint_of_the_data():
    data = SimpleNamespace(dataset=SimpleNamespace(path="iris", fingerprint="f1"), parts={"test": [1, 2]})
    evaluation = Evaluation({"accuracy": 1}, {"majority class": {"accuracy": 0.5}})
    record = evaluation_record(evaluation, SelectionMetric("accuracy", True), data, "test")
    assert record["metrics"] == {"test/accuracy": 1.0}
    assert record["baselines"] == {"majority class": {"test/accuracy": 0.5}}
    assert (record["selection_metric"]["name"], record["items"]) == ("test/accuracy", 2)
    assert record["fingerprint"] == "f1"


def test_a_kept_evaluation_is_read_while_the_data_is_the_same(folder):
    spoil(folder)
    assert accuracy(folder) == -1
    assert accuracy(folder, checkpoint="last") >= 0
    assert accuracy(folder, again=True) >= 0


@pytest.mark.parametrize("damage", ["digit", "digest", "half", "list"])
def test_a_changed_evaluation_is_computed_again(folder, damage):
    path = folder / "run" / "evaluation.json"
    before, content = accuracy(folder), json.loads(path.read_text())
    if damage == "digit":
        content["metrics"]["test/accuracy"] += 0.01
    elif damage == "digest":
        del content["digest"]
    text = json.dumps([content] if damage == "list" else content)
    path.write_text(text[: len(text) // 2] if damage == "half" else text)
    with pytest.warns(HibiscusWarning, match=r"evaluation\.json: .*; the run is evaluated again"):
        assert accuracy(folder) == before
    assert accuracy(folder) == before  # without a warning


def test_corrected_labels_are_evaluated_as_they_are_now(folder):
    before, run = accuracy(folder), hibiscus.load(folder / "run")
    table = pd.read_csv(folder / "flowers.csv")
    names = run.preparation["label"].names
    test = [int(name.split()[1]) - 1 for name in json.loads((run.path / "split.json").read_text())["test"]]
    predicted = run.predict(folder / "flowers.csv")["label"]
    for row in test:  # every prediction is now right
        table.loc[row, "kind"] = predicted[row]
    assert set(table["kind"]) <= set(names)
    table.to_csv(folder / "flowers.csv", index=False)
    with pytest.warns(HibiscusWarning, match="annotations have changed"):
        assert accuracy(folder) == 1
    assert before < 1
    assert accuracy(folder) == 1  # kept, by the fingerprint of the corrected data
    run.folder.update(status="interrupted")
    with pytest.raises(RunError, match="annotations have changed since"):
        hibiscus.resume(folder / "run", quiet=True)


def test_other_rows_are_not_the_data_of_the_run(folder):
    table = pd.read_csv(folder / "flowers.csv")
    table.iloc[::-1].to_csv(folder / "flowers.csv", index=False)
    with pytest.raises(RunError, match="the data has changed since"):
        accuracy(folder)


def test_the_same_data_at_another_place_is_accepted(folder):
    shutil.move(folder / "flowers.csv", folder / "elsewhere.csv")
    with pytest.warns(HibiscusWarning, match="no longer here; these are the metrics as they were stored"):
        kept = accuracy(folder)
    run = hibiscus.load(folder / "run")
    moved = run.evaluation(str(folder / "elsewhere.csv"), again=True)
    assert (moved["metrics"]["test/accuracy"], moved["part"]) == (kept, "test")
    assert "other" not in moved
    assert moved["items"] == len(json.loads((run.path / "split.json").read_text())["test"])


def test_an_interrupted_run_whose_data_was_moved_is_resumed_there(folder):
    shutil.move(folder / "flowers.csv", folder / "elsewhere.csv")
    RunFolder(folder / "run").update(status="interrupted")
    with pytest.raises(RunError, match="no longer here") as error:
        hibiscus.resume(folder / "run", quiet=True)
    assert "--data PATH" in error.value.fix
    pd.read_csv(folder / "elsewhere.csv")[::-1].to_csv(folder / "other.csv", index=False)
    with pytest.raises(RunError, match=r"other.csv: the data has changed"):
        hibiscus.resume(folder / "run", data=folder / "other.csv", quiet=True)
    run = hibiscus.resume(folder / "run", data=folder / "elsewhere.csv", quiet=True)
    assert run.info["data"]["location"] == str(folder / "elsewhere.csv")
    longer = {**OPTIONS, "epochs": 2, "extend": str(folder / "run")}
    hibiscus.train("classify", folder / "elsewhere.csv", out=folder / "longer", quiet=True, **longer)


def test_a_folder_that_cannot_be_written_is_a_warning(folder, monkeypatch):
    def refuse(*_):
        raise PermissionError(30, "Read-only file system")

    monkeypatch.setattr("hibiscus.runs.evaluation_record.save_report_items", refuse)
    with pytest.warns(HibiscusWarning, match=r"run: the evaluation is not kept \(Read-only file system\)"):
        assert accuracy(folder, again=True) >= 0
