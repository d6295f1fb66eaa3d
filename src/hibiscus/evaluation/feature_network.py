"""A judge of images: a small network trained on a person's own training part, apart from the method that it judges.

Where there are labels it learns to tell the classes, so it can also read which class a made image shows; elsewhere it learns which
way up an image is (Gidaris, Singh, Komodakis, 2018, arXiv 1803.07728). Its 64 features are what distances between real and made
images are measured in. They are not Inception's, and such distances are not comparable to published ones.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from hibiscus.data.batch import Batch
from hibiscus.data.images.cache import cache_folder
from hibiscus.data.prepared import PreparedData
from hibiscus.errors import RunError
from hibiscus.losses import cross_entropy
from hibiscus.networks.registry import build_network
from hibiscus.training.checkpoint import load_checkpoint, save_checkpoint
from hibiscus.training.device import choose_precision, precision_context
from hibiscus.training.optimizers import Optimizer
from hibiscus.training.player import Player
from hibiscus.training.schedules import one_cycle

__all__ = ["FeatureNetwork", "get_feature_network"]

FEATURES, EPOCHS, LEAST_STEPS, MOST_STEPS = 64, 3, 300, 1500
_known: dict[str, FeatureNetwork] = {}


@dataclass
class FeatureNetwork:
    """What was learned from the training part.

    Args:
        network: from images to logits; all but its last two layers give the features.
        classes: what it reads, empty where it knows no labels.
        device: where it is computed.
    """

    network: nn.Sequential
    classes: list[str]
    device: torch.device

    @torch.no_grad()
    def look(self, data: PreparedData, pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Features `(items, 64)` and probabilities of what it reads `(items, outputs)` of images uint8 `(items, h, w, channels)`."""
        found = []
        for start in range(0, len(pixels), 512):
            features = self.network[:-2](data.images(pixels[start : start + 512])).float()
            found.append((features.cpu().numpy(), self.network[-2:](features).softmax(1).cpu().numpy()))
        return np.concatenate([one for one, _ in found]), np.concatenate([other for _, other in found])


def get_feature_network(data: PreparedData) -> FeatureNetwork:
    """The judge of a data set; trained when it is first asked for, then kept in memory and in the cache folder."""
    classes = list(data.preparation["label"].names) if "label" in data.preparation and "label" in data.arrays else []
    owner = data.training or data
    key = _key(owner)
    if key not in _known:
        channels, height, width = owner.preparation["image"].shape
        cuda = [data.device] if data.device.type == "cuda" else []
        with torch.inference_mode(False), torch.enable_grad(), torch.random.fork_rng(devices=cuda):
            torch.manual_seed(0)
            body = build_network("cnn", (channels, height, width), FEATURES)
            network = nn.Sequential(body, nn.ReLU(), nn.Linear(FEATURES, len(classes) or 4)).to(data.device)
            _fill(network, owner, key, bool(classes))
        _known[key] = FeatureNetwork(network.eval().requires_grad_(False), classes, data.device)
    return _known[key]


def _key(data: PreparedData) -> str:
    parts = np.ascontiguousarray(data.parts["train"], np.int64).tobytes()
    text = data.dataset.fingerprint + json.dumps(data.preparation.to_json(), sort_keys=True)
    return hashlib.blake2b(f"1 {data.device.type} {text}".encode() + parts, digest_size=16).hexdigest()


def _fill(network: nn.Sequential, data: PreparedData, key: str, labelled: bool) -> None:
    """Gives the network its weights: from the cache folder, or by training it."""
    path = cache_folder() / "judges" / f"{key}.safetensors"
    if path.exists():
        try:
            network.load_state_dict(load_checkpoint(path)[0])
        except RunError:
            path.unlink(missing_ok=True)  # cut short or altered: made anew
        else:
            return
    _train(network, data, labelled)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        save_checkpoint(path, network.state_dict(), {"format": 1})
    except (OSError, RunError):  # no room or no right to write: it is trained again another time
        return


def _train(network: nn.Sequential, data: PreparedData, labelled: bool) -> None:
    def loss(batch: Batch) -> tuple[Tensor, Mapping[str, Tensor]]:
        x, y = (batch.image, batch.label) if labelled else _turned(batch.image)
        return cross_entropy(network(x).float(), y), {}

    source = data.source("train", 128, seed=0)
    steps = min(MOST_STEPS, max(LEAST_STEPS, EPOCHS * source.batches_per_epoch))
    player = Player("judge", network, loss, Optimizer("adamw", 4e-3, weight_decay=0.01), schedule=one_cycle)
    precision = choose_precision("auto", data.device, {"judge": network})
    network.train()
    for step in range(steps):
        player.set_lr(step / steps)
        player.step(source.next(), lambda: precision_context(data.device, precision))


def _turned(image: Tensor) -> tuple[Tensor, Tensor]:
    """Images each turned one of four ways, and which: quarter turns where they are square, else mirrored in both directions."""
    way = torch.arange(len(image), device=image.device) % 4
    if image.shape[2] == image.shape[3]:
        ways = [torch.rot90(image, turn, (2, 3)) for turn in range(4)]
    else:
        ways = [image, image.flip(2), image.flip(3), image.flip(2, 3)]
    return torch.stack(ways)[way, torch.arange(len(image), device=image.device)], way
