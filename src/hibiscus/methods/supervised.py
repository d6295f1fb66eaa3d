"""Shared by supervised methods: options, networks, and training."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import Literal

from pydantic import Field
from torch import Tensor, nn

from hibiscus.data.batch import Batch
from hibiscus.data.preparation import Preparation
from hibiscus.data.prepared import INPUTS, PreparedData
from hibiscus.errors import ConfigError
from hibiscus.methods.augmentation import (
    AugmentationConfig,
    Cutout,
    NetworkName,
    NetworkOptions,
    PaddingMode,
    TTAFlip,
    VerticalFlip,
)
from hibiscus.methods.augmentation_presets import AugmentPreset
from hibiscus.methods.sentence_transfer import SENTENCE, sentence_network_options
from hibiscus.methods.series_networks import ENSEMBLED
from hibiscus.methods.table_networks import lr_factors_of, table_network_options, table_scaling
from hibiscus.methods.text_ensemble import build_text_ensemble
from hibiscus.methods.text_layers import set_text_layers
from hibiscus.methods.token_dropout import TokenDropout, with_token_dropout
from hibiscus.methods.transfer import MODES, build_transfer
from hibiscus.methods.transfer_options import HeadEpochs, HeadLRFactor, LayerDecay, TransferMode, Unfreeze
from hibiscus.networks.registry import build_network
from hibiscus.networks.regularizers import WeightPenalty, constrain
from hibiscus.networks.transfer_network import TransferNetwork
from hibiscus.training.config import Beta2, EMADecay, ScheduleName
from hibiscus.training.ema import ema_followers, with_ema
from hibiscus.training.player import Loss, Stage

__all__ = [
    "SupervisedConfig",
    "SupervisedLoss",
    "build_supervised",
    "inputs_of",
    "supervised_stage",
]

SupervisedLoss = Callable[[Batch], tuple[Tensor, dict[str, Tensor]]]


class SupervisedConfig(AugmentationConfig):
    """Options of supervised methods; defaults depend on the data and the network."""

    batch_size: int | None = Field(  # type: ignore[assignment]
        None, ge=1, description="items per batch; default: 128, or fewer for small datasets"
    )
    optimizer: Literal["auto", "sgd", "rmsprop", "adam", "adamw"] = Field(  # type: ignore[assignment]
        "auto", description="the optimizer; auto: chosen for the network"
    )
    learning_rate: float | None = Field(  # type: ignore[assignment]
        None, gt=0, description="peak learning rate; default: chosen for the network"
    )
    weight_decay: float | None = Field(  # type: ignore[assignment]
        None, ge=0, description="weight decay; default: chosen for the network"
    )
    schedule: ScheduleName = "one-cycle"
    beta2: Beta2 = 0.999
    ensemble: int | None = Field(
        None,
        ge=1,
        le=64,
        description="networks that are trained side by side in one pass and averaged, with net=realmlp, "
        "net=inception-time or on texts; default: 4 for net=realmlp, 3 for fewer than 20,000 texts",
    )
    net: NetworkName = Field(
        "auto",
        description="a name from `hibiscus list`, module.path:function, a trained base (run:RUN, "
        "hub:OWNER/NAME or FILE.safetensors), or auto (chosen for the data)",
    )
    net_options: NetworkOptions = Field(default_factory=dict)
    word_vectors: str | None = Field(
        None,
        description="texts: where the embedding starts: a file of GloVe, word2vec or fastText, or "
        "run:RUN, such as of skip-gram",
    )
    tune_vectors: bool = Field(True, description="texts: whether `word_vectors` are trained further")
    token_dropout: TokenDropout = None
    transfer: TransferMode = "auto"
    unfreeze: Unfreeze = "auto"
    layer_decay: LayerDecay = 0.8
    head_epochs: HeadEpochs = 30
    head_lr_factor: HeadLRFactor = 1.0
    ema_decay: EMADecay = 0.0
    l1: float = Field(0.0, ge=0, description="L1 penalty: coefficient of the sum of absolute values")
    l2: float = Field(0.0, ge=0, description="L2 penalty: coefficient of the sum of squares")
    regularize: Literal["weight", "bias", "activity"] = Field(
        "weight", description="what the L1 and L2 penalties apply to"
    )
    regularize_layers: str = Field(
        "*", description="names of the layers to which the penalties apply, as a pattern such as body.*"
    )
    max_norm: float | None = Field(
        None, gt=0, description="maximum norm of the incoming weights of each unit; none for no limit"
    )
    weight_clip: float | None = Field(
        None, gt=0, description="maximum absolute value of the weights; none for no limit"
    )
    augment: AugmentPreset = "auto"
    crop: int = Field(
        0, ge=0, description="augmentation: pixels of padding before a random crop to the original size"
    )
    vertical_flip: VerticalFlip = False
    cutout: Cutout = 0
    tta_flip: TTAFlip = False
    padding_mode: PaddingMode = "reflect"

    def table_scaling(self, inputs: Collection[str]) -> str:
        """How numbers of tables are scaled by default."""
        return table_scaling(self.net, inputs)

    @property
    def text_tokens(self) -> str:
        """The kind of tokens of texts by default: those of the sentence encoder for `net=sentence`."""
        return "word-piece" if self.net == SENTENCE else "word"

    @property
    def balanced_sampling(self) -> bool:
        """Whether an epoch has equally many items of each class."""
        return getattr(self, "sampling", "shuffled") == "balanced"


def inputs_of(preparation: Preparation) -> list[str]:
    """The input fields, in the order in which networks take them."""
    return [name for name in INPUTS if name in preparation.fields]


def build_supervised(
    config: SupervisedConfig, preparation: Preparation, outputs: int
) -> dict[str, nn.Module]:
    """The network specified by the options, with its EMA copy unless `ema_decay` is 0."""
    shapes = tuple(preparation[name].shape for name in inputs_of(preparation))
    shape = shapes[0] if len(shapes) == 1 else shapes
    if config.transfer in MODES and config.net != SENTENCE:
        network = build_transfer(config.net, shape, outputs, **config.net_options)
    else:
        derived = table_network_options(config, preparation, outputs) | sentence_network_options(config)
        build = partial(build_network, config.net, shape, outputs, derived=derived, **config.net_options)
        network = build_text_ensemble(build, config.ensemble, preparation, outputs, config.net in ENSEMBLED)
        set_text_layers(network, preparation, config.word_vectors is None or config.tune_vectors)
    return with_ema({"network": network}, "network", config.ema_decay)


def supervised_stage(
    config: SupervisedConfig,
    networks: Mapping[str, nn.Module],
    data: PreparedData,
    loss: SupervisedLoss,
    player: str,
    lr_factors: Mapping[nn.Parameter, float] | None = None,
) -> Stage:
    """A stage of a supervised method: one player and shuffled batches of the training part."""
    network = networks["network"]
    trained = network.head if isinstance(network, TransferNetwork) else network
    constrained = config.max_norm is not None or config.weight_clip is not None
    limit = partial(constrain, trained, max_norm=config.max_norm, clip=config.weight_clip)
    after_step = limit if constrained else None
    objective = with_token_dropout(_regularized(config, network, loss), config.token_dropout)
    learner = config.player(
        player,
        network,
        objective,
        betas=(0.9, config.beta2),
        after_step=after_step,
        lr_factors=lr_factors or lr_factors_of(network),
    )
    augment = config.build_augment()
    if (augment.active or config.tta_flip) and "image" not in data.tensors:
        options = "augmentation (translate, crop, flip, tta_flip ...)"
        raise ConfigError(f"{options} on data without images", "images", "leave these options out")
    source = data.source(
        "train", config.batch_size or 128, config.seed, augment, balanced=config.balanced_sampling
    )
    return Stage([learner], config.epochs, source, ema_followers(networks, "network", config.ema_decay))


def _regularized(config: SupervisedConfig, network: nn.Module, loss: SupervisedLoss) -> Loss:
    """Adds the L1 and L2 penalties, if any, to the loss."""
    if not (config.l1 or config.l2):
        return loss
    penalty = WeightPenalty(
        network, l1=config.l1, l2=config.l2, targets=(config.regularize,), layers=config.regularize_layers
    )

    def regularized(batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        value, terms = loss(batch)
        cost = penalty()
        return value + cost, {**terms, "penalty": cost.detach()}

    return regularized
