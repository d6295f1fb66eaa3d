"""The networks of CycleGAN for each domain, and the alignments in front of its translators."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import nn

from hibiscus.data.prepared import PreparedData
from hibiscus.evaluation.translation import OTHER, domain_images
from hibiscus.methods.gan.image_pool import ImagePool
from hibiscus.methods.gan.stabilization import regularize_opponent
from hibiscus.networks.cyclegan import Alignment, ResNetGenerator, UNetGenerator
from hibiscus.networks.patchgan import PatchDiscriminator
from hibiscus.training.player import Follower, frozen_copy

__all__ = ["averages", "domain_networks", "fit_alignments"]

NETS = {"unet": UNetGenerator, "resnet": ResNetGenerator}


def domain_networks(domain: str, config: Any, shape: tuple[int, int, int]) -> dict[str, nn.Module]:
    """The translator to a domain, its EMA copy, and the discriminator and pool of translations of the domain.

    Args:
        domain: `a` or `b`.
        config: the options of `cyclegan`.
        shape: (channels, height, width) of an image.
    """
    network = NETS[config.net](shape, config.width, config.kernel_size, config.residual)
    translator = nn.Sequential(Alignment(shape[0]), network) if config.align else network
    averaged = {f"ema_to_{domain}": frozen_copy(translator)} if config.ema_decay else {}
    whole = config.discriminator == "whole"
    discriminator = PatchDiscriminator(shape, config.width, config.kernel_size, whole)
    regularize_opponent(discriminator, config.spectral_norm, config.dropout)
    networks = {f"to_{domain}": translator, **averaged, f"discriminator_{domain}": discriminator}
    return {**networks, f"pool_{domain}": ImagePool(config.pool_size, shape)}


def averages(networks: Mapping[str, nn.Module], decay: float) -> list[Follower]:
    """The followers that move the EMA copies of the translators towards them; none if the decay is 0."""
    names = ("to_a", "to_b") if decay else ()
    return [Follower(networks[f"ema_{name}"], networks[name], decay, warm_up=True) for name in names]


def fit_alignments(networks: Mapping[str, nn.Module], data: PreparedData) -> None:
    """Fits the alignments of `to_a` and `to_b` to training images of both domains."""
    for target, source in OTHER.items():
        pixels = [domain_images(data, "train", domain) for domain in (source, target)]
        alignment = next(networks[f"to_{target}"].children())
        assert isinstance(alignment, Alignment)
        alignment.fit(data.images(pixels[0]), data.images(pixels[1]))
