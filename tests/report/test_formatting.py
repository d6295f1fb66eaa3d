"""How metrics and other values are written."""

from __future__ import annotations

import pytest

from hibiscus.report.formatting import (
    SPACE,
    capitalized,
    duration,
    metric_label,
    metric_value,
    plural,
    shorten,
)


@pytest.mark.parametrize(
    ("name", "value", "label", "text"),
    [
        ("test/macro_f1", 0.9812, "macro F1", f"98.1{SPACE}%"),
        ("test/iou_traffic_light", 0.0366, "IoU of traffic light", f"3.7{SPACE}%"),
        ("test/matched_iou", 0.83, "mean IoU of matched boxes", f"83.0{SPACE}%"),
        ("test/nll", 1.32, "negative log-likelihood", f"1.32{SPACE}nats"),
        ("test/frechet", 26.75, "Fréchet distance", "26.75"),
        ("test/diversity", 0.5, "diversity", "0.5"),
        ("test/of_another_package", 0.5, "of another package", "0.5"),
    ],
)
def test_a_metric_has_its_label_and_unit(name, value, label, text):
    assert metric_label(name) == label
    assert metric_value(name, value) == text
    assert metric_label(name, part=True) == f"{label} (test)"


def test_a_missing_value_and_nan_differ():
    assert metric_value("test/nll", float("nan")) == "not a number"
    assert metric_value("test/nll", None) == "–"


def test_other_values():
    assert (duration(4.21), duration(725), duration(12000)) == ("4.2 s", "12 min 5 s", "3 h 20 min")
    assert duration(0.01) == "< 0.1 s"
    assert duration(float("nan")) == duration(-1) == "–"
    assert (plural(1, "image"), plural(1200, "class")) == ("1 image", "1,200 classes")
    assert capitalized("mAP at IoU 0.5") == "mAP at IoU 0.5"
    assert capitalized("mean IoU") == "Mean IoU"
    assert len(shorten("long " * 60)) == 28
    assert len(metric_label("x" * 500)) == 80
