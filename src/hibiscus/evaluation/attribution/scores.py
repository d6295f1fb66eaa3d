"""What can be explained about a trained method: its network, and the scores that it computes for an item.

A score is a number before the softmax or sigmoid, since probabilities near 1 have almost no gradient. What it
depends on is fixed for one item, as computed from the item's own outputs: such as the anchor that detected an
object, which has to be the same along the path of integrated gradients.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

__all__ = [
    "ClassScores",
    "DetectionScores",
    "Explained",
    "ItemScores",
    "PixelScores",
    "Scores",
    "ValueScores",
]

MAX_SHOWN = 4  # classes of one image that are explained by default
MIN_FRACTION = 0.01  # of the pixels, from which a class is explained by default


class Scores:
    """The scores of an item; outputs are those of a network, of one item or of copies of it.

    Args:
        names: of the scores, such as the classes.
        quantity: what `amounts` returns: a probability, a value, a score or a fraction of pixels.
        local: whether a score is that of a place in the image, as of a detection.
    """

    def __init__(self, names: Sequence[str], quantity: str = "probability", local: bool = False):
        self.names, self.quantity, self.local = list(names), quantity, local

    def amounts(self, outputs: Any) -> Tensor:
        """How much of each of the names was predicted for an item, (names,)."""
        raise NotImplementedError

    def defaults(self, outputs: Any) -> list[int]:
        """The scores that are explained unless one is chosen, the most important first."""
        return [int(self.amounts(outputs).argmax())]

    def fixed(self, outputs: Any, index: int) -> Callable[[Any], Tensor]:
        """A score as a function of the outputs of copies of an item (copies, ...); returns (copies,)."""
        raise NotImplementedError

    def anywhere(self, outputs: Any, index: int) -> Callable[[Any], Tensor]:
        """The score of a class wherever it is in the image; `fixed` unless that is the score of a place."""
        return self.fixed(outputs, index)


@dataclass(frozen=True)
class Explained:
    """A network to explain.

    Args:
        network: as used for predictions.
        scores: of its outputs; None if only its layers can be shown.
        layer: the layer for Grad-CAM; by default the deepest one with a map.
    """

    network: nn.Module
    scores: Scores | None = None
    layer: str | None = None


class ItemScores:
    """One score for each of several items: the one that is shown for it, or the same for all.

    Args:
        scores: of the network.
        outputs: of the network for the items, (items, ...).
        index: of the score; by default the first that is shown for each item.
    """

    def __init__(self, scores: Scores, outputs: Tensor, index: int | None = None):
        each = [outputs[i : i + 1] for i in range(len(outputs))]
        self.numbers = [scores.defaults(one)[0] if index is None else index for one in each]
        self.names = [scores.names[number] for number in self.numbers]
        self.amounts = [float(scores.amounts(one)[n]) for one, n in zip(each, self.numbers, strict=True)]
        self._fixed = {number: scores.fixed(outputs[:1], number) for number in set(self.numbers)}

    def of(self, outputs: Tensor, items: Sequence[int]) -> Tensor:
        """The scores (copies,) of outputs (copies, ...), each of a copy of one of the items."""
        every = torch.stack([function(outputs) for function in self._fixed.values()], 1)
        position = {number: place for place, number in enumerate(self._fixed)}
        return every[torch.arange(len(outputs)), [position[self.numbers[item]] for item in items]]


class ClassScores(Scores):
    """The logits (copies, classes) of a classifier; a single logit is that of the second of two classes.

    Args:
        names: the classes or labels.
        several: whether an item may have several labels, each with a probability of its own.
        logits: computes the logits from the outputs, if these are something else.
    """

    def __init__(
        self,
        names: Sequence[str],
        several: bool = False,
        logits: Callable[[Tensor], Tensor] = lambda outputs: outputs,
    ):
        super().__init__(names)
        self.several, self.logits = several, logits

    def amounts(self, outputs: Tensor) -> Tensor:
        """The probability of each class."""
        logits = self.logits(outputs.float())[0].detach()
        if len(logits) == 1 and not self.several:
            logits = torch.cat([-logits, logits])
            return logits.sigmoid()
        return logits.sigmoid() if self.several else logits.softmax(0)

    def fixed(self, outputs: Tensor, index: int) -> Callable[[Tensor], Tensor]:
        """The logit of a class; with a single logit, its negative is that of the first class."""
        if self.logits(outputs).shape[1] == 1 and not self.several:
            return lambda new: self.logits(new.float())[:, 0] * (1 if index else -1)
        return lambda new: self.logits(new.float())[:, index]


class ValueScores(Scores):
    """The outputs (copies, targets) of a regressor, in standard deviations of the target.

    Args:
        names: of the targets.
        decode: converts outputs (items, targets) to the units of the targets.
    """

    def __init__(self, names: Sequence[str], decode: Callable[[Any], Any]):
        super().__init__(names, "value")
        self.decode = decode

    def amounts(self, outputs: Tensor) -> Tensor:
        """The predicted values."""
        return torch.as_tensor(self.decode(outputs.detach().float().cpu().numpy()))[0]

    def defaults(self, outputs: Tensor) -> list[int]:
        """The first target."""
        return [0]

    def fixed(self, outputs: Tensor, index: int) -> Callable[[Tensor], Tensor]:
        """The output for a target."""
        return lambda new: new.float()[:, index]


class DetectionScores(Scores):
    """The scores (copies, anchors, 1 + classes) of a detector, the background first.

    Args:
        names: the classes.
        threshold: the probability from which a box is reported.
    """

    def __init__(self, names: Sequence[str], threshold: float):
        super().__init__(names, "score", local=True)
        self.threshold = threshold

    def amounts(self, outputs: Any) -> Tensor:
        """The highest score of each class among the anchors."""
        return outputs[0].detach().float()[0].softmax(1)[:, 1:].amax(0)

    def defaults(self, outputs: Any) -> list[int]:
        """The classes with a reported box; otherwise the most probable one."""
        amounts = self.amounts(outputs)
        order = amounts.argsort(descending=True).tolist()
        return [index for index in order if amounts[index] >= self.threshold][:MAX_SHOWN] or order[:1]

    def fixed(self, outputs: Any, index: int) -> Callable[[Any], Tensor]:
        """Class minus background, of the anchor with the highest score of the class."""
        anchor = int(outputs[0].detach().float()[0].softmax(1)[:, 1 + index].argmax())
        return lambda new: new[0].float()[:, anchor, 1 + index] - new[0].float()[:, anchor, 0]

    def anywhere(self, outputs: Any, index: int) -> Callable[[Any], Tensor]:
        """Class minus background, by its smooth maximum over all anchors (log-sum-exp)."""
        return lambda new: (new[0].float()[..., 1 + index] - new[0].float()[..., 0]).logsumexp(1)


class PixelScores(Scores):
    """The scores (copies, classes, height, width) of a segmentation network, summed over pixels of a class.

    Reference: Vinogradova, Dibrov, Myers, "Towards Interpretable Semantic Segmentation via Gradient-weighted
        Class Activation Mapping", 2020, arXiv 2002.11434.
    """

    def __init__(self, names: Sequence[str]):
        super().__init__(names, "fraction of pixels", local=True)

    def amounts(self, outputs: Tensor) -> Tensor:
        """The fraction of pixels of each class."""
        predicted = outputs.detach()[0].argmax(0).flatten()
        return torch.bincount(predicted, minlength=len(self.names)).float() / len(predicted)

    def defaults(self, outputs: Tensor) -> list[int]:
        """The most frequent classes."""
        amounts = self.amounts(outputs)
        order = amounts.argsort(descending=True).tolist()
        return [index for index in order if amounts[index] >= MIN_FRACTION][:MAX_SHOWN]

    def fixed(self, outputs: Tensor, index: int) -> Callable[[Tensor], Tensor]:
        """The sum over the pixels predicted as the class; over all pixels if there are none."""
        pixels = outputs.detach()[0].argmax(0) == index
        pixels = pixels if pixels.any() else torch.ones_like(pixels)
        return lambda new: (new.float()[:, index] * pixels).sum((1, 2))
