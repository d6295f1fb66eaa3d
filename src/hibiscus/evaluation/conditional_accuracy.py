"""Evaluation of class-conditional generative models: do the images show the class of the condition?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from hibiscus.data.batch import Batch
from hibiscus.data.images.ops import image_grid
from hibiscus.data.lazy_rows import LazyRows
from hibiscus.data.prepared import PreparedData
from hibiscus.evaluation.feature_network import feature_network
from hibiscus.evaluation.gaussian_pixels import gaussian_images, mean_and_std
from hibiscus.evaluation.items import Gallery, Table
from hibiscus.training.method import Evaluation

__all__ = ["add_conditional", "conditional_accuracy", "conditional_accuracy_table", "conditional_grid"]

GENERATED = 5000  # images generated for classification by the feature network
CLASSIFIED, BATCH_SIZE = 2000, 256  # real images that the model itself classifies
STYLES, MAX_CLASSES = 10, 20  # rows and columns of the grid of styles and classes
BASELINE = "independent pixels"
Predictions = tuple[np.ndarray, np.ndarray]  # predicted class numbers, and the conditions


def conditional_accuracy(predicted: np.ndarray, conditions: np.ndarray) -> float:
    """The fraction of images whose predicted class is the one on which they were conditioned."""
    return float((predicted == conditions).mean())


def conditional_accuracy_table(classes: Sequence[str], predictions: Mapping[str, Predictions]) -> Table:
    """How often a classifier predicts each class, with one column per set of images.

    Args:
        classes: their names.
        predictions: by column, the generated images first. Classes that a set does not contain are left
            out.
    """
    rows = []
    for number, name in enumerate(classes):
        groups = [predicted[conditions == number] for predicted, conditions in predictions.values()]
        if all(len(group) for group in groups):
            rows.append([name, len(groups[0]), *(float((group == number).mean()) for group in groups)])
    note = (
        "How often a classifier trained on the same training part predicts the class on which a sample was "
        "conditioned, or the label of a real image. Values above those of real images are "
        "not better: a generator may produce only the most typical images of a class."
    )
    return Table("Conditional accuracy by class", ["class", "images", *predictions], rows, note)


def add_conditional(
    evaluation: Evaluation,
    generate: Callable[[Tensor], np.ndarray],
    classify: Callable[[Batch], Tensor],
    grid: Gallery,
    data: PreparedData,
    part: str,
) -> Evaluation:
    """Extends the evaluation of a VAE by the metrics, baseline and report items for its class condition.

    The metrics are `conditional_accuracy`, the fraction of generated images for which the data's feature
    network predicts the condition; `classifier_accuracy`, its accuracy on real images; and `accuracy`, the
    fraction of real images that are most likely under their true class. The baseline samples each pixel
    independently, from a distribution fitted to the training images of the class.

    Args:
        evaluation: the evaluation to extend; the baseline is added to that of independent pixels.
        generate: maps class numbers `(count,)` to images uint8 `(count, height, width, channels)`.
        classify: maps a batch to a score for each class `(items, classes)`.
        grid: images of the same latent code in every class, see `conditional_grid`.
        data: with the part.
        part: its name.
    """
    network, rows = feature_network(data), data.subsample(part, GENERATED)
    conditions = data.values("label", part)[rows]
    generated = network.classify(data, generate(torch.from_numpy(conditions)))
    real = network.classify(data, LazyRows(data.rows("image", part).__getitem__, rows))
    baseline = network.classify(data, _independent_pixels(data, conditions))
    few = data.subsample(part, CLASSIFIED)
    labels = data.values("label", part)[few]
    batches = [few[start : start + BATCH_SIZE] for start in range(0, len(few), BATCH_SIZE)]
    scores = torch.cat([classify(labeled_batch(data, part, batch)) for batch in batches])
    metrics = {
        "conditional_accuracy": conditional_accuracy(generated, conditions),
        "classifier_accuracy": conditional_accuracy(real, conditions),
        "accuracy": float((scores.argmax(1).cpu().numpy() == labels).mean()),
    }
    baseline_metrics = {"conditional_accuracy": conditional_accuracy(baseline, conditions)}
    columns = {"generated images": generated, BASELINE: baseline, "real images": real}
    table = conditional_accuracy_table(
        data.preparation["label"].names,
        {name: (predicted, conditions) for name, predicted in columns.items()},
    )
    return Evaluation(
        {**evaluation.metrics, **metrics},
        {**evaluation.baselines, BASELINE: {**evaluation.baselines[BASELINE], **baseline_metrics}},
        [*evaluation.report_items[:2], grid, table, *evaluation.report_items[2:]],
    )


def labeled_batch(data: PreparedData, part: str, rows: np.ndarray) -> Batch:
    """A batch of some images of a part with their labels."""
    image = data.images(data.rows("image", part)[rows])
    return Batch(image=image, label=torch.from_numpy(data.values("label", part)[rows]).to(image.device))


def conditional_grid(
    encode: Callable[[Batch], Tensor],
    decode: Callable[[Tensor, Tensor], Tensor],
    data: PreparedData,
    part: str,
) -> Gallery:
    """A grid: each row shows a real image and then its latent code, decoded in every class.

    Args:
        encode: maps a batch to latent codes `(items, latent_dim)`.
        decode: maps latent codes and class numbers `(items,)` to prepared images.
        data: with the part.
        part: its name.
    """
    batch = labeled_batch(data, part, data.subsample(part, STYLES))
    codes, num_classes = encode(batch), len(data.preparation["label"].names)
    columns = [batch.image]
    for number in range(min(MAX_CLASSES, num_classes)):
        columns.append(decode(codes, torch.full((len(codes),), number, device=codes.device)))
    pixels = data.preparation["image"].decode(torch.stack(columns, 1).flatten(0, 1))
    note = "Each row: a real image, then its latent code decoded in each class."
    return Gallery("The same code in every class", [image_grid(pixels, len(columns))], (), note)


def _independent_pixels(data: PreparedData, conditions: np.ndarray) -> np.ndarray:
    """One image per class number; pixels are sampled from Gaussians fitted to the class."""
    rows = data.subsample("train")
    pixels, labels = data.rows("image", "train"), data.values("label", "train")[rows]
    rng, images = np.random.default_rng(0), np.zeros((len(conditions), *pixels.shape[1:]), np.uint8)
    for number in np.unique(conditions):
        train, selected = LazyRows(pixels.__getitem__, rows[labels == number]), conditions == number
        images[selected] = gaussian_images(
            *mean_and_std(train), (int(selected.sum()), *pixels.shape[1:]), rng
        )
    return images
