"""Metrics of all tasks, as functions of plain arrays; scikit-learn is imported only where it is used."""

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
    "accuracy",
    "calibration_curve",
    "ciede2000",
    "classification_metrics",
    "confusion_matrix",
    "mean_curve",
    "per_class",
    "psnr",
    "regression_metrics",
    "rgb_to_lab",
    "smooth",
    "ssim",
    "stopping_epoch",
    "top_k_error",
]
