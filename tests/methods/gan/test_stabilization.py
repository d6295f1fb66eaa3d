"""Stabilization (`hibiscus.methods.gan.stabilization`): each technique follows its formula, in every GAN that
has it.
"""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import stats

from hibiscus.methods.gan.acgan import ACGAN
from hibiscus.methods.gan.cgan import CGAN
from hibiscus.methods.gan.config import DiscriminatorGANConfig, GANConfig
from hibiscus.methods.gan.cyclegan import CycleGAN
from hibiscus.methods.gan.dcgan import DCGAN
from hibiscus.methods.gan.infogan import InfoGAN
from hibiscus.methods.gan.lsgan import LSGAN
from hibiscus.methods.gan.progan import ProGAN
from hibiscus.methods.gan.stackedgan import StackedGAN
from hibiscus.methods.gan.wgan import WGAN
from hibiscus.methods.gan.wgan_gp import WGANGP
from hibiscus.networks.dropout import Dropout
from hibiscus.training.config import TrainingConfig
from hibiscus.training.method import Method
from methods.gan_fixtures import GAMES, game_of, images, made, sigmoid


@GAMES
def test_the_discriminator_has_slope_one_where_each_layer_is_normalized(kind):
    game = game_of(kind, spectral_norm=True)
    judge = game.nets["critic" if "critic" in game.nets else "discriminator"]
    layers = [module for module in judge.modules() if hasattr(module, "parametrizations")]
    assert len(layers) >= 2
    for _ in range(
        50
    ):  # each look while it trains is a step of the power method, slow where singular values lie close
        assert all(layer.weight is not None for layer in layers)
    judge.eval()  # the values as they are, not one step on
    for layer in layers:
        assert np.linalg.svd(layer.weight.detach().flatten(1).numpy(), compute_uv=False)[0] == pytest.approx(
            1, abs=0.05
        )
    assert not any(hasattr(module, "parametrizations") for module in game.nets["generator"].modules())


@GAMES
def test_dropout_acts_in_the_discriminator_alone_and_in_training_alone(kind):
    torch.manual_seed(0)
    plain, game = game_of(kind), game_of(kind, dropout=0.5)
    name = "critic" if "critic" in game.nets else "discriminator"
    assert game.nets[name].state_dict().keys() == plain.nets[name].state_dict().keys()
    dropouts = {key: [m for m in net.modules() if isinstance(m, Dropout)] for key, net in game.nets.items()}
    assert [key for key, layers in dropouts.items() if layers] == [name]
    assert all(layer.p == 0.5 for layer in dropouts[name])
    features = []
    dropouts[name][-1].register_forward_hook(lambda net, given, out: features.append(out.detach()))
    loss = game.critic_loss if name == "critic" else game.discriminator_loss
    loss(images(200))
    assert (features[0] == 0).float().mean().item() == pytest.approx(0.5, abs=0.1)
    game.train_mode(False)
    loss(images(200))
    assert (features[-1] == 0).float().mean() < 0.1


@GAMES
@pytest.mark.parametrize("distribution", ["uniform", "normal"])
def test_the_noise_has_the_chosen_distribution(kind, distribution):
    noise = game_of(kind, noise_distribution=distribution).noise(images(4000)).numpy()
    cdf = stats.norm.cdf if distribution == "normal" else stats.uniform(-1, 2).cdf
    assert stats.kstest(noise.ravel(), cdf).pvalue > 1e-3


def test_the_default_noise_is_that_of_the_paper():
    normal = {kind.name for kind in (WGAN, WGANGP, ProGAN)}
    for kind in (DCGAN, LSGAN, CGAN, ACGAN, InfoGAN, StackedGAN, WGAN, WGANGP, ProGAN):
        expected = "normal" if kind.name in normal else "uniform"
        assert kind.Config().noise_distribution == expected, kind.name


@GAMES
def test_real_and_generated_images_have_instance_noise_that_falls_to_zero(kind):
    game, batch = game_of(kind, instance_noise=0.5), images(2000)
    for progress, deviation in ((0, 0.5), (0.5, 0.25), (1, 0)):
        game.set_progress(progress)
        for perturbed in game.perturb(batch, batch.image, batch.image):
            assert (perturbed - batch.image).std().item() == pytest.approx(deviation, abs=0.01)


@GAMES
def test_images_are_augmented_differentiably(kind):
    game, batch = game_of(kind, diff_augment="color,translation,cutout"), images(8)
    image = batch.image.clone().requires_grad_()
    one, two = game.perturb(batch, image, image)
    assert not torch.equal(one, two)
    one.sum().backward()
    assert image.grad is not None
    assert image.grad.abs().sum() > 0


@pytest.mark.parametrize("kind", [DCGAN, CGAN], ids=lambda kind: kind.name)
def test_smooth_and_noisy_labels_in_the_cross_entropy(kind):
    game, batch = made(kind, real_label_value=0.9, label_noise=0.05), images()
    logits = []
    game.nets["discriminator"].register_forward_hook(
        lambda net, given, out: logits.append(out.detach().numpy())
    )
    draws = []
    uniform = batch.uniform

    class Listening(type(batch)):
        def uniform(self, *shape):
            draws.append((shape, uniform(*shape)))
            return draws[-1][1]

    loss, _ = game.discriminator_loss(Listening(batch))
    real, fake = np.split(logits[0], 2)
    first, second = [drawn.numpy() for shape, drawn in draws if shape == (1,)][-2:]
    cross = lambda t, x: -(t * np.log(sigmoid(x)) + (1 - t) * np.log(1 - sigmoid(x))).mean()  # noqa: E731
    assert loss.item() == pytest.approx(
        cross(0.9 - 0.05 * first, real) + cross(0.05 * second, fake), rel=1e-4
    )


def test_smooth_labels_in_the_squares():
    game, batch = made(LSGAN, real_label_value=0.9), images()
    torch.manual_seed(5)
    loss, _ = game.discriminator_loss(batch)
    torch.manual_seed(5)
    fake = game.generate(batch).detach()
    real_value, fake_value = (
        game.nets["discriminator"](x).detach().double().numpy() for x in (batch.image, fake)
    )
    assert loss.item() == pytest.approx(
        ((real_value - 0.9) ** 2).mean() / 2 + (fake_value**2).mean() / 2, rel=1e-4
    )


def test_targets_change_no_other_default():
    """`DiscriminatorGANConfig` only adds to `GANConfig`."""
    defaults = {name: field.default for name, field in GANConfig.model_fields.items()}
    assert defaults == {name: DiscriminatorGANConfig.model_fields[name].default for name in defaults}
    assert defaults["generator_lr_factor"] == 0.5
    assert DiscriminatorGANConfig.model_fields["real_label_value"].default == 1.0
    assert not {"real_label_value", "label_noise"} & defaults.keys()


def test_a_method_has_at_most_three_bases():
    """Method, GAN and one more; the same for the options."""
    for kind in (DCGAN, LSGAN, CGAN, ACGAN, InfoGAN, StackedGAN, WGAN, WGANGP, ProGAN, CycleGAN):
        assert len([base for base in kind.__mro__[1:] if issubclass(base, Method)]) <= 3
        assert len([base for base in kind.Config.__mro__[1:] if issubclass(base, TrainingConfig)]) <= 3
        assert all(name in vars(kind) for name in ("name", "title", "family", "summary")), kind
