"""The network that maps images to embeddings, for few-shot learning: by its name, or a pretrained one."""

from __future__ import annotations

from pydantic import Field
from torch import nn

from hibiscus.data.preparation import Preparation
from hibiscus.errors import ConfigError
from hibiscus.methods.augmentation import AugmentationConfig, NetworkName, NetworkOptions
from hibiscus.methods.pretrained_backbone import BASE, BackboneLRFactor, adapt_pretrained, backbone_lr_factors
from hibiscus.networks.backbone import build_backbone
from hibiscus.networks.backbone_embedder import BackboneEmbedder
from hibiscus.networks.efficientnet import STAGES
from hibiscus.networks.registry import build_network
from hibiscus.training.player import Loss, Player
from hibiscus.training.pretrained import load_pretrained

__all__ = ["EmbedderConfig", "build_embedder", "check_embedder", "embedder_player"]


class EmbedderConfig(AugmentationConfig):
    """Options of the embedding network."""

    net: NetworkName = "conv4"
    net_options: NetworkOptions = Field(default_factory=dict)
    embedding_dim: int = Field(
        64, ge=1, description="dimension of the embedding; ignored by conv4 and efficientnet-lite0"
    )
    unfreeze: int = Field(
        2,
        ge=0,
        le=STAGES,
        description="net=efficientnet-lite0: how many of its deepest blocks are trained; 0: it is frozen, "
        "and only a scale and a shift of each feature are learned",
    )
    backbone_lr_factor: BackboneLRFactor = 0.5


def check_embedder(config: EmbedderConfig) -> None:
    """Checks before training that a pretrained network is available, and that its options exist.

    Raises:
        ConfigError: an option that the network does not have.
        MissingExtraError: the package with the weights is not installed.
    """
    if config.net != BASE:
        if "unfreeze" in config.model_fields_set:
            raise ConfigError(f"unfreeze with net={config.net}", f"net={BASE}", "leave out unfreeze")
        return
    if config.net_options:
        name = next(iter(config.net_options))
        raise ConfigError(f"net.{name} with net={BASE}", "no such option", f"leave out net.{name}")
    load_pretrained(BASE)


def build_embedder(config: EmbedderConfig, preparation: Preparation) -> nn.Module:
    """The embedding network; conv4 has no linear layer, as in the paper, and a pretrained one has its own
    number of features.

    Args:
        config: `net`, `net_options`, `embedding_dim`, `unfreeze`.
        preparation: of the images.
    """
    shape = preparation["image"].shape
    if config.net == BASE:
        network = BackboneEmbedder(build_backbone(BASE, shape, strides=None))
        adapt_pretrained(network, BASE, frozen=STAGES - config.unfreeze)
        return network
    options = {"linear": False, **config.net_options} if config.net == "conv4" else config.net_options
    return build_network(config.net, shape, config.embedding_dim, **options)


def embedder_player(config: EmbedderConfig, embedder: nn.Module, loss: Loss) -> Player:
    """The player that trains the embedding network; a pretrained one with a smaller learning rate."""
    factors = backbone_lr_factors(embedder, config.backbone_lr_factor)
    return config.player("embedder", embedder, loss, lr_factors=factors)
