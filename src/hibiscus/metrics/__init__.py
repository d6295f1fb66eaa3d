"""Metrics, baselines, curves, and the exhibits made of them; scikit-learn is only imported where it is used."""

from hibiscus.evaluation.baselines import (
    linear_classifier,
    linear_regression,
    majority_class,
    mean_value,
    nearest_mean,
    principal_components,
    random_guess,
)
from hibiscus.evaluation.items import (
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
from hibiscus.metrics.image_quality import ciede2000, psnr, rgb_to_lab, ssim
from hibiscus.metrics.learning_curves import mean_curve, smooth, stopping_epoch
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
    "ciede2000",
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
    "principal_components",
    "psnr",
    "random_guess",
    "regression_metrics",
    "rgb_to_lab",
    "save_exhibits",
    "smooth",
    "ssim",
    "stopping_epoch",
    "top_k_error",
]
