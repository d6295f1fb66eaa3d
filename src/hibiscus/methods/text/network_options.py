"""Options that concern one network of several."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from hibiscus.errors import ConfigError
from hibiscus.training.config import TrainingConfig

__all__ = ["check_network_options"]

Config = TypeVar("Config", bound=TrainingConfig)


def check_network_options(config: Config, net: str, names: Iterable[str]) -> Config:
    """The options of a new run, as given.

    Args:
        config: with the option `net`.
        net: the network that takes the following options.
        names: of options.

    Raises:
        ConfigError: another network, and one of these options that is not the default.
    """
    chosen = config.net  # type: ignore[attr-defined]
    for name in names:
        value = getattr(config, name)
        if chosen != net and value != type(config).model_fields[name].default:
            raise ConfigError(f"{name}={value} with net={chosen}", f"net={net}", f"leave out {name}")
    return config
