"""Entries of the catalog: directions by their constructor, and names that a pattern matches."""

from hibiscus.metrics.entries import Metric, MetricPattern, down, fraction, neutral, up


def test_directions_and_percentages():
    entries = [make("a", "A", "a phrase") for make in (up, down, neutral, fraction)]
    assert [entry.higher_is_better for entry in entries] == [True, False, None, True]
    assert [entry.percent for entry in entries] == [False, False, False, True]
    assert down("nll", "NLL", "a phrase", "nats").unit == "nats"


def test_a_pattern_fills_in_what_it_matched():
    pattern = MetricPattern(r"iou_(.+)", fraction("iou_CLASS", "IoU of {0}", "overlap of {0}"))
    assert pattern.match("iou_traffic_light") == Metric(
        "iou_traffic_light", "IoU of traffic light", "", True, True, "overlap of traffic light"
    )
    assert pattern.match("miou_car") is None
