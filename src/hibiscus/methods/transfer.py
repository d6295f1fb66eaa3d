"""Transfer learning from a pretrained base: the ways, and what `auto` chooses for given data.

    features   the features of all images are computed once and cached, and a head is trained on them: seconds
    frozen     a head is trained on augmented images; the base runs on each of them, but does not change
    fine-tune  a head as in `features`, then the deepest blocks of the base with the head: most accurate

The first blocks of a base detect edges and textures, which all photos have; the deepest are specific to the
classes that it was trained on. Fine-tuning therefore changes the deepest blocks first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hibiscus.errors import ConfigError
from hibiscus.methods.sentence_transfer import SENTENCE, choose_sentence_transfer
from hibiscus.networks.base_names import has_description
from hibiscus.networks.bases import EFFICIENTNET, PUBLISHED, BaseDescription, build_base
from hibiscus.networks.input_shapes import check_outputs, fraction
from hibiscus.networks.transfer_network import TransferNetwork
from hibiscus.training.pretrained import is_installed, load_pretrained

__all__ = [
    "BASE",
    "HEAD",
    "MODES",
    "build_transfer",
    "choose_transfer",
    "describe_transfer",
    "photo_size",
    "suits_transfer",
    "transfer_settings",
]

Shape = tuple[int, ...]
BASE = EFFICIENTNET.source
MIN_SIDE = 64  # pixels; smaller images are no photos
SIZES = (160, 224)  # pixels: the smallest that gives good features, and that of the pretraining
MAX_ITEMS = 50_000  # with more, training from scratch is as good
MAX_TUNED = 5_000  # images that auto fine-tunes: about 20 minutes on two CPU cores


@dataclass(frozen=True)
class Settings:
    """Defaults of the options of these names for one way of transfer, with AdamW."""

    epochs: int
    batch_size: int
    learning_rate: float
    weight_decay: float


HEAD = Settings(30, 64, 1e-3, 1.0)
MODES = {
    "features": HEAD,
    "frozen": Settings(10, 32, 1e-3, 1.0),
    "fine-tune": Settings(10, 32, 1e-3, 0.01),
}
FEW_ITEMS = 1000  # training images; with fewer, and a validation part too small to tell epochs apart:
# a head on hundreds of features soon fits every training image, and its loss vanishes. What is left of the
# gradient is noise, which Adam scales up: without label smoothing, fine-tuning begins by shaking the base.
HEAD_LR_FACTOR, LABEL_SMOOTHING = 0.1, 0.1


def suits_transfer(shape: Shape, items: int | None) -> bool:
    """Whether images (channels, height, width) may be photos, and few enough to profit from a base."""
    return shape[0] == 3 and min(shape[1:]) >= MIN_SIDE and (items or 0) < MAX_ITEMS


def choose_transfer(config: Any, shape: Shape | None, items: int | None) -> tuple[str, str]:
    """The base and the way of transfer: `none` to train a network from scratch.

    Of texts, `net=sentence` has a base, see `sentence_transfer`.

    Args:
        config: the options of a supervised method.
        shape: of the images, (channels, height, width); None for data that is more, or other, than images.
        items: of the training part.

    Raises:
        ConfigError: transfer learning was requested for other data than images, or for a network that has no
            trained weights.
    """
    net, mode = config.net, config.transfer
    if net == SENTENCE and shape is None:
        return net, choose_sentence_transfer(config, items)
    if mode == "none":
        return net, "none"
    is_base = net in PUBLISHED or has_description(net, config.net_options)
    if shape is None or not (net == "auto" or is_base):
        if mode == "auto":
            return net, "none"
        received = f"transfer={mode} " + ("on data other than images" if shape is None else f"with net={net}")
        expected = f"images and a base with trained weights, such as net={BASE}"
        raise ConfigError(received, expected, "leave out net, or use transfer=none")
    if net == "auto" and mode == "auto" and not (suits_transfer(shape, items) and is_installed(BASE)):
        return net, "none"
    if net in ("auto", BASE) and not is_installed(BASE):
        load_pretrained(BASE)  # says how to install it
    if mode == "auto":
        mode = "fine-tune" if (items or 0) <= MAX_TUNED else "features"
    return (BASE if net == "auto" else net), mode


def transfer_settings(
    config: Any, mode: str, items: int | None = None, single_label: bool = False
) -> dict[str, Any]:
    """The options that a way of transfer sets unless they were given.

    Args:
        config: the options of a supervised method.
        mode: the way of transfer.
        items: of the training part, if their number is known.
        single_label: whether each item has one class.

    Raises:
        ConfigError: an option that has no effect with this way of transfer.
    """
    given, defaults = config.model_fields_set, dict(vars(MODES[mode]))
    if mode == "fine-tune" and items is not None and items < FEW_ITEMS:
        defaults |= _few_items_settings(config, single_label)
    changes = {name: value for name, value in defaults.items() if name not in given}
    changes["optimizer"] = "adamw" if config.optimizer == "auto" else config.optimizer
    if mode == "features":
        if config.augment not in ("auto", "none") or config.build_augment().active:
            received = "augmentation with transfer=features, which computes the features of each image once"
            fix = "transfer=frozen or transfer=fine-tune, or leave it out"
            raise ConfigError(received, "no augmentation", fix)
        changes["augment"] = "none"
    return changes | {"transfer": mode}


def _few_items_settings(config: Any, single_label: bool) -> dict[str, Any]:
    """Further defaults of fine-tuning on few images; `docs/lab-notes.md` lists what they rest on."""
    settings: dict[str, Any] = {"head_lr_factor": HEAD_LR_FACTOR, "selected_epoch": "last"}
    if single_label and config.loss == "cross-entropy":
        settings["label_smoothing"] = LABEL_SMOOTHING
    return settings


def photo_size(longer_side: int) -> int:
    """The side to which photos are resized for a base: 1.4 times that of the files, in SIZES.

    Enlarged photos have more positions on the coarse maps: on flowers5, whose files have 160 pixels, features
    at 224 pixels gave 2 points more than at 160 (cross-validation of the training part).

    Args:
        longer_side: of the files, in pixels.
    """
    return min(max(32 * round(1.4 * longer_side / 32), SIZES[0]), SIZES[1])


def describe_transfer(config: Any) -> str:
    """The base and the way of transfer in one line, with how to turn it off; empty without transfer."""
    mode = getattr(config, "transfer", "none")
    if mode not in MODES:
        return ""
    if config.net == SENTENCE:
        other = (
            "features trains a linear layer alone" if mode == "fine-tune" else "fine-tune trains its layers"
        )
        return f"MiniLM with published weights, transfer={mode}; transfer={other}"
    return f"{config.net} with pretrained weights, transfer={mode}; transfer=none trains from scratch"


def build_transfer(
    name: str, shape: Any, outputs: int, base: Any = None, dropout: float = 0.2, **others: Any
) -> TransferNetwork:
    """A base with a new head; the weights of the base are loaded when a new run begins.

    Args:
        name: of the base.
        shape: of the images, (channels, height, width).
        outputs: number of outputs.
        base: its description, of one that was opened from a run, the hub or a file.
        dropout: dropout rate of the features.
        others: unknown options.

    Raises:
        ConfigError: an unknown option, or images that the base does not take.
    """
    for option in others:
        raise ConfigError(f"net.{option} with transfer learning", "net.dropout", "leave it out")
    backbone = build_base(name if base is None else BaseDescription.from_json(base), shape)
    return TransferNetwork(backbone, check_outputs(outputs), fraction("dropout", dropout))
