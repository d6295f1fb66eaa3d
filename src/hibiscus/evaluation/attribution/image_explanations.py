"""Explanations of single images: attribution maps of their scores, and activations and filters of layers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from hibiscus.data.prepared import INPUTS, PreparedData
from hibiscus.evaluation.attribution.feature_maps import MapLayer, activations, find_layer, map_layers
from hibiscus.evaluation.attribution.filter_images import before_activation, filter_images
from hibiscus.evaluation.attribution.grad_cam import class_activation
from hibiscus.evaluation.attribution.grad_cam_plus_plus import class_activation_plus_plus
from hibiscus.evaluation.attribution.integrated_gradients import integrated_gradients
from hibiscus.evaluation.attribution.map_gradient import Score, map_gradient
from hibiscus.evaluation.attribution.occlusion import occlusion
from hibiscus.evaluation.attribution.randomized_weights import check_randomized
from hibiscus.evaluation.attribution.scores import Explained

__all__ = ["SIGNED", "FilterImages", "Heatmap", "ImageExplainer", "LayerActivations"]

SIGNED = ("integrated-gradients", "occlusion")  # kinds of maps with values below 0
CAMS = {"grad-cam": class_activation, "grad-cam++": class_activation_plus_plus}
PATCHES = 8  # of occlusion, along the shorter side
MAX_FILTER_SIDE = 112  # pixels of the image of a filter, if its layer does not need the size of training


@dataclass(frozen=True)
class Heatmap:
    """An attribution map of one score of one image.

    Args:
        item: position of the image.
        kind: `grad-cam`, `grad-cam++`, `integrated-gradients` or `occlusion`.
        name: of the score, such as the class.
        amount: of it that was predicted, such as the probability.
        values: float32 (rows, columns).
        checks: numbers that show how far the map can be trusted.
    """

    item: int
    kind: str
    name: str
    amount: float
    values: np.ndarray
    checks: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class LayerActivations:
    """The maps of a layer for one image: the channels with the largest mean, in their order.

    Args:
        item: position of the image.
        layer: with the number of all channels.
        channels: the numbers of those that are shown.
        values: float32 (channels, rows, columns).
    """

    item: int
    layer: MapLayer
    channels: list[int]
    values: np.ndarray


@dataclass(frozen=True)
class FilterImages:
    """Images to which channels of a layer respond most, uint8 (channels, height, width, 1 or 3)."""

    layer: MapLayer
    channels: list[int]
    images: np.ndarray


class ImageExplainer:
    """Explains the images of a part one after another.

    Args:
        explained: the network and its scores.
        data: prepared images; other inputs of the network are kept as they are.
        part: the name of the part.
    """

    def __init__(self, explained: Explained, data: PreparedData, part: str):
        self.explained, self.data, self.part = explained, data, part
        self.network, self.prepared = explained.network, data.preparation["image"]

    def items(self, limit: int) -> Iterator[tuple[int, dict[str, Tensor]]]:
        """The inputs of each item, in batches of one, with its position."""
        position = 0
        for batch in self.data.iterate(self.part):
            for row in range(batch.size):
                if position >= limit:
                    return
                yield position, {name: batch[name][row : row + 1] for name in INPUTS if name in batch}
                position += 1

    def call(self, inputs: dict[str, Tensor], network: nn.Module | None = None) -> Callable[[Tensor], Any]:
        """The network as a function of copies of an image; its other inputs are those of the item."""
        module = self.network if network is None else network

        def forward(images: Tensor) -> Any:
            values = [
                images if name == "image" else value.expand(len(images), *value.shape[1:])
                for name, value in inputs.items()
            ]
            return module(*values)

        return forward

    def layers(self, inputs: dict[str, Tensor]) -> list[MapLayer]:
        """The layers of the network with maps."""
        return map_layers(self.network, lambda: self.call(inputs)(inputs["image"]))

    def heatmaps(
        self, item: int, inputs: dict[str, Tensor], kinds: Sequence[str], index: int | None, layer: str
    ) -> list[Heatmap]:
        """The attribution maps of an image.

        Args:
            item: its position.
            inputs: of the item.
            kinds: of the maps.
            index: of the score; by default those that are shown for the item's outputs.
            layer: for Grad-CAM.
        """
        scores, image = self.explained.scores, inputs["image"]
        if scores is None:
            return []
        with torch.no_grad():
            outputs = self.call(inputs)(image)
        amounts = scores.amounts(outputs)
        chosen = scores.defaults(outputs) if index is None else [index]
        found = []
        for number in chosen:
            fixed, anywhere = scores.fixed(outputs, number), scores.anywhere(outputs, number)
            for kind in kinds:
                score = anywhere if kind == "grad-cam++" else fixed  # it is made for several objects
                values, checks = self._heatmap(kind, inputs, score, layer)
                amount = float(amounts[number])
                found.append(Heatmap(item, kind, scores.names[number], amount, values, checks))
        return found

    def _heatmap(
        self, kind: str, inputs: dict[str, Tensor], score_of: Callable[[Any], Tensor], layer: str
    ) -> tuple[np.ndarray, dict[str, Any]]:
        image = inputs["image"]

        def score(network: nn.Module | None = None) -> Score:
            forward = self.call(inputs, network)
            return lambda images: score_of(forward(images))

        if kind in CAMS:
            local = self.explained.scores is not None and self.explained.scores.local

            def heatmap(network: nn.Module) -> Tensor:
                maps, gradient = map_gradient(score(network), network.get_submodule(layer), image)
                found = CAMS[kind](maps, gradient, local)[0]
                return found.where((gradient != 0).any(1)[0], torch.nan) if local else found

            pairs = check_randomized(self.network, heatmap)
            checks = {"correlation_with_random_weights": [[round(x, 4) for x in pair] for pair in pairs]}
            return heatmap(self.network).nan_to_num(0).cpu().numpy(), {"layer": layer, **checks}
        if kind == "integrated-gradients":
            result = integrated_gradients(score(), image)
            checks = {"sum": float(result.sums[0]), "score_difference": float(result.difference[0])}
            checks |= {"completeness_error": float(result.errors[0]), "steps": result.steps}
            return result.attributions[0].sum(0).cpu().numpy(), checks
        size = max(1, round(min(image.shape[2:]) / PATCHES))
        return occlusion(score(), image, size).cpu().numpy(), {"patch": size}

    def activations(
        self, item: int, inputs: dict[str, Tensor], layers: Sequence[MapLayer], limit: int
    ) -> list[LayerActivations]:
        """The activations of layers for an image, of at most `limit` channels each."""
        names = [layer.name for layer in layers]
        maps = activations(self.network, names, lambda: self.call(inputs)(inputs["image"]))
        found = []
        for layer in layers:
            values = maps[layer.name][0].float()
            channels = strongest(values[None], limit)
            found.append(LayerActivations(item, layer, channels, values[channels].cpu().numpy()))
        return found

    def filters(self, inputs: dict[str, Tensor], layer: str, channels: Sequence[int]) -> FilterImages:
        """The images to which channels of a layer respond most."""
        layers = self.layers(inputs)
        find_layer(self.network, layer, layers)
        module, at_input = before_activation(self.network, layer, layers)
        shape, mean, std = self.prepared.shape, self.prepared.mean, self.prepared.std
        factor = min(1.0, MAX_FILTER_SIDE / max(shape[1:]))
        size = (shape[0], max(8, round(shape[1] * factor)), max(8, round(shape[2] * factor)))
        mean, std = (torch.tensor(v, device=inputs["image"].device).view(1, -1, 1, 1) for v in (mean, std))
        images = filter_images(
            self.call(inputs),
            module,
            channels,
            size,
            lambda pixels: (pixels - mean) / std,
            at_input=at_input,
            device=inputs["image"].device,
        )
        pixels = images.permute(0, 2, 3, 1).mul(255).round().to(torch.uint8).cpu().numpy()
        return FilterImages(next(one for one in layers if one.name == layer), list(channels), pixels)


def strongest(maps: Tensor, limit: int) -> list[int]:
    """The channels of maps (items, channels, rows, columns) with the largest mean, by their numbers."""
    means = maps.float().mean((0, 2, 3))
    return sorted(means.argsort(descending=True)[:limit].tolist())
