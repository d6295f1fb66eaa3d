"""What the report shows of a conditional variational autoencoder beside the rest: whether it makes, and reads, the asked class."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from hibiscus.data.images.ops import image_grid
from hibiscus.data.prepared import PreparedData
from hibiscus.evaluation.elbo import select_batch
from hibiscus.evaluation.feature_network import get_feature_network
from hibiscus.evaluation.items import Gallery, Table
from hibiscus.evaluation.likelihood import BASELINE
from hibiscus.methods.sampling import to_pixels
from hibiscus.training.method import Evaluation

__all__ = ["add_conditional_accuracy"]

JUDGED, READ, AT_ONCE = 5000, 2000, 256  # images made for the judge, and real ones that the method itself reads
STYLES, MOST_CLASSES = 10, 20  # of the gallery of every class by every style


def add_conditional_accuracy(found: Evaluation, model: Any, data: PreparedData, part: str) -> Evaluation:
    """The examination with `conditional_accuracy`, how often the data's judge reads the class that was asked for in a made image.

    Beside it `classifier_accuracy`, how often it reads real images as labelled, and `accuracy`, how often the class under which the method
    finds an image likeliest is the true one. The rival draws every pixel by itself, as the training images of the class say.
    """
    judge, rows = get_feature_network(data), data.subsample(part, JUDGED)
    asked = data.values("label", part)[rows]
    reads = lambda pixels: judge.look(data, pixels)[1].argmax(1)  # noqa: E731
    made, real = reads(model.decode_prior(len(asked), label=torch.from_numpy(asked))), reads(data.values("image", part)[rows])
    baseline = reads(_drawn_alone(data, asked))
    few = data.subsample(part, READ)
    own = [model.class_elbo(select_batch(model, data, part, few[start : start + AT_ONCE])).argmax(1) for start in range(0, len(few), AT_ONCE)]
    metrics = {
        "conditional_accuracy": float((made == asked).mean()),
        "classifier_accuracy": float((real == asked).mean()),
        "accuracy": float((torch.cat(own).cpu().numpy() == data.values("label", part)[few]).mean()),
    }
    baselines = {BASELINE: {**found.baselines[BASELINE], "conditional_accuracy": float((baseline == asked).mean())}}
    rows_of = [
        [name, int((asked == number).sum()), *(float((answer[asked == number] == number).mean()) for answer in (made, baseline, real))]
        for number, name in enumerate(model.classes)
        if (asked == number).any()
    ]
    note = "How often a classifier, trained on the same training part, reads the class that was asked for; in real images, their label."
    table = Table("Conditional accuracy by class", ["class", "images", "made", BASELINE, "real images"], rows_of, note)
    report_items = [*found.report_items[:2], _styles(model, data, part), table, *found.report_items[2:]]
    return Evaluation({**found.metrics, **metrics}, {**found.baselines, **baselines}, report_items)


def _drawn_alone(data: PreparedData, asked: np.ndarray) -> np.ndarray:
    """An image for each class number, every pixel from a Gaussian with its mean and deviation among training images of the class."""
    rows = data.subsample("train")
    pixels, labels, rng = data.values("image", "train")[rows], data.values("label", "train")[rows], np.random.default_rng(0)
    made = np.zeros((len(asked), *pixels.shape[1:]), np.uint8)
    for number in np.unique(asked):
        own, wanted = pixels[labels == number], asked == number
        drawn = own.mean(0) + own.std(0) * rng.standard_normal((int(wanted.sum()), *pixels.shape[1:]))
        made[wanted] = drawn.round().clip(0, 255).astype(np.uint8)
    return made


def _styles(model: Any, data: PreparedData, part: str) -> Gallery:
    """A grid: the first column real images, then in each row the same code under every class."""
    batch, image = select_batch(model, data, part, data.subsample(part, STYLES)), model.preparation["image"]
    codes = model.encode((batch.image + 1) / 2, *model.condition(batch))[0]
    columns = [batch.image]
    for number in range(min(MOST_CLASSES, len(model.classes))):
        told = torch.zeros(len(codes), len(model.classes), device=codes.device)
        told[:, number] = 1
        columns.append(model.decode(codes, told))
    images = torch.stack(columns, 1).flatten(0, 1)
    note = "Each row: a real image, and the image that its code gives under each class. What stays the same along a row is the code's."
    return Gallery("The same code in every class", [image_grid(to_pixels(images, image), len(columns))], (), note)
