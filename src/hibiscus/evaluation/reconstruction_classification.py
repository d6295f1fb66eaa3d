"""Evaluation of an autoencoder that also classifies, on the same images with the same noise."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Protocol

import numpy as np
from torch import Tensor

from hibiscus.data.prepared import PreparedData
from hibiscus.evaluation.image_quality import IMAGE_METRICS, channels_last, evaluated_rows, fixed_batches
from hibiscus.evaluation.items import Matrix
from hibiscus.evaluation.linear_models import fit_linear_classifier
from hibiscus.evaluation.reconstruction import (
    AutoencoderModel,
    evaluate_reconstruction,
    fit_pca,
    latent_space_items,
    pca_baselines,
)
from hibiscus.metrics.classification import classification_metrics, confusion_matrix
from hibiscus.training.method import Evaluation

__all__ = ["ClassifierModel", "evaluate_reconstruction_and_class", "validate_reconstruction_and_class"]

ALL_VALUES, MAX_TRAIN_VALUES = (
    2**62,
    2**24,
)  # maximum number of pixel values for classification, and for training linear models
MAX_FEATURES = 1024  # maximum number of pixel values per image for the linear model


class ClassifierModel(AutoencoderModel, Protocol):
    """The interface required of an autoencoder that classifies latent codes."""

    @property
    def classes(self) -> list[str]:
        """The names of the classes, in the order of the outputs."""
        ...

    def encode(self, x: Tensor) -> Tensor:
        """The latent code of images in [0, 1]."""
        ...

    def logits(self, z: Tensor) -> Tensor:
        """The logits of the classes `(batch, classes)`, from latent codes."""
        ...


def validate_reconstruction_and_class(
    model: ClassifierModel, data: PreparedData, part: str
) -> dict[str, float]:
    """Accuracy, PSNR and the weighted loss of a part."""
    probabilities, psnrs, errors = [], [], []
    for batch in fixed_batches(data, part, ALL_VALUES):
        x = (batch.image + 1) / 2
        z = model.encode(model.corrupt(x, batch))
        image = model.decode(z)
        probabilities.append(model.logits(z).softmax(1).cpu().numpy())
        errors.append((image - x).square().flatten(1).mean(1).cpu().numpy())
        psnrs.append(IMAGE_METRICS["psnr"](channels_last(image), channels_last(x)))
    label, predicted = data.values("label", part), np.concatenate(probabilities)
    return {
        "accuracy": float((predicted.argmax(1) == label).mean()),
        "psnr": float(np.concatenate(psnrs).mean()),
        "loss": _loss(model, predicted, label, np.concatenate(errors)),
    }


def _loss(model: ClassifierModel, probabilities: np.ndarray, label: np.ndarray, errors: np.ndarray) -> float:
    """The weighted sum of the mean squared error per pixel and the cross-entropy."""
    nll = -np.log(np.maximum(probabilities[np.arange(len(label)), label], 1e-12)).mean()
    return float(model.config.reconstruction_weight * errors.mean() + model.config.class_weight * nll)


def evaluate_reconstruction_and_class(model: ClassifierModel, data: PreparedData, part: str) -> Evaluation:
    """Accuracy, image quality and loss, compared with linear models on pixels and on principal components,
    which also reconstruct the images.
    """
    mean, axes = fit_pca(model, data)
    image_baselines = pca_baselines(mean, axes)
    pca = list(image_baselines)[-1]
    images = evaluate_reconstruction(
        model, data, part, image_baselines, {"input": lambda inputs, x: inputs}, ("psnr", "ssim")
    )
    label, classes = data.values("label", part), model.classes
    train_label = data.values("label", "train")[evaluated_rows(data, "train", MAX_TRAIN_VALUES)]
    on_train = zip(*_views(model, data, "train", MAX_TRAIN_VALUES, mean, axes), strict=True)
    on_pixels, on_codes = (
        fit_linear_classifier(np.concatenate(rows), train_label, len(classes), model.config.seed)
        for rows in itertools.islice(on_train, 2)
    )
    predictions = [
        (on_pixels(flat), on_codes(codes), probabilities, errors)
        for flat, codes, probabilities, errors in _views(model, data, part, ALL_VALUES, mean, axes)
    ]
    pixels, codes, probabilities, errors = (np.concatenate(rows) for rows in zip(*predictions, strict=True))
    baselines = {
        name: {
            **classification_metrics(predicted, label),
            **images.baselines[pca],
            "loss": _loss(model, predicted, label, errors),
        }
        for name, predicted in (("linear model and " + pca, pixels), ("linear model on " + pca, codes))
    }
    confusion = confusion_matrix(probabilities, label)
    matrix = Matrix(
        "Confusion matrix", classes, classes, confusion, "Rows: true class; columns: predicted class."
    )
    loss = validate_reconstruction_and_class(model, data, part)["loss"]
    metrics = {**classification_metrics(probabilities, label), **images.metrics, "loss": loss}
    examples, others = images.report_items[:1], images.report_items[1:]
    return Evaluation(
        metrics, baselines, [matrix, *examples, *latent_space_items(model, data, part), *others]
    )


def _views(
    model: ClassifierModel, data: PreparedData, part: str, max_values: int, mean: np.ndarray, axes: np.ndarray
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]]:
    """The subsampled, flattened inputs of a part, their principal components, the class probabilities, and
    the mean squared error of the images that the principal components reconstruct, in batches.
    """
    for batch in fixed_batches(data, part, max_values):
        x = (batch.image + 1) / 2
        inputs = model.corrupt(x, batch)
        step = _stride(inputs)
        flat = inputs[:, :, ::step, ::step].flatten(1).cpu().numpy()
        codes = (inputs.flatten(1).cpu().numpy() - mean) @ axes.T
        reconstructed = (mean + codes @ axes).clip(0, 1)
        errors = np.square(reconstructed - x.flatten(1).cpu().numpy()).mean(1)
        yield flat, codes, model.logits(model.encode(inputs)).softmax(1).cpu().numpy(), errors


def _stride(images: Tensor) -> int:
    """The smallest stride at which an image has at most `MAX_FEATURES` values."""
    last = max(images.shape[2:])
    return next(
        step
        for step in range(1, last + 1)
        if images[0, :, ::step, ::step].numel() <= MAX_FEATURES or step == last
    )
