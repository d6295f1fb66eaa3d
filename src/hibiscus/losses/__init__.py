"""Losses: pure functions of tensors, usable on their own."""

from hibiscus.losses.adversarial import (
    discriminator_cross_entropy,
    gradient_penalty,
    least_squares_discriminator,
    least_squares_generator,
    nonsaturating_generator,
    wasserstein_critic,
    wasserstein_generator,
)
from hibiscus.losses.classification import (
    balanced_cross_entropy,
    balanced_weights,
    binary_cross_entropy,
    cross_entropy,
    multi_label_cross_entropy,
    positive_weights,
)
from hibiscus.losses.control import bellman_target
from hibiscus.losses.detection import anchor_focal, hard_negatives, mined_cross_entropy, multibox, offset_loss
from hibiscus.losses.focal import binary_focal, focal
from hibiscus.losses.information import invariant_information, joint_distribution
from hibiscus.losses.prototypes import prototype_logits
from hibiscus.losses.quantiles import (
    observed_huber,
    observed_mean_absolute_error,
    observed_mean_squared_error,
    pinball,
)
from hibiscus.losses.regression import huber, mean_absolute_error, mean_squared_error, smooth_l1
from hibiscus.losses.segmentation import dice, pixel_cross_entropy, pixel_focal
from hibiscus.losses.variational import bernoulli_log_likelihood, gaussian_kl, gaussian_log_likelihood

__all__ = [
    "anchor_focal",
    "balanced_cross_entropy",
    "balanced_weights",
    "bellman_target",
    "bernoulli_log_likelihood",
    "binary_cross_entropy",
    "binary_focal",
    "cross_entropy",
    "dice",
    "discriminator_cross_entropy",
    "focal",
    "gaussian_kl",
    "gaussian_log_likelihood",
    "gradient_penalty",
    "hard_negatives",
    "huber",
    "invariant_information",
    "joint_distribution",
    "least_squares_discriminator",
    "least_squares_generator",
    "mean_absolute_error",
    "mean_squared_error",
    "mined_cross_entropy",
    "multi_label_cross_entropy",
    "multibox",
    "nonsaturating_generator",
    "observed_huber",
    "observed_mean_absolute_error",
    "observed_mean_squared_error",
    "offset_loss",
    "pinball",
    "pixel_cross_entropy",
    "pixel_focal",
    "positive_weights",
    "prototype_logits",
    "smooth_l1",
    "wasserstein_critic",
    "wasserstein_generator",
]
