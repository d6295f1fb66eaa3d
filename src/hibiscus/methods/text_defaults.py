"""How supervised methods learn from texts where options are left out."""

from __future__ import annotations

import math
from typing import Any

from hibiscus.data.preparation import Preparation
from hibiscus.errors import ConfigError
from hibiscus.methods.token_dropout import NO_DROPOUT

__all__ = ["TEXT_NETWORK", "text_defaults", "text_epochs"]

TEXT_NETWORK = "conv1d"
# Chosen on validation parts of rt-polarity and Reuters R8, one or two seeds. On rt-polarity, phrases of one
# to three words instead of three to five, token dropout and averaged weights gave 77 instead of 75.3 %.
WIDTHS = [1, 2, 3]
TOKEN_DROPOUT = 0.4
EMA_DECAY = 0.99
MEMBERS, FEW = 3, 20_000  # of an ensemble, for fewer training texts than these
# Two classes are overfitted at 5e-3 (75.3 % of rt-polarity); eight are not (97.2 instead of 95.3 % of R8).
MORE_CLASSES = 5e-3
STEPS, FAST_STEPS = 550, 330  # of the training, by default, and with the learning rate of more classes
MIN_EPOCHS, MAX_EPOCHS = 3, 30


def text_defaults(
    config: Any, preparation: Preparation, net: str, items: int | None, batch_size: int
) -> dict[str, Any]:
    """The options of the training on texts that were not given; none for other data.

    Args:
        config: the options as given, of a supervised method.
        preparation: what was learned from the training part.
        net: the chosen network.
        items: the number of items in the training part.
        batch_size: of the training.

    Raises:
        ConfigError: `token_dropout` for other data.
    """
    if "text" not in preparation:
        if config.token_dropout:
            received = f"token_dropout={config.token_dropout} on data without texts as tokens"
            raise ConfigError(received, "texts", "leave token_dropout out")
        return {}
    if net in NO_DROPOUT:
        return {"token_dropout": config.token_dropout or 0.0, "ensemble": config.ensemble or 1}
    fast = net == TEXT_NETWORK and "label" in preparation and preparation["label"].num_classes > 2
    steps = FAST_STEPS if fast and config.learning_rate is None else STEPS
    defaults = {
        "epochs": text_epochs(items or 10_000, batch_size, steps),
        "token_dropout": TOKEN_DROPOUT,
        "ema_decay": EMA_DECAY,
        "ensemble": MEMBERS if (items or 0) < FEW else 1,
    }
    if fast and config.optimizer in ("auto", "adamw"):
        defaults["learning_rate"] = MORE_CLASSES
    given = {name for name in config.model_fields_set if getattr(config, name) is not None}
    chosen = {name: value for name, value in defaults.items() if name not in given}
    if config.net == "auto" and net == TEXT_NETWORK and not {"widths"} & config.net_options.keys():
        chosen["net_options"] = {**config.net_options, "widths": WIDTHS}
    return chosen


def text_epochs(items: int, batch_size: int, steps: int = STEPS) -> int:
    """The default number of epochs: so many steps, but each text at least three and at most 30 times."""
    return min(MAX_EPOCHS, max(MIN_EPOCHS, round(steps / math.ceil(items / batch_size))))
