"""The options of `classify`, and its loss for single and for several labels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator
from torch import Tensor

from hibiscus.data.preparation import Preparation
from hibiscus.errors import ConfigError
from hibiscus.losses import (
    balanced_cross_entropy,
    balanced_weights,
    binary_cross_entropy,
    cross_entropy,
    focal,
)
from hibiscus.methods.classify import decisions
from hibiscus.methods.classify.several_labels import label_loss
from hibiscus.methods.supervised import SupervisedConfig

__all__ = ["ClassifyConfig", "check_objective", "classification_loss"]

Alpha = Annotated[float, Field(ge=0, le=100)]


class ClassifyConfig(SupervisedConfig):
    """Options of `classify`."""

    loss: Literal["cross-entropy", "focal"] = Field("cross-entropy", description="the loss to minimize")
    class_weight: Literal["none", "balanced"] = Field(
        "none", description="weight of an item: 1, or inversely proportional to the size of its class"
    )
    sampling: Literal["shuffled", "balanced"] = Field(
        "shuffled", description="an epoch: each item once, or equally many items of each class"
    )
    label_smoothing: float = Field(
        0.0,
        ge=0,
        lt=1,
        description="probability mass of the target that is spread evenly over all classes; default: 0.1 for "
        "small images with net=cnn, tables with net=realmlp and fine-tuning on few photos, else 0",
    )
    focal_gamma: float = Field(2.0, ge=0, description="focal loss: exponent gamma, which favors hard items")
    focal_alpha: float | None = Field(
        None, gt=0, lt=1, description="focal loss, two classes: weight of the second; default: by frequency"
    )
    mixup: Alpha = Field(
        0.0, description="mixup: alpha of the Beta distribution of the mixing weight; 0 for none"
    )
    cutmix: Alpha = Field(0.0, description="CutMix: alpha of the Beta distribution of the area; 0 for none")
    calibrate: decisions.Calibrate = False
    threshold: decisions.Threshold = "auto"

    def chosen_on_validation(self) -> str:
        """The temperature and the threshold between classes are."""
        return decisions.chosen_on_validation(self)

    @model_validator(mode="before")
    @classmethod
    def _balanced_loss(cls, values: Any) -> Any:
        """`loss=balanced`, as earlier versions spell it, is cross-entropy with `class_weight=balanced`."""
        if not isinstance(values, Mapping) or values.get("loss") != "balanced":
            return values
        if values.get("class_weight", "balanced") != "balanced":
            expected = "one of the two: loss=balanced is the former spelling of class_weight=balanced"
            raise ConfigError(
                f"loss=balanced with class_weight={values['class_weight']}", expected, "omit loss"
            )
        return {**values, "loss": "cross-entropy", "class_weight": "balanced"}


def check_objective(config: ClassifyConfig, preparation: Preparation) -> None:
    """Checks options that exclude each other, or need other data.

    Raises:
        ConfigError: such a combination.
    """
    several = "labels" in preparation
    if config.loss == "focal" and config.label_smoothing:
        raise ConfigError("label_smoothing with loss=focal", "one of the two", "omit label_smoothing")
    if config.focal_alpha and (several or preparation["label"].num_classes != 2):
        raise ConfigError(f"focal_alpha={config.focal_alpha}", "two classes", "omit focal_alpha")
    if config.focal_alpha and config.class_weight == "balanced":
        raise ConfigError("class_weight=balanced with focal_alpha", "one of the two", "omit focal_alpha")
    if config.sampling == "balanced" and several:
        expected = "data with one label for each item"
        raise ConfigError("sampling=balanced with several labels", expected, "use class_weight=balanced")
    if config.sampling == "balanced" and config.class_weight == "balanced":
        raise ConfigError("sampling=balanced with class_weight=balanced", "one of the two", "omit either")
    if (config.mixup or config.cutmix) and preparation.fields.keys() & {"image", "table", "array"} != {
        "image"
    }:
        raise ConfigError("mixup or cutmix on other inputs than images", "images alone", "omit them")


def classification_loss(
    logits: Tensor, label: Tensor, counts: Tensor, items: int, config: ClassifyConfig
) -> Tensor:
    """The loss of `logits` against the labels; scalar, nats, linear in the targets.

    Args:
        logits: (batch, outputs).
        label: class numbers (batch,), or zeros and ones (batch, labels) of several labels.
        counts: the number of training items with each class or label, as the source draws them.
        items: the number of training items.
        config: the options.
    """
    if label.ndim == 2:
        return label_loss(logits, label, counts, items, config)
    if config.loss == "focal":
        alpha = balanced_weights(counts) if config.focal_alpha is None else config.focal_alpha
        return focal(logits, label, alpha=alpha, gamma=config.focal_gamma)
    if config.class_weight == "balanced":
        return balanced_cross_entropy(logits, label, counts, label_smoothing=config.label_smoothing)
    loss = binary_cross_entropy if logits.shape[1] == 1 else cross_entropy
    return loss(logits, label, label_smoothing=config.label_smoothing)
