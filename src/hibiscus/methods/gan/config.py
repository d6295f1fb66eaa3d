"""The options that GANs share, each with its type, range and description in one place."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from hibiscus.evaluation.external_features import MetricFeatures
from hibiscus.training.config import (
    BatchSize,
    Beta1,
    Beta2,
    EMADecay,
    Epochs,
    LatentDim,
    LearningRate,
    TrainingConfig,
)

__all__ = [
    "CriticSteps",
    "DiffAugmentation",
    "DiscriminatorGANConfig",
    "GANConfig",
    "GeneratorLRFactor",
    "GradientPenaltyWeight",
    "InstanceNoise",
    "LabelNoise",
    "RealLabelValue",
    "SpectralNorm",
]

GeneratorLRFactor = Annotated[
    float, Field(gt=0, description="learning rate of the generator, as a multiple of the discriminator's")
]
SpectralNorm = Annotated[
    bool,
    Field(description="spectral normalization of the discriminator: each layer has Lipschitz constant 1"),
]
InstanceNoise = Annotated[
    float,
    Field(
        ge=0,
        description="standard deviation of the noise on all images that the discriminator sees (of range 2); "
        "falls linearly to 0",
    ),
]
DiffAugmentation = Annotated[
    Literal["none", "color", "translation", "cutout", "color,translation", "color,translation,cutout"],
    Field(description="differentiable augmentation of the images that the discriminator sees"),
]
RealLabelValue = Annotated[
    float, Field(gt=0.5, le=1, description="target of real images; 0.9 for one-sided label smoothing")
]
LabelNoise = Annotated[
    float,
    Field(
        ge=0, lt=0.5, description="largest random deviation of the discriminator's targets (0.05 is usual)"
    ),
]
CriticSteps = Annotated[int, Field(ge=1, description="steps of the critic for each step of the generator")]
GradientPenaltyWeight = Annotated[float, Field(ge=0, description="weight of the gradient penalty")]


class GANConfig(TrainingConfig):
    """Options of every GAN with a generator of images."""

    epochs: Epochs = 20
    batch_size: BatchSize = 64
    learning_rate: LearningRate = 4e-4
    generator_lr_factor: GeneratorLRFactor = 0.5
    beta1: Beta1 = 0.5  # Radford et al.
    beta2: Beta2 = 0.999
    latent_dim: LatentDim = 100  # Radford et al.
    width: int = Field(
        64, ge=4, description="filters of the largest feature maps; doubled where their size halves"
    )
    ema_decay: EMADecay = 0.0
    spectral_norm: SpectralNorm = False
    instance_noise: InstanceNoise = 0.0
    diff_augment: DiffAugmentation = "none"
    metric_features: MetricFeatures = "own"


class DiscriminatorGANConfig(GANConfig):
    """Options of GANs whose discriminator has targets: 1 for real and 0 for generated images."""

    real_label_value: RealLabelValue = 1.0
    label_noise: LabelNoise = 0.0
