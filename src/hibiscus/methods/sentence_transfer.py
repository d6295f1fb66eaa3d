"""The ways in which `net=sentence` learns from MiniLM: on its features, or by training its layers too.

- `features`: the features of all texts are computed once and cached, and a head is trained on them: seconds.
- `fine-tune`: the layers, or the last ones, are trained with a new head, with a smaller learning rate per
  depth: minutes.
"""

from __future__ import annotations

from typing import Any

from hibiscus.errors import ConfigError
from hibiscus.networks.minilm import LAYERS

__all__ = ["SENTENCE", "choose_sentence_transfer", "sentence_network_options", "sentence_settings"]

SENTENCE = "sentence"
MODES = ("features", "fine-tune")
MAX_TUNED = 10_000  # texts that auto fine-tunes: 4 to 45 minutes on one CPU core, by their lengths
# Chosen on the validation part of rt-polarity, one seed; docs/sentence-embeddings.md has the figures.
FINE_TUNING: dict[str, Any] = {
    "epochs": 2,
    "batch_size": 32,
    "learning_rate": 5e-5,
    "weight_decay": 0.01,
    "clip_grad_norm": 1.0,
    "head_lr_factor": 10.0,
    "unfreeze": LAYERS,
}


def choose_sentence_transfer(config: Any, items: int | None) -> str:
    """The way of transfer for `net=sentence`.

    Args:
        config: the options of a supervised method.
        items: of the training part.

    Raises:
        ConfigError: a way that texts do not have.
    """
    mode = config.transfer
    if mode == "auto":
        return "fine-tune" if (items or 0) <= MAX_TUNED else "features"
    if mode not in MODES:
        fix = "net=transformer for a network from scratch" if mode == "none" else "transfer=features"
        raise ConfigError(f"transfer={mode} with net={SENTENCE}", " or ".join(MODES), fix)
    return mode


def sentence_settings(config: Any, mode: str) -> dict[str, Any]:
    """The options that a way of transfer sets unless they were given.

    Raises:
        ConfigError: an option that has no effect with this way of transfer, or an ensemble.
    """
    if config.ensemble not in (None, 1):
        received = f"ensemble={config.ensemble} with net={SENTENCE}"
        raise ConfigError(received, "a network that is trained from scratch", "leave ensemble out")
    given = {name for name in config.model_fields_set if getattr(config, name) is not None}
    if mode == "features":
        if config.token_dropout:
            received = f"token_dropout={config.token_dropout} on features that are computed once"
            raise ConfigError(received, "transfer=fine-tune", "leave token_dropout out")
        return {"transfer": mode}
    if "head_epochs" in given:
        received = f"head_epochs={config.head_epochs} with net={SENTENCE}, whose head has no stage of its own"
        raise ConfigError(received, "epochs, of the head and the layers", "leave head_epochs out")
    if config.optimizer not in ("auto", "adamw"):
        given |= {"learning_rate", "weight_decay"}  # plain defaults of the optimizer
    chosen = {name: value for name, value in FINE_TUNING.items() if name not in given}
    if config.unfreeze == "auto":
        chosen["unfreeze"] = LAYERS
    return {**chosen, "transfer": mode}


def sentence_network_options(config: Any) -> dict[str, Any]:
    """How many layers of MiniLM the network trains, as arguments of the network; none for other networks."""
    if config.net != SENTENCE or config.transfer != "fine-tune":
        return {}
    return {"trained_layers": config.unfreeze}
