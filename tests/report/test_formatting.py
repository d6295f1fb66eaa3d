"""How metrics are said: names, units, and which way is better."""

from __future__ import annotations

import pytest

from hibiscus.report.formatting import SPACE, direction, is_share, metric, show


@pytest.mark.parametrize(
    ("name", "value", "spoken", "shown", "up"),
    [
        ("test/macro_f1", 0.9812, "macro F1", f"98.1{SPACE}%", True),
        ("test/iou_traffic_light", 0.0366, "IoU of traffic light", f"3.7{SPACE}%", True),
        ("test/matched_iou", 0.83, "mean IoU of matched boxes", f"83.0{SPACE}%", True),
        ("test/nll", 1.32, "negative log-likelihood", f"1.32{SPACE}nats", False),
        ("test/frechet", 26.75, "Fréchet distance", "26.75", False),
        ("test/diversity", 0.5, "diversity", "0.5", None),
    ],
)
def test_a_metric_is_said_in_its_own_words_and_unit(name, value, spoken, shown, up):
    assert metric(name) == spoken
    assert show(name, value) == shown
    assert direction(name) is up
    assert is_share(name) is shown.endswith("%")
    assert metric(name, part=True) == f"{spoken} (test)"


def test_what_is_no_number_is_said():
    assert show("test/nll", float("nan")) == "not a number"
    assert show("test/nll", None) == "–"
