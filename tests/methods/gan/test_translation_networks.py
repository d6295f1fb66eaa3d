"""The networks of CycleGAN for a domain."""

from __future__ import annotations

import pytest
import torch

from contract.checks import Bench
from hibiscus.methods.gan.cyclegan import CycleGAN
from hibiscus.methods.gan.translation_networks import averages, domain_networks, fit_alignments
from hibiscus.networks.cyclegan import Alignment, ResNetGenerator, UNetGenerator
from hibiscus.networks.dropout import Dropout

SHAPE = (1, 8, 8)


def config(**options):
    return CycleGAN.Config(width=4, **options)


@pytest.mark.parametrize(("net", "kind"), [("unet", UNetGenerator), ("resnet", ResNetGenerator)])
def test_each_domain_has_its_networks(net, kind):
    networks = domain_networks("b", config(net=net), SHAPE)
    assert set(networks) == {"to_b", "discriminator_b", "pool_b"}
    assert isinstance(networks["to_b"], kind)
    assert not averages(networks, 0.0)
    x = torch.zeros(2, *SHAPE)
    assert networks["discriminator_b"](x).shape[:2] == (2, 1)


def test_averages_follow_both_translators():
    networks = {}
    for domain in "ab":
        networks |= domain_networks(domain, config(ema_decay=0.9), SHAPE)
    pairs = [(follower.follower, follower.leader) for follower in averages(networks, 0.9)]
    assert pairs == [(networks[f"ema_to_{domain}"], networks[f"to_{domain}"]) for domain in "ab"]


def test_dropout_acts_in_the_discriminators_only():
    networks = domain_networks("a", config(dropout=0.5), SHAPE)
    has = {name: any(isinstance(m, Dropout) for m in net.modules()) for name, net in networks.items()}
    assert has == {"to_a": False, "discriminator_a": True, "pool_a": False}
    x, discriminator = torch.rand(2, *SHAPE), networks["discriminator_a"]
    assert not torch.equal(discriminator.train()(x), discriminator(x))
    assert torch.equal(discriminator.eval()(x), discriminator(x))


def test_alignments_are_fitted_to_the_training_images(tmp_path):
    bench = Bench(CycleGAN, tmp_path, count=60, align=True)
    fit_alignments(bench.method.nets, bench.data)
    alignments = [next(bench.method.nets[f"to_{domain}"].children()) for domain in "ab"]
    assert all(isinstance(alignment, Alignment) for alignment in alignments)
    assert not torch.equal(alignments[0].outside, torch.zeros(1, 1, 1, 1))
    assert torch.allclose(alignments[0].scale * alignments[1].scale, torch.ones(2))
