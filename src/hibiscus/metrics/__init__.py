"""Metrics, baselines, curves, and the exhibits made of them; scikit-learn is only imported where it is used."""

from hibiscus.metrics.baselines import (
    linear_classifier,
    linear_regression,
    majority_class,
    mean_value,
    nearest_mean,
    random_guess,
)
from hibiscus.metrics.classification import (
    Calibration,
    ClassRow,
    accuracy,
    calibration_curve,
    classification_metrics,
    confusion_matrix,
    per_class,
    top_k_error,
)
from hibiscus.metrics.curves import mean_curve, smooth, stopping_epoch
from hibiscus.metrics.exhibits import (
    Curve,
    Exhibit,
    Gallery,
    Matrix,
    Scatter,
    Series,
    Table,
    exhibit_from_json,
    load_exhibits,
    save_exhibits,
)
from hibiscus.metrics.regression import regression_metrics

__all__ = [
    "Calibration",
    "ClassRow",
    "Curve",
    "Exhibit",
    "Gallery",
    "Matrix",
    "Scatter",
    "Series",
    "Table",
    "accuracy",
    "calibration_curve",
    "classification_metrics",
    "confusion_matrix",
    "exhibit_from_json",
    "linear_classifier",
    "linear_regression",
    "load_exhibits",
    "majority_class",
    "mean_curve",
    "mean_value",
    "nearest_mean",
    "per_class",
    "random_guess",
    "regression_metrics",
    "save_exhibits",
    "smooth",
    "stopping_epoch",
    "top_k_error",
]
