"""What the tests of segmentation methods share: small prepared scenes, a method for them, and the losses in
NumPy.
"""

from __future__ import annotations

import numpy as np
import torch

from hibiscus.data.batch import Batch
from hibiscus.data.preparation import ImagePreparation, MaskPreparation, Preparation

PREPARATION = Preparation(
    {
        "image": ImagePreparation(16, 24, 3, (0.5,) * 3, (0.25,) * 3, "squash"),
        "mask": MaskPreparation(("a", "b", "c"), (600, 300, 100)),
    }
)


def build(kind, **options):
    torch.manual_seed(0)
    method = kind(kind.Config(**{"ema_decay": 0.0, **options}), PREPARATION)
    method.weights = torch.tensor([0.2, 0.5, 2.0])
    return method


def scenes(count=3):
    draw = np.random.default_rng(1)
    mask = draw.integers(0, 3, (count, 16, 24)).astype(np.uint8)
    mask[draw.random(mask.shape) < 0.1] = 255
    return Batch(
        image=torch.from_numpy(draw.normal(size=(count, 3, 16, 24)).astype(np.float32)),
        mask=torch.from_numpy(mask),
    )


def log_p(scores, mask):
    """log p_i of the true class at each known pixel, and that class."""
    shifted = scores - scores.max(1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(1, keepdims=True))
    image, row, column = np.nonzero(mask != 255)
    true = mask[image, row, column]
    return logs[image, true, row, column], true


def by_formula(method, scores, mask):
    logs, true = log_p(scores.astype(np.float64), mask)
    kind = method.config.loss
    if kind == "focal":
        return (-((1 - np.exp(logs)) ** method.config.focal_gamma) * logs).mean()
    if kind == "balanced":
        weights = method.weights.numpy()[true]
        return -(weights * logs).sum() / weights.sum()
    value = -logs.mean()
    if kind == "dice":
        q = np.exp(scores - scores.max(1, keepdims=True))
        q, known = q / q.sum(1, keepdims=True), mask != 255
        each = [
            (2 * q[:, c][mask == c].sum() + 1) / (q[:, c][known].sum() + (mask == c).sum() + 1)
            for c in range(3)
        ]
        value += 1 - np.mean(each)
    return value
