"""A small image network trained on the user's data; its features and predictions are used in evaluations.

With labels it is a classifier, which can also predict the class of a generated image; without labels it
predicts by which multiple of 90 degrees an image is rotated (Gidaris, Singh, Komodakis, 2018, arXiv
1803.07728). Distances between real and generated images are computed from its 64 features. They are not
Inception features, so the distances are not comparable to published values.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from hibiscus import progress
from hibiscus.data.batch import Batch
from hibiscus.data.disk_cache import cache_folder, mark_used, trim_cache
from hibiscus.data.lazy_rows import Rows
from hibiscus.data.prepared import PreparedData, items_at_once
from hibiscus.errors import RunError
from hibiscus.losses import cross_entropy
from hibiscus.networks.registry import build_network
from hibiscus.training.checkpoint import load_checkpoint, save_checkpoint
from hibiscus.training.device import choose_precision, precision_context
from hibiscus.training.optimizers import Optimizer
from hibiscus.training.player import Player
from hibiscus.training.random_state import preserved_random_state
from hibiscus.training.schedules import one_cycle

__all__ = ["FeatureNetwork", "feature_network"]

FEATURES, EPOCHS, MIN_STEPS, MAX_STEPS = 64, 3, 300, 1500
_networks: dict[str, FeatureNetwork] = {}


@dataclass
class FeatureNetwork:
    """The trained network.

    Args:
        network: maps images to logits; all layers except the last two map images to features.
        classes: the classes that it predicts; empty if it was trained without labels.
        device: the device of the network.
        floors: Fréchet distances between real images in its features, computed once.
    """

    network: nn.Sequential
    classes: list[str]
    device: torch.device
    floors: dict[str, float] = field(default_factory=dict)

    @torch.no_grad()
    def outputs(self, data: PreparedData, pixels: Rows) -> tuple[np.ndarray, np.ndarray]:
        """Features `(items, 64)` and probabilities `(items, outputs)` of images uint8 `(items, h, w, c)`."""
        batches, step = [], items_at_once(math.prod(pixels.shape[1:]))
        for start in range(0, len(pixels), step):
            features = self.network[:-2](data.images(pixels[start : start + step])).float()
            batches.append((features.cpu().numpy(), self.network[-2:](features).softmax(1).cpu().numpy()))
        features, probabilities = zip(*batches, strict=True)
        return np.concatenate(features), np.concatenate(probabilities)

    def features(self, data: PreparedData, pixels: Rows) -> np.ndarray:
        """Features `(items, 64)` of images uint8 `(items, height, width, channels)`."""
        return self.outputs(data, pixels)[0]

    def classify(self, data: PreparedData, pixels: Rows) -> np.ndarray:
        """The predicted class numbers `(items,)` of images uint8 `(items, height, width, channels)`."""
        return self.outputs(data, pixels)[1].argmax(1)


def feature_network(data: PreparedData) -> FeatureNetwork:
    """The feature network of a dataset: trained on first use, then cached in memory and on disk.

    It depends on the training data alone: other data that is evaluated, with or without labels, is compared
    in the features of the same network as the run's own test part.
    """
    owner = data.training or data
    labeled = "label" in owner.preparation and "label" in owner.arrays
    classes = list(owner.preparation["label"].names) if labeled else []
    key = _key(owner, classes)
    if key not in _networks:
        shape = owner.preparation["image"].shape
        with torch.inference_mode(False), torch.enable_grad(), preserved_random_state(0):
            body = build_network("cnn", shape, FEATURES)
            network = nn.Sequential(body, nn.ReLU(), nn.Linear(FEATURES, len(classes) or 4)).to(data.device)
            _load_or_train(network, owner, key, bool(classes))
        _networks[key] = FeatureNetwork(network.eval().requires_grad_(False), classes, data.device)
    return _networks[key]


def _key(data: PreparedData, classes: list[str]) -> str:
    """A digest of everything that the network depends on: the training images and, with classes, labels."""
    train = np.ascontiguousarray(data.parts["train"], np.int64)
    labels = np.ascontiguousarray(data.arrays["label"][train], np.int64).tobytes() if classes else b""
    settings = json.dumps([data.preparation.to_json(), classes], sort_keys=True)
    text = f"2 {data.device.type} {data.dataset.fingerprint} {settings}"
    return hashlib.blake2b(text.encode() + train.tobytes() + labels, digest_size=16).hexdigest()


def _load_or_train(network: nn.Sequential, data: PreparedData, key: str, labeled: bool) -> None:
    path = cache_folder() / "feature-networks" / f"{key}.safetensors"
    if path.exists() and _load(network, path):
        mark_used(path)
        return
    _train(network, data, labeled)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        save_checkpoint(path, network.state_dict(), {"format": 1})
        trim_cache()
    except (OSError, RunError):  # no space or no write permission: train again next time
        return


def _load(network: nn.Sequential, path: Path) -> bool:
    """Loads the weights of a file; a damaged file, or one of another network, is removed."""
    try:
        weights = load_checkpoint(path)[0]
    except RunError:
        weights = {}
    sizes = {name: tensor.shape for name, tensor in network.state_dict().items()}
    if {name: tensor.shape for name, tensor in weights.items()} != sizes:
        path.unlink(missing_ok=True)
        return False
    network.load_state_dict(weights)
    return True


def _train(network: nn.Sequential, data: PreparedData, labeled: bool) -> None:
    def loss(batch: Batch) -> tuple[Tensor, Mapping[str, Tensor]]:
        x, y = (batch.image, batch.label) if labeled else _rotated(batch.image)
        return cross_entropy(network(x).float(), y), {}

    source = data.source("train", 128, seed=0)
    steps = min(MAX_STEPS, max(MIN_STEPS, EPOCHS * source.batches_per_epoch))
    optimizer = Optimizer("adamw", 4e-3, weight_decay=0.01)
    player = Player("feature_network", network, loss, optimizer, schedule=one_cycle)
    precision = choose_precision("auto", data.device, {"feature_network": network})
    network.train()
    with progress.step("training the feature network, once, then cached", steps) as training:
        for number in range(steps):
            player.set_lr(number / steps)
            player.step(source.next(), lambda: precision_context(data.device, precision))
            training.advance()


def _rotated(image: Tensor) -> tuple[Tensor, Tensor]:
    """Each image in one of four orientations, with their numbers: rotated if square, otherwise flipped."""
    orientation = torch.arange(len(image), device=image.device) % 4
    if image.shape[2] == image.shape[3]:
        versions = [torch.rot90(image, quarters, (2, 3)) for quarters in range(4)]
    else:
        versions = [image, image.flip(2), image.flip(3), image.flip(2, 3)]
    return torch.stack(versions)[orientation, torch.arange(len(image), device=image.device)], orientation
