"""A run folder as typed records, whatever it contains."""

import dataclasses
import json
import math

import pytest
import sample_runs as sample

from hibiscus.json_files import with_digest
from hibiscus.report import load, write_report
from hibiscus.report.load import read_run
from hibiscus.report.records import CurveRecord, GalleryRecord, MatrixRecord, Spread, UnreadableRecord


def test_a_complete_run(tmp_path):
    run = read_run(sample.complete(tmp_path / "run"))
    assert run.name == "classify-digits-001"
    assert (run.info.method, run.info.status, run.info.seed, run.info.threads) == ("classify", "done", 0, 2)
    assert run.info.data.parts == {"train": 1200.0, "val": 300.0, "test": 297.0}
    assert run.info.data.classes["bird"] == {"train": 133.0, "val": 29.0, "test": 30.0}
    assert run.info.data.skipped[0].reason == "truncated file"
    assert (run.info.best.epoch, run.info.best.value) == (22, 0.981)
    assert len(run.lines) == 80
    assert run.lines[1].ends_epoch
    assert run.lines[1].terms.keys() >= {"train/classifier.loss", "val/accuracy", "lr/classifier"}
    assert run.evaluation.metrics["test/accuracy"] == 0.9798
    assert run.evaluation.baselines["linear model"] == {"test/accuracy": 0.9529}
    assert [type(item) for item in run.report_items[:2]] == [MatrixRecord, CurveRecord]
    assert len(run.samples) == 14
    assert run.crossval is None
    assert run.notices == ()


def test_records_cannot_be_changed(tmp_path):
    run = read_run(sample.complete(tmp_path / "run"))
    with pytest.raises(dataclasses.FrozenInstanceError):
        run.info.status = "failed"


def test_values_of_wrong_types_become_empty(tmp_path):
    info = {
        "name": 7,
        "status": [],
        "seed": "x",
        "argv": "word",
        "parameters": {"a": None},
        "data": [],
        "best": 3,
        "config": None,
    }
    lines = [
        {"event": "epoch", "epoch": "NaN", "val/loss": None, "val/x": 1e400, "stage": {}},
        {"event": ["epoch"]},
        ["epoch"],
    ]
    run = read_run(
        sample.write(tmp_path / "run", info, lines, {"metrics": {"a": None, "b": "NaN", "c": {}, "d": 1}})
    )
    assert (run.name, run.info.status, run.info.seed, run.info.argv, run.info.config) == (
        "7",
        "unknown",
        None,
        (),
        {},
    )
    assert math.isnan(run.info.parameters["a"])
    assert math.isnan(run.info.best.value)
    (line,) = run.lines
    assert math.isnan(line.epoch)
    assert all(math.isnan(value) for value in line.terms.values())
    metrics = run.evaluation.metrics
    assert (metrics["a"], metrics["d"], "c" in metrics) == (None, 1.0, False)
    assert math.isnan(metrics["b"])


def test_hostile_text_is_cleaned(tmp_path):
    run = read_run(
        sample.write(
            tmp_path / "run", {"name": "a\u202eb\x00c", "title": "x" * 10**6, "config": {"k\x1b": "\ud800"}}
        )
    )
    assert run.name == "a\ufffdb\ufffdc"
    assert len(run.info.title) == 20_000
    assert run.info.config == {"k\ufffd": "\ufffd"}


def test_items_of_a_gallery_stay_in_the_folder(tmp_path):
    sample.image(tmp_path / "secret.png")
    items = [
        {"kind": "gallery", "images": ["../../secret.png", "item-04-000.png", 3]},
        {"kind": "matrix", "values": 3},
        {"kind": []},
    ]
    gallery, matrix, unknown = read_run(
        sample.write(tmp_path / "run", sample.make_info(), None, None, items)
    ).report_items
    assert isinstance(gallery, GalleryRecord)
    assert [path.name if path else None for path in gallery.images] == [None, "item-04-000.png", None]
    assert isinstance(matrix, UnreadableRecord)
    assert matrix.known
    assert isinstance(unknown, UnreadableRecord)
    assert not unknown.known


@pytest.mark.parametrize(
    ("spread", "expected"),
    [
        ({"test/accuracy": [0.9, 0.95]}, {"test/accuracy": Spread(0.9, 0.95)}),
        ([0.9, 0.95], {"": Spread(0.9, 0.95)}),
        ({"lower": 0.9, "upper": 0.95}, {"": Spread(0.9, 0.95)}),
        ({"test/accuracy": {"sd": 0.01}}, {"test/accuracy": Spread(sd=0.01)}),
        (0.01, {"": Spread(sd=0.01)}),
    ],
)
def test_the_spread_has_several_forms(tmp_path, spread, expected):
    run = read_run(sample.write(tmp_path / "run", sample.make_info(), None, sample.evaluation(spread=spread)))
    assert repr(run.evaluation.spread) == repr(expected)


def test_items_of_an_older_run_are_found(tmp_path, read_page):
    folder = sample.complete(tmp_path / "run")
    new = folder / "evaluation" / "report_items.json"
    (folder / "evaluation" / "exhibits.json").write_text(
        json.dumps({"exhibits": json.loads(new.read_text())["report_items"]})
    )
    expected = read_run(folder).report_items
    new.unlink()
    assert repr(read_run(folder).report_items) == repr(expected)
    assert "Confusion matrix" in read_page(write_report(folder)).text


def test_the_names_of_older_runs_are_translated(tmp_path, monkeypatch):
    files = []

    def upgrade(file, content):
        files.append(file)
        if file == "log.jsonl":
            return {name.replace("rate/", "lr/"): value for name, value in content.items()}
        return content if file != "evaluation.json" else content["no such key"]

    monkeypatch.setattr(load, "upgrade", upgrade)
    lines = [{"event": "epoch", "epoch": 1, "rate/net": 0.1}]
    run = read_run(
        sample.write(tmp_path / "run", sample.make_info(), lines, sample.evaluation(), sample.report_items())
    )
    assert files == ["run.json", "evaluation.json", "log.jsonl", "evaluation/report_items.json"]
    assert run.lines[0].terms == {"lr/net": 0.1}
    assert run.evaluation.metrics, "content that cannot be translated stays as it is"


def test_a_newer_format_is_noticed(tmp_path):
    assert any(
        "newer version" in notice
        for notice in read_run(sample.write(tmp_path / "run", {"format": 99})).notices
    )


def as_written_today(folder):
    info = json.loads((folder / "run.json").read_text()) | {"format": 4}
    (folder / "run.json").write_text(json.dumps(with_digest(info)))
    return folder


@pytest.mark.parametrize("content", [None, "[]"])
def test_report_items_that_are_gone_or_replaced_are_noticed(tmp_path, content):
    folder = as_written_today(sample.complete(tmp_path / "run"))
    file = folder / "evaluation" / "report_items.json"
    file.unlink() if content is None else file.write_text(content)
    run = read_run(folder)
    assert run.report_items == ()
    assert any(notice.startswith("evaluation/report_items.json") for notice in run.notices)


@pytest.mark.parametrize("content", ["[]", "null", "7", "{}", '{"a": {"metrics": {}}}'])
def test_an_evaluation_of_another_shape_is_noticed(tmp_path, content):
    folder = as_written_today(sample.complete(tmp_path / "run"))
    (folder / "evaluation.json").write_text(content)
    run = read_run(folder)
    assert run.evaluation.metrics == {}
    assert any(notice.startswith("evaluation.json") for notice in run.notices)


def test_a_run_json_without_its_format_is_noticed(tmp_path):
    folder = sample.complete(tmp_path / "run")
    (folder / "run.json").write_text("{}")
    assert any(notice.startswith("run.json was changed") for notice in read_run(folder).notices)


def test_values_too_large_for_an_axis_are_gaps(tmp_path):
    values = (1e308, -1e308, 0.5, 1e300)
    lines = [{"event": "epoch", "epoch": i + 1, "train/loss": value} for i, value in enumerate(values)]
    folder = sample.write(tmp_path / "run", sample.make_info(), lines)
    drawn = [math.isfinite(line.terms["train/loss"]) for line in read_run(folder).lines]
    assert drawn == [False, False, True, False]
    assert "Not a number at one or more points" in write_report(folder).read_text()
