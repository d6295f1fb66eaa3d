"""The networks of StackedGAN: shapes, what each part is given, features of one size."""

from __future__ import annotations

import pytest
import torch

from hibiscus.networks.stackedgan import Encoder, StackedDiscriminator, StackedGenerator


@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 32, 32), (1, 8, 8), (3, 21, 13)])
def test_shapes(shape):
    encoder = Encoder(shape, 24, 3)
    generator, discriminator = StackedGenerator(6, 3, 24, shape, 8), StackedDiscriminator(6, 24, shape, 8)
    label, z1, z0 = torch.eye(3)[[0, 2]], torch.rand(2, 6), torch.rand(2, 6)
    image = generator(label, z1, z0)
    assert image.shape == (2, *shape)
    assert image.abs().max() <= 1
    assert encoder(image).shape == (2, 3)
    assert encoder.features(image).shape == generator.feature(label, z1).shape == (2, 24)
    for logit, noise in (discriminator.image(image), discriminator.feature(encoder.features(image))):
        assert (logit.shape, noise.shape) == ((2, 1), (2, 6))


def test_features_have_mean_0_and_variance_1_real_and_made():
    torch.manual_seed(0)
    encoder, generator = Encoder((1, 8, 8), 64, 3), StackedGenerator(6, 3, 64, (1, 8, 8), 8)
    for features in (
        encoder.features(torch.rand(5, 1, 8, 8)),
        generator.feature(torch.eye(3), torch.rand(3, 6)),
    ):
        torch.testing.assert_close(features.mean(1), torch.zeros(len(features)), atol=1e-4, rtol=0)
        torch.testing.assert_close(
            features.var(1, correction=0), torch.ones(len(features)), atol=0.05, rtol=0
        )  # the norm's own small term


def test_class_and_features_are_scaled_to_the_norm_of_the_noise():
    generator = StackedGenerator(latent_dim=50, num_classes=10, feature_dim=256, shape=(1, 8, 8), width=8)
    given = []
    for network in (generator.upper, generator.lower):
        network.register_forward_pre_hook(lambda module, inputs: given.append(inputs[0]))
    torch.manual_seed(0)
    generator(torch.eye(10)[torch.arange(400) % 10], *(2 * torch.rand(2, 400, 50) - 1))
    for values, count in zip(given, (10, 256), strict=True):
        condition, noise = (part.square().sum(1).mean().item() for part in values.split([count, 50], 1))
        assert condition == pytest.approx(noise, rel=0.05)


def test_each_level_uses_all_that_it_is_given():
    generator = StackedGenerator(6, 3, 24, (1, 8, 8), 8)
    label, z1, z0 = torch.eye(3), torch.rand(3, 6), torch.rand(3, 6)
    image = generator.eval()(label, z1, z0)
    for other in ((label.flip(0), z1, z0), (label, z1.flip(0), z0), (label, z1, z0.flip(0))):
        assert not torch.allclose(image, generator(*other), atol=1e-5)
    assert torch.equal(generator.feature(label, z1), generator.feature(label, z1))


def test_one_image_at_a_time_can_be_learned_from():
    generator = StackedGenerator(6, 3, 24, (1, 8, 8), 8).train()
    assert generator(torch.eye(3)[:1], torch.rand(1, 6), torch.rand(1, 6)).isfinite().all()
