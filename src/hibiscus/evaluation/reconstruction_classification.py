"""What the report shows of an autoencoder that also names classes: both tasks, on the same images with the same noise."""

from __future__ import annotations

from abc import abstractmethod

import numpy as np
from torch import Tensor

from hibiscus.data.prepared import PreparedData
from hibiscus.evaluation.baselines import linear_classifier
from hibiscus.evaluation.image_quality import FIGURES, channels_last, evaluated_rows, some_images
from hibiscus.evaluation.items import Matrix
from hibiscus.evaluation.reconstruction import code_exhibits, code_rivals, components, evaluate_images
from hibiscus.methods.autoencode.base import AutoencoderBase
from hibiscus.metrics.classification import classification_metrics, confusion_matrix
from hibiscus.training.method import Evaluation

__all__ = ["ClassCoder", "evaluate_both", "validate_both"]

ALL, TRAIN_VALUES = 2**62, 2**24  # values of images: of a part whose classes are read, and for the linear models
FEATURES = 1024  # values of an image that the linear model on pixels looks at, at most


class ClassCoder(AutoencoderBase):
    """What is asked of the method beside a code."""

    @property
    @abstractmethod
    def classes(self) -> list[str]:
        """The names of the classes, in the order of the classifier's outputs."""

    @abstractmethod
    def logits(self, z: Tensor) -> Tensor:
        """One number for each class `(batch, classes)`, from codes."""


def validate_both(model: ClassCoder, data: PreparedData, part: str) -> dict[str, float]:
    """Accuracy, peak signal-to-noise ratio, and the weighted loss of a part."""
    probabilities, likeness, errors = [], [], []
    for batch in some_images(data, part, ALL):
        x = (batch.image + 1) / 2
        z = model.encode(model.spoil(x, batch))
        made = model.decode(z)
        probabilities.append(model.logits(z).softmax(1).cpu().numpy())
        errors.append((made - x).square().flatten(1).mean(1).cpu().numpy())
        likeness.append(FIGURES["psnr"](channels_last(made), channels_last(x)))
    label, answers = data.values("label", part), np.concatenate(probabilities)
    nll = -np.log(np.maximum(answers[np.arange(len(label)), label], 1e-12)).mean()
    loss = model.config.reconstruction_weight * np.concatenate(errors).mean() + model.config.class_weight * nll
    return {"accuracy": float((answers.argmax(1) == label).mean()), "psnr": float(np.concatenate(likeness).mean()), "loss": float(loss)}


def evaluate_both(model: ClassCoder, data: PreparedData, part: str) -> Evaluation:
    """Classes and images beside those of linear models: on pixels, and on as many principal components as the code has numbers."""
    mean, axes = components(model, data)
    reconstructed = code_rivals(mean, axes)
    linear = list(reconstructed)[-1]
    found = evaluate_images(model, data, part, reconstructed, {"in": lambda given, x: given}, ("psnr", "ssim"))
    label, classes = data.values("label", part), model.classes
    test, test_codes, answers = _read(model, data, part, ALL, mean, axes)
    train, train_codes, _ = _read(model, data, "train", TRAIN_VALUES, mean, axes)
    train_label = data.values("label", "train")[evaluated_rows(data, "train", TRAIN_VALUES)]

    def named(train_x: np.ndarray, test_x: np.ndarray) -> dict[str, float]:
        return classification_metrics(linear_classifier(train_x, train_label, test_x, len(classes), model.config.seed), label)

    baselines = {
        "linear model": named(train, test),
        f"linear model on {linear}": {**named(train_codes, test_codes), **found.baselines[linear]},
    }
    matrix = Matrix("Confusion matrix", classes, classes, confusion_matrix(answers, label), "Rows: the true class; columns: the answer.")
    metrics = {**classification_metrics(answers, label), **found.metrics}
    return Evaluation(metrics, baselines, [matrix, *found.report_items[:1], *code_exhibits(model, data, part), *found.report_items[1:]])


def _read(
    model: ClassCoder, data: PreparedData, part: str, most: int, mean: np.ndarray, axes: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What the network is given for the images of a part, thinned out and flat, its principal components, and the probabilities."""
    flat, codes, probabilities = [], [], []
    for batch in some_images(data, part, most):
        given = model.spoil((batch.image + 1) / 2, batch)
        step = next(step for step in range(1, 4096) if given[0, :, ::step, ::step].numel() <= FEATURES or step == max(given.shape[2:]))
        flat.append(given[:, :, ::step, ::step].flatten(1).cpu().numpy())
        codes.append((given.flatten(1).cpu().numpy() - mean) @ axes.T)
        probabilities.append(model.logits(model.encode(given)).softmax(1).cpu().numpy())
    return np.concatenate(flat), np.concatenate(codes), np.concatenate(probabilities)
