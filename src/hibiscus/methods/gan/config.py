"""Options shared by GANs, each with its type, range and description."""

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
    ScheduleName,
    TrainingConfig,
)

__all__ = [
    "CriticSteps",
    "DiffAugmentation",
    "DiscriminatorDropout",
    "DiscriminatorGANConfig",
    "GANConfig",
    "GeneratorLRFactor",
    "GradientPenaltyWeight",
    "InstanceNoise",
    "LabelNoise",
    "NoiseDistribution",
    "RealLabelValue",
    "SpectralNorm",
    "TranslationConfig",
    "UnpairedTranslationConfig",
]

GeneratorLRFactor = Annotated[
    float, Field(gt=0, description="learning rate of the generator, as a multiple of the discriminator's")
]
SpectralNorm = Annotated[
    bool,
    Field(
        description="spectral normalization of the discriminator: weights are divided by their largest "
        "singular value"
    ),
]
InstanceNoise = Annotated[
    float,
    Field(
        ge=0,
        description="initial standard deviation of noise added to the discriminator's inputs (in [-1, 1]); "
        "decays linearly to 0",
    ),
]
DiffAugmentation = Annotated[
    Literal["none", "color", "translation", "cutout", "color,translation", "color,translation,cutout"],
    Field(description="differentiable augmentation of the discriminator's inputs (DiffAugment)"),
]
RealLabelValue = Annotated[
    float, Field(gt=0.5, le=1, description="target of real images; 0.9 for one-sided label smoothing")
]
LabelNoise = Annotated[
    float,
    Field(
        ge=0, lt=0.5, description="maximum random deviation of the discriminator's targets (0.05 is common)"
    ),
]
CriticSteps = Annotated[int, Field(ge=1, description="critic steps per generator step")]
NoiseDistribution = Annotated[
    Literal["uniform", "normal"],
    Field(description="distribution of the noise: uniform in [-1, 1], or standard normal"),
]
DiscriminatorDropout = Annotated[
    float,
    Field(ge=0, lt=1, description="dropout in the discriminator, after each of its leaky ReLU layers"),
]
GradientPenaltyWeight = Annotated[float, Field(ge=0, description="weight of the gradient penalty")]


class GANConfig(TrainingConfig):
    """Options of every GAN that generates images."""

    epochs: Epochs = 20
    batch_size: BatchSize = 64
    learning_rate: LearningRate = 4e-4
    generator_lr_factor: GeneratorLRFactor = 0.5
    beta1: Beta1 = 0.5  # Radford et al.
    beta2: Beta2 = 0.999
    latent_dim: LatentDim = 100  # Radford et al.
    noise_distribution: NoiseDistribution = "uniform"
    width: int = Field(
        64, ge=4, description="filters of the largest feature maps; doubled each time their size is halved"
    )
    ema_decay: EMADecay = 0.0
    spectral_norm: SpectralNorm = False
    dropout: DiscriminatorDropout = 0.0
    instance_noise: InstanceNoise = 0.0
    diff_augment: DiffAugmentation = "none"
    metric_features: MetricFeatures = "own"


class DiscriminatorGANConfig(GANConfig):
    """Options of GANs whose discriminator has the target 1 for real and 0 for generated images."""

    real_label_value: RealLabelValue = 1.0
    label_noise: LabelNoise = 0.0


class TranslationConfig(TrainingConfig):
    """Options of GANs that translate images, with a discriminator of patches."""

    generator_lr_factor: GeneratorLRFactor = 1.0
    beta1: Beta1 = 0.5
    schedule: ScheduleName = "linear"
    ema_decay: EMADecay = 0.0
    spectral_norm: SpectralNorm = False
    dropout: DiscriminatorDropout = 0.0
    real_label_value: RealLabelValue = 1.0
    label_noise: LabelNoise = 0.0
    discriminator: Literal["patch", "whole"] = Field("patch", description="classify patches or whole images")


class UnpairedTranslationConfig(TranslationConfig):
    """Options of GANs that translate between two domains without pairs."""

    pool_size: int = Field(50, ge=0, description="capacity of the pools of translations (Zhu et al.)")
    flip: bool = Field(False, description="augmentation: flip horizontally with probability 1/2")
    crop: int = Field(0, ge=0, description="augmentation: padding in pixels before a random crop")
    metric_features: MetricFeatures = "own"
