"""The catalog of metrics: complete entries, patterns of names, and a direction for model selection."""

import subprocess
import sys

import pytest

from hibiscus.errors import ConfigError
from hibiscus.metrics.catalog import METRICS, PATTERNS, Metric, get_metric
from hibiscus.training.method import SelectionMetric


def test_every_entry_is_complete():
    for name, metric in METRICS.items():
        assert metric.name == name
        assert name == name.lower()
        assert metric.label
        assert metric.description
        assert not metric.description.endswith("."), "a phrase, for a cell of a table"
        assert not (metric.percent and metric.unit)
        assert "{" not in metric.label + metric.description


def test_no_name_stands_twice():
    labels = [metric.label for metric in METRICS.values()]
    assert len(labels) == len(set(labels))
    for pattern in PATTERNS:
        assert not [name for name in METRICS if pattern.match(name)], pattern.pattern


@pytest.mark.parametrize(
    ("name", "label", "higher", "percent", "unit"),
    [
        ("accuracy", "accuracy", True, True, ""),
        ("test/macro_f1", "macro F1", True, True, ""),
        ("val/top5_error", "top-5 error", False, True, ""),
        ("test/nll", "negative log-likelihood", False, False, "nats"),
        ("test/frechet", "Fréchet distance", False, False, ""),
        ("test/frechet_floor", "Fréchet distance of training images", None, False, ""),
        ("test/iou_traffic_light", "IoU of traffic light", True, True, ""),
        ("test/few_shot_5way_1shot", "5-way 1-shot accuracy", True, True, ""),
        ("few_shot_20way_5shot", "20-way 5-shot accuracy", True, True, ""),
        (
            "few_shot_2way_5shot_interval",
            "95 % confidence interval of the 2-way 5-shot accuracy",
            None,
            True,
            "",
        ),
        (
            "nll_dynamic_20is",
            "negative log-likelihood, dynamically binarized pixels, 20 importance samples",
            False,
            False,
            "nats",
        ),
        ("slant_correlation", "correlation of the code with slant", True, False, ""),
        ("frechet_to_a", "Fréchet distance, translation to a", False, False, ""),
        ("domain_accuracy_b", "domain accuracy, translation to b", True, True, ""),
        ("map_small", "mAP of small objects", True, True, ""),
        ("ar100", "average recall, 100 per image", True, True, ""),
        ("pq_things", "panoptic quality of things", True, True, ""),
        ("eval/return", "return", True, False, ""),
    ],
)
def test_a_metric_is_looked_up_by_its_name(name, label, higher, percent, unit):
    metric = get_metric(name)
    assert (metric.label, metric.higher_is_better, metric.percent, metric.unit) == (
        label,
        higher,
        percent,
        unit,
    )
    assert metric.name == name.rsplit("/", 1)[-1]
    assert metric.description


@pytest.mark.parametrize(
    "name", ["my_loss", "test/odd", "error_of_mine", "_", "", "iou_", "{0}", "few_shot_xway_1shot"]
)
def test_an_unknown_metric_is_neutral(name):
    metric = get_metric(name)
    short = name.rsplit("/", 1)[-1]
    assert metric == Metric(short, short.replace("_", " ").strip() or short)
    assert metric.higher_is_better is None


def test_a_class_with_braces_stays_as_it_is():
    assert get_metric("iou_{0}_{x}").label == "IoU of {0} {x}"


def test_the_selection_metric_knows_its_direction():
    assert SelectionMetric("accuracy") == SelectionMetric("accuracy", True)
    assert SelectionMetric("frechet").higher_is_better is False
    assert SelectionMetric("mine", higher_is_better=False).better(1.0, 2.0)
    assert vars(SelectionMetric("rmse")) == {"name": "rmse", "higher_is_better": False}
    for name in ("mine", "frechet_floor"):
        with pytest.raises(ConfigError, match="direction"):
            SelectionMetric(name)


def test_the_catalog_is_light():
    code = "import sys, hibiscus.metrics.catalog\nassert not {'numpy', 'torch', 'sklearn'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_label_of_a_likelihood_is_words():
    label = get_metric("test/nll_8bit_500is").label
    assert label == "negative log-likelihood, 8-bit pixels, 500 importance samples"
    assert get_metric("val/median_ae").label == "median absolute error"
