"""The metrics of anomaly detection are in the catalog."""

import numpy as np

from hibiscus.metrics.anomaly_entries import ANOMALIES
from hibiscus.metrics.anomaly_windows import window_metrics
from hibiscus.metrics.catalog import METRICS


def test_they_are_in_the_catalog():
    assert all(METRICS[metric.name] is metric for metric in ANOMALIES)
    assert METRICS["window_f1"].higher_is_better
    assert METRICS["false_alarms"].higher_is_better is False


def test_every_metric_of_windows_has_an_entry():
    assert window_metrics(np.arange(10.0), 5, [[6, 8]]).keys() <= {metric.name for metric in ANOMALIES}
