"""The stages of transfer learning: a head on cached features, then the deepest blocks of the base.

Of texts, `net=sentence` learns a head on cached features of a sentence encoder, or trains its layers with the
head; of series, `net=rocket` learns a head on the responses of random convolutions.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Iterator, Mapping

import numpy as np
import torch
from torch import Tensor, nn

from hibiscus.data.lazy_source import LazySource
from hibiscus.data.prepared import PreparedData
from hibiscus.evaluation.linear_probe import probe_score
from hibiscus.methods.series_networks import random_features
from hibiscus.methods.supervised import SupervisedConfig, SupervisedLoss, supervised_stage
from hibiscus.methods.transfer import HEAD, MODES
from hibiscus.networks.minilm import load_sentence_encoder
from hibiscus.networks.rocket import Rocket
from hibiscus.networks.sentence_network import SentenceNetwork
from hibiscus.networks.transfer_network import DEFAULT_BLOCKS, FEATURE_BLOCKS, TransferNetwork, suggest_blocks
from hibiscus.networks.tuned_sentence import TunedSentenceNetwork
from hibiscus.training.feature_cache import cached_features
from hibiscus.training.player import Stage

__all__ = ["supervised_stages"]


def supervised_stages(
    config: SupervisedConfig,
    networks: Mapping[str, nn.Module],
    data: PreparedData,
    loss: SupervisedLoss,
    player: str,
) -> Iterator[Stage]:
    """The stages of a supervised method: one, or those of the way of transfer that the options name."""
    single = functools.partial(supervised_stage, networks=networks, data=data, loss=loss, player=player)
    network = networks["network"]
    if isinstance(network, SentenceNetwork | Rocket):
        features = functools.cache(lambda: _fixed(config, network, data))
        yield _on_features(config, data, single(config), features)
        return
    if isinstance(network, TunedSentenceNetwork):
        factors = network.layer_lr_factors(config.layer_decay, config.head_lr_factor)
        yield single(config, lr_factors=factors)
        return
    if config.transfer not in MODES:
        yield single(config)
        return
    assert isinstance(network, TransferNetwork)
    stages = {"features": _features, "frozen": _frozen, "fine-tune": _fine_tune}[config.transfer]
    yield from stages(config, network, data, single)


def _features(
    config: SupervisedConfig, network: TransferNetwork, data: PreparedData, single: Callable[..., Stage]
) -> Iterator[Stage]:
    """The head, on features that are computed once."""
    network.freeze()
    yield _on_features(config, data, single(config), functools.cache(lambda: _last(config, network, data)))


def _frozen(
    config: SupervisedConfig, network: TransferNetwork, data: PreparedData, single: Callable[..., Stage]
) -> Iterator[Stage]:
    """The head, on the features of augmented images."""
    network.freeze()
    _last(config, network, data)
    yield single(config)


def _fine_tune(
    config: SupervisedConfig, network: TransferNetwork, data: PreparedData, single: Callable[..., Stage]
) -> Iterator[Stage]:
    """The head as in `features`; then the deepest blocks and the head, with a smaller rate per depth."""
    blocks = int(network.trained_blocks)  # of a run that is resumed in its second stage
    head = config.model_copy(update={**vars(HEAD), "epochs": config.head_epochs})
    by_depth = functools.cache(lambda: _by_depth(config, network, data))
    network.freeze()
    yield _on_features(head, data, single(head), lambda: _joined(by_depth()))
    network.unfreeze(blocks or _choose_blocks(config, network, data, by_depth))
    factors = network.layer_lr_factors(config.layer_decay, config.head_lr_factor)
    tuned = single(config, lr_factors=factors)
    yield dataclasses.replace(tuned, refines=True)


def _on_features(
    config: SupervisedConfig, data: PreparedData, stage: Stage, features: Callable[[], np.ndarray]
) -> Stage:
    """A stage on features; they are computed when it begins, or not at all if it has ended."""
    prepared = functools.cache(lambda: data.with_features(features()))
    about = "train", config.batch_size or 64, config.seed
    source = LazySource(lambda: prepared().source(*about, balanced=config.balanced_sampling))
    return dataclasses.replace(stage, source=source, data=prepared)


def _last(config: SupervisedConfig, network: TransferNetwork, data: PreparedData) -> np.ndarray:
    """The features of all images of the training and validation parts, by which the head is scaled."""

    def compute(image: Tensor) -> list[Tensor]:
        return [network.features(image)]

    (features,) = cached_features("last", network.base, compute, data, config.precision)
    network.head.fit(torch.from_numpy(features[data.parts["train"]]))
    return features


def _sentences(config: SupervisedConfig, network: SentenceNetwork, data: PreparedData) -> np.ndarray:
    """As `_last`, of texts."""
    encoder = load_sentence_encoder(str(data.device))
    (features,) = cached_features(
        "last four layers", encoder, lambda text: [network.features(text)], data, config.precision
    )
    network.head.fit(torch.from_numpy(features[data.parts["train"]]))
    return features


def _fixed(config: SupervisedConfig, network: SentenceNetwork | Rocket, data: PreparedData) -> np.ndarray:
    """As `_last`, of texts or series."""
    return (
        random_features(network, data) if isinstance(network, Rocket) else _sentences(config, network, data)
    )


def _by_depth(config: SupervisedConfig, network: TransferNetwork, data: PreparedData) -> list[np.ndarray]:
    """As `_last`, with the features of each block, the shallowest first."""
    compute = network.features_by_depth
    features = cached_features("by depth", network.base, compute, data, config.precision)
    network.head.fit(torch.from_numpy(_joined(features)[data.parts["train"]]))
    return features


def _joined(by_depth: list[np.ndarray]) -> np.ndarray:
    """The features of the network, from those of each block."""
    return np.concatenate(by_depth[-FEATURE_BLOCKS:], axis=1)


def _choose_blocks(
    config: SupervisedConfig,
    network: TransferNetwork,
    data: PreparedData,
    by_depth: Callable[[], list[np.ndarray]],
) -> int:
    """How many blocks to train: as given, or as a linear probe of each depth on validation suggests.

    Without a validation part nothing can be compared, and DEFAULT_BLOCKS are trained.
    """
    if config.unfreeze != "auto":
        return config.unfreeze
    if "val" not in data.parts:
        return DEFAULT_BLOCKS
    for depth, features in enumerate(by_depth()):
        network.probe_scores[depth] = probe_score(data.with_features(features))
    return suggest_blocks(network.probe_scores.tolist())
