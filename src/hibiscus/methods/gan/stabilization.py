r"""Techniques that stabilize GAN training; each is an option that is off by default.

    ema_decay            samples come from  G_ema <- decay G_ema + (1 - decay) G     (Karras et al. 2017)
    generator_lr_factor  generator and discriminator have different learning rates   (Heusel et al. 2017)
    spectral_norm        discriminator weights divided by their largest singular value (Miyato et al. 2018)
    dropout              features of the discriminator are set to 0 at random         (Srivastava et al. 2014)
    instance_noise       the discriminator sees x + s e, e ~ N(0, 1), s falls to 0    (Sonderby et al. 2016)
    diff_augment         the discriminator sees T(x), T random and differentiable     (Zhao et al. 2020)
    real_label_value     target of real images, 0.9 for one-sided label smoothing     (Salimans et al. 2016)
    label_noise          targets real_label_value - noise u and noise u, u uniform in [0, 1]

Instance noise and augmentation are applied to real and generated images alike.

References: arXiv 1710.10196, 1706.08500, 1802.05957, 1610.04490, 2006.10738, 1606.03498.
"""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from hibiscus.data.batch import Batch
from hibiscus.networks.dropout import Dropout
from hibiscus.networks.layers import spectrally_normalized
from hibiscus.ops.diff_augment import DiffAugment

__all__ = ["discriminator_accuracy", "insert_dropout", "perturb", "regularize_opponent", "targets"]


def regularize_opponent(network: nn.Module, spectral_norm: bool, dropout: float) -> None:
    """Adds dropout and spectral normalization to a discriminator or critic, if enabled."""
    insert_dropout(network, dropout)
    if spectral_norm:
        spectrally_normalized(network)


def insert_dropout(network: nn.Module, p: float) -> None:
    """Adds dropout with probability `p` after each leaky ReLU of a network; the weights keep their names."""
    if not p:
        return
    for parent in list(network.modules()):
        for name, layer in parent.named_children():
            if isinstance(layer, nn.LeakyReLU):
                setattr(parent, name, nn.Sequential(layer, Dropout(p)))


def perturb(
    batch: Batch, images: Sequence[Tensor], noise_std: float = 0.0, augmentation: str = "none"
) -> list[Tensor]:
    """Adds instance noise and augmentation to the images that the discriminator sees.

    Args:
        batch: the source of the random numbers.
        images: sets of images, each with as many items as the batch.
        noise_std: standard deviation of the instance noise.
        augmentation: names of differentiable augmentations separated by commas, or `none`.
    """
    if noise_std:
        images = [values + noise_std * batch.normal(*values.shape[1:]) for values in images]
    if augmentation == "none":
        return list(images)
    return [DiffAugment(augmentation.split(","))(values, batch.uniform) for values in images]


def targets(
    batch: Batch, real_label_value: float = 1.0, label_noise: float = 0.0, shape: Sequence[int] = (1,)
) -> tuple[Tensor | float, Tensor | float]:
    """The discriminator's targets for real and generated images.

    Args:
        batch: the source of the random numbers.
        real_label_value: the target of real images.
        label_noise: the maximum deviation of a target.
        shape: the shape of the discriminator's output for an image.

    Returns:
        Two numbers, or two tensors `(items, *shape)` with label noise.
    """
    if not label_noise:
        return real_label_value, 0.0
    return real_label_value - label_noise * batch.uniform(*shape), label_noise * batch.uniform(*shape)


def discriminator_accuracy(real: Tensor, fake: Tensor, threshold: float = 0.0) -> Tensor:
    """Accuracy: the mean of the fractions of real outputs above and generated outputs below the threshold."""
    return ((real > threshold).float().mean() + (fake < threshold).float().mean()).detach() / 2
