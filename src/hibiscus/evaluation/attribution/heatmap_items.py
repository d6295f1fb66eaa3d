"""Report items of an image classifier: Grad-CAM of right predictions and of the most confident errors."""

from __future__ import annotations

import copy
from collections.abc import Sequence

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from hibiscus.data.prepared import INPUTS, PreparedData, evenly_spaced
from hibiscus.evaluation.attribution.feature_maps import deepest_map_layer
from hibiscus.evaluation.attribution.grad_cam import grad_cam
from hibiscus.evaluation.attribution.image_explanations import ImageExplainer
from hibiscus.evaluation.attribution.scores import ClassScores, Explained
from hibiscus.evaluation.draw_heatmaps import overlay_heat
from hibiscus.evaluation.items import Gallery

__all__ = ["heatmap_items"]

RIGHT, WRONG = 6, 6  # images
SIDE = 160  # pixels, to which larger images are reduced
HOW = "Bright: what raises the score of the class (Grad-CAM of layer {}). hibiscus visualize shows more."


def heatmap_items(
    network: nn.Module, data: PreparedData, part: str, classes: Sequence[str], probabilities: np.ndarray
) -> list[Gallery]:
    """Heatmaps of a few images, if the items are images of one class each and the network has maps.

    Args:
        network: with one output for each class, or one for two classes; in evaluation mode.
        data: with images and labels.
        part: the name of the part.
        classes: the names of the classes.
        probabilities: of the classes, `(items, classes)`.
    """
    if [name for name in INPUTS if name in data.arrays] != ["image"] or "label" not in data.arrays:
        return []
    label, predicted = data.values("label", part), probabilities.argmax(1)
    right, wrong = np.flatnonzero(predicted == label), np.flatnonzero(predicted != label)
    right = right[evenly_spaced(len(right), RIGHT)]
    wrong = wrong[np.argsort(-probabilities.max(1)[wrong], kind="stable")][:WRONG]
    positions, chosen = np.concatenate([right, wrong]), copy.copy(data)
    chosen.parts = {"shown": data.parts[part][positions]}
    if not len(chosen.parts["shown"]):
        return []
    explainer = ImageExplainer(Explained(network, ClassScores(classes)), chosen, "shown")
    items = [inputs for _, inputs in explainer.items(RIGHT + WRONG)]
    layers = [layer for layer in explainer.layers(items[0]) if layer.shape[1] * layer.shape[2] > 1]
    if not layers:
        return []
    name = deepest_map_layer(layers)
    originals: np.ndarray = chosen.values("image", "shown")
    images, captions = [], []
    for item, inputs in enumerate(items):
        position = int(positions[item])
        pixels = originals[item]
        numbers = list(dict.fromkeys([int(predicted[position]), int(label[position])]))
        drawn = [overlay_heat(pixels, _cam(explainer, inputs, number, name))[0] for number in numbers]
        images.append([_reduced(image) for image in (pixels, *drawn)])
        confidence = f"predicted {classes[numbers[0]]} ({probabilities[position].max():.0%})"
        texts = [f"{chosen.ids('shown')[item]}: {classes[label[position]]}", confidence]
        captions.append([*texts, *(f"true class {classes[number]}" for number in numbers[1:])])
    return _galleries(images, captions, len(right), HOW.format(name))


def _cam(explainer: ImageExplainer, inputs: dict[str, Tensor], number: int, layer: str) -> np.ndarray:
    """The Grad-CAM map of a class."""
    forward, image = explainer.call(inputs), inputs["image"]
    assert explainer.explained.scores is not None
    with torch.no_grad():
        fixed = explainer.explained.scores.fixed(forward(image), number)
    found = grad_cam(lambda images: fixed(forward(images)), explainer.network.get_submodule(layer), image)
    return found[0].cpu().numpy()


def _galleries(
    images: list[list[np.ndarray]], captions: list[list[str]], right: int, note: str
) -> list[Gallery]:
    titles = ("Where the network looks: right predictions", "Where the network looks: most confident errors")
    found = []
    for title, group, rows in ((titles[0], 2, slice(0, right)), (titles[1], 3, slice(right, None))):
        if images[rows]:
            flat = [image for shown in images[rows] for image in shown]
            texts = [text for shown in captions[rows] for text in shown]
            found.append(Gallery(title, flat, texts, note, group=group))
    return found


def _reduced(pixels: np.ndarray) -> np.ndarray:
    """The image as uint8 `(height, width, 3)`, at most SIDE pixels long."""
    image = Image.fromarray(np.repeat(pixels, 3, axis=2) if pixels.shape[2] == 1 else pixels[..., :3])
    image.thumbnail((SIDE, SIDE))
    return np.array(image)
