"""What a report says of complete, failed and unusual runs."""

import json
import re
import subprocess
import sys

import numpy as np
import pytest
import sample_runs as sample

from hibiscus.report import write_report
from hibiscus.report.coerce import as_number
from hibiscus.report.curves import history, panels, smoothed, stopping
from hibiscus.report.load import read_run
from hibiscus.report.panels import VIEWS, confusions
from hibiscus.report.records import TableRecord
from hibiscus.report.svg import COLORS, Line, lines

HEADINGS = [
    "Comparison with baselines",
    "Training curves",
    "Evaluation in detail",
    "Next steps",
    " Dataset ",
    "Commands",
]


def test_sections_come_in_the_order_in_which_a_person_asks(tmp_path, read_page):
    text = read_page(write_report(sample.complete(tmp_path / "run"))).text
    text = text[text.index("Better than every baseline.") :]  # behind the links to the sections
    positions = [text.index(words) for words in ["Accuracy is 98.0 %", *HEADINGS]]
    assert positions == sorted(positions)


def test_it_shows_the_results(tmp_path, read_page):
    text = read_page(write_report(sample.complete(tmp_path / "run"))).text
    assert (
        "Better than every baseline. Accuracy is 98.0 %; the best baseline (linear model) has 95.3 %." in text
    )
    assert "reduces the error by 57 % relative to “linear model” (98.0 % vs. 95.3 %)." in text
    assert "built-in method" not in text
    for words in (
        "10.4 %",
        "macro F1",
        "0.0712 nats",
        "274,442",
        "42 s",
        "912 items per second",
        "bad.jpg",
        "truncated file",
        "AMD EPYC",
    ):
        assert words in text
    assert "hibiscus train classify digits net=cnn epochs=40" in text
    assert f"epochs=80 extend={tmp_path / 'run'}" in text
    assert "Not better" not in text


def test_it_is_red_where_a_baseline_is_as_good(tmp_path, read_page):
    source = write_report(sample.regression(tmp_path / "run", ours=0.8)).read_text()
    text = read_page(source).text
    assert 'class="alarm"' in source
    assert "Worse than the best baseline. Root mean squared error is 0.8;" in text
    assert "the best baseline (linear model) has 0.724." in text
    assert "Not better than 1 of 2 baselines" in text
    assert "has a root mean squared error 10 % larger than that of “linear model” (0.8 vs. 0.724)" in text
    assert "reduces the root mean squared error by 22 % relative to “mean”" in text
    level = write_report(sample.regression(tmp_path / "level", ours=0.724)).read_text()
    assert "only equals the baseline “linear model”" in level
    assert "No better than the best baseline." in level


def test_an_error_that_falls_is_skill(tmp_path, read_page):
    source = write_report(sample.regression(tmp_path / "run")).read_text()
    assert "reduces the root mean squared error by 42 % relative to “linear model”" in read_page(source).text
    assert "0.4 to 0.44" in source
    assert 'class="alarm"' not in source


def test_curves_mark_the_best_and_the_stopping_epoch(tmp_path, read_page):
    folder = sample.complete(tmp_path / "run")
    (folder / "evaluation.json").write_text(json.dumps(sample.evaluation(stopping_epoch=17)))
    text = read_page(write_report(folder)).text
    assert "best, epoch 22" in text
    assert "stop, epoch 17" in text
    run = read_run(sample.complete(tmp_path / "computed"))
    assert 15 <= stopping(run, history(run)[0]) <= 26


def test_all_terms_of_a_gan_are_plotted(tmp_path, read_page):
    folder = sample.adversarial(tmp_path / "run")
    curves = panels(read_run(folder))
    drawn = curves["first"] + curves["rest"]
    assert [plot["title"] for plot in drawn[:2]] == ["Loss", "Fréchet distance (selection metric)"]
    assert len(drawn) == 9  # seven terms of two players, the metric, the learning rate
    assert [entry["name"] for entry in drawn[0]["legend"]] == [
        "discriminator, training",
        "generator, training",
    ]
    assert "epoch 8" in drawn[0]["note"]
    text = read_page(write_report(folder)).text
    assert "Still running." in text
    assert "hibiscus sample" in text


def test_the_least_that_a_run_can_be(tmp_path, read_page):
    text = read_page(write_report(sample.write(tmp_path / "run", {"format": 1}))).text
    assert "log.jsonl is missing" in text
    assert "evaluation.json is missing" in text
    assert all(
        words in text for words in ("Training curves", "Evaluation in detail", "Next steps", "Commands")
    )


def test_a_run_that_ended_before_its_first_epoch_lacks_nothing(tmp_path, read_page):
    run = sample.write(tmp_path / "run", {"format": 1, "epochs_done": 0})
    text = read_page(write_report(run)).text
    assert "log.jsonl" not in text
    assert "No epoch was completed." in text


def test_groups_of_a_scatter_have_colors_of_their_own(tmp_path, read_page):
    groups = [f"kind {i % 12}" for i in range(120)]
    points = {"x": list(range(120)), "y": [i % 7 for i in range(120)], "groups": groups}
    shown = [{"kind": "scatter", "title": "Codes", "x_label": "number 1", "y_label": "number 2", **points}]
    path = write_report(sample.write(tmp_path / "run", sample.make_info(), None, sample.evaluation(), shown))
    text, source = read_page(path).text, path.read_text()
    assert all(f"kind {i}" in text for i in range(12))
    assert all(f"var(--{color})" in source for color in COLORS)
    assert source.count('class="dashed"') >= 4  # beyond as many groups as there are colours


@pytest.mark.parametrize(
    ("status", "words"),
    [("failed", "Failed."), ("interrupted", "Interrupted."), ("running", "Still running.")],
)
def test_a_run_that_is_not_done(tmp_path, read_page, status, words):
    folder = sample.write(
        tmp_path / "run",
        sample.make_info(status=status, error="loss is not a number\nround 12 <b>"),
        sample.log(1),
    )
    text = read_page(write_report(folder)).text
    assert words in text
    assert ("round 12 <b>" in text) == (status == "failed")


def test_rounds_are_drawn_before_the_second_epoch(tmp_path):
    lines = [
        {"event": "rounds", "round": 10 * i, "epoch": 1, "train/classifier.loss": 2 - 0.1 * i}
        for i in range(1, 9)
    ]
    series, x_label = history(
        read_run(sample.write(tmp_path / "run", sample.make_info(status="running"), lines))
    )
    assert x_label == "round"
    assert len(series["train/classifier.loss"][0]) == 8


def test_an_epoch_that_was_run_again_counts_once(tmp_path):
    lines = [
        {"event": "epoch", "epoch": epoch, "stage": 0, "train/loss": 1.0 / epoch} for epoch in (1, 2, 3, 3, 4)
    ]
    series, _ = history(read_run(sample.write(tmp_path / "run", sample.make_info(), lines)))
    assert series["train/loss"][0] == [1, 2, 3, 4]


def test_many_classes_make_a_heat_map_and_a_table_of_pairs(tmp_path, read_page):
    folder = sample.complete(tmp_path / "run", names=[f"kind {i}" for i in range(120)])
    source = write_report(folder).read_text()
    assert "predicted as" in read_page(source).text
    assert 'class="matrix"' not in source
    values = [[5.0, 3.0], [1.0, 9.0]]
    assert confusions(values, ["a", "b"], ["a", "b"]) == [["a", "b", "3", "38 %"], ["b", "a", "1", "10 %"]]


def test_a_matrix_without_counts_has_no_count_column(tmp_path):
    counts = 90 * np.eye(6) + 2
    for number, values in enumerate((counts, counts / counts.sum(1, keepdims=True))):
        shown = [
            {
                "kind": "matrix",
                "title": "M",
                "rows": list("abcdef"),
                "columns": list("abcdef"),
                "values": values.tolist(),
            }
        ]
        page = write_report(
            sample.write(tmp_path / f"run{number}", sample.make_info(), None, sample.evaluation(), shown)
        ).read_text()
        assert "share of the true class" in page
        assert ('<th class="n">count</th>' in page) == (number == 0)


def test_cross_validation(tmp_path, read_page):
    folder = tmp_path / "run"
    folder.mkdir()
    selection_metric = {"name": "accuracy", "higher_is_better": True}
    info = {
        "folds": 5,
        "selection_metric": selection_metric,
        "scores": [0.9, 0.92, 0.91, 0.93, 0.89],
        "mean": 0.91,
        "sd": 0.0158,
        "best_epoch": 12,
    }
    (folder / "crossval.json").write_text(
        json.dumps({**info, "curve": {"train": [1 - 0.5**i for i in range(15)], "val": [0.9] * 15}})
    )
    text = read_page(write_report(folder)).text
    assert "Cross-validated. Mean accuracy over 5 folds is 91.0 % ± 1.6 %." in text
    assert "best, epoch 12" in text


def test_the_same_run_gives_the_same_page(tmp_path):
    folder = sample.complete(tmp_path / "run")
    first = write_report(folder).read_bytes()
    assert write_report(folder).read_bytes() == first
    assert sorted(path.name for path in folder.iterdir() if "report" in path.name) == ["report.html"]


def test_smoothing_leaves_gaps_and_does_not_lag_at_the_start():
    nan = float("nan")
    values = smoothed([4.0, nan, 2.0])
    assert values[0] == 4.0
    assert values[1] != values[1]
    assert values[2] == pytest.approx(0.8 * 4 + 0.2 * 2)
    assert as_number("NaN") != as_number("NaN")


def test_no_torch_is_imported(tmp_path):
    folder = sample.complete(tmp_path / "run")
    code = f"""import sys
from hibiscus.report import write_report
write_report({str(folder)!r})
assert not {{'torch', 'matplotlib.pyplot'}} & set(sys.modules)"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_images_that_belong_together_are_never_split_over_two_rows(tmp_path):
    folder = sample.complete(tmp_path / "run")
    items = json.loads((folder / "evaluation" / "report_items.json").read_text())
    gallery = next(item for item in items["report_items"] if item["kind"] == "gallery")
    name = gallery["images"][0]
    gallery |= {"images": [name] * 6, "captions": ["original", "binarized", "reconstruction"] * 2, "group": 3}
    (folder / "evaluation" / "report_items.json").write_text(json.dumps({"report_items": [gallery]}))
    source = write_report(folder).read_text(encoding="utf-8")
    assert source.count('<div class="together">') == 2
    assert 'style="--group: 3"' in source
    gallery |= {"images": ["absent.png", *[name] * 5]}  # a group with a missing image is not shown at all
    (folder / "evaluation" / "report_items.json").write_text(json.dumps({"report_items": [gallery]}))
    source = write_report(folder).read_text(encoding="utf-8")
    assert source.count('<div class="together">') == 1
    assert "3 more images not shown" in source


@pytest.mark.parametrize(("values", "ticks"), [([5.0], {"1", "5"}), ([185.0, 185.0], {"185"})])
def test_a_constant_or_single_value_has_one_tick(values, ticks):
    x = [float(index + 1) for index in range(len(values))]
    texts = set(
        re.findall(r">([^<>]+)</text>", lines([Line("a", x, values)], "a", x_label="epoch", whole=True))
    )
    assert ticks <= texts
    assert not any("." in text for text in texts)


def test_counts_have_whole_ticks():
    texts = re.findall(r">([^<>]+)</text>", lines([Line("a", [1.0, 2.0], [1.0, 2.0])], "classes found"))
    assert not any("." in text for text in texts[-3:])


def test_numbers_of_very_different_sizes_keep_four_digits_each():
    table = TableRecord("table", "t", "", ["m", "v"], [["a", 680.9386], ["b", 1749.0], ["c", 0.9946]])
    assert [row[1]["text"] for row in VIEWS[TableRecord](table)["rows"]] == ["680.9", "1,749", "0.9946"]
    table = TableRecord("table", "t", "", ["m", "v"], [["a", 0.5], ["b", 0.1234]])
    assert [row[1]["text"] for row in VIEWS[TableRecord](table)["rows"]] == ["0.5000", "0.1234"]


def test_a_run_that_recorded_no_abilities_of_its_own_is_not_offered_a_prediction(tmp_path, read_page):
    folder = sample.complete(tmp_path / "run")
    info = json.loads((folder / "run.json").read_text())
    for abilities, offered in (([], False), (["predict"], True), (None, True)):
        (folder / "run.json").write_text(json.dumps({**info, "abilities": abilities}))
        assert ("hibiscus predict" in read_page(write_report(folder)).text) is offered


def test_the_line_breaks_of_a_text_in_a_table_are_kept():
    record = TableRecord(
        "table", "Samples", "", ["", "text"], [["a", "To  be,\n<b>or\n" + "x\n" * 50], ["b", "one"]]
    )
    (_, lines), (_, line) = VIEWS[TableRecord](record)["rows"]
    assert lines["text"].startswith("To be,\n<b>or\nx\n")
    assert lines["text"].count("\n") == 23
    assert (lines["lines"], line["lines"]) == (True, False)
