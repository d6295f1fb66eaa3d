from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch.nn import functional

from hibiscus.networks.member_layers import MemberDropout, MemberLinear, MemberScale, ParametricActivation
from hibiscus.sharding import Shard, sharded


@pytest.mark.parametrize("ntk", [True, False])
def test_each_member_has_a_linear_layer_of_its_own(ntk):
    layer, x = MemberLinear(3, 5, 2, ntk), torch.randn(3, 4, 5)
    y = layer(x).detach().numpy()
    weight, bias = layer.weight.detach().view(3, 2, 5).numpy(), layer.bias.detach().view(3, 2).numpy()
    gain = 1 / math.sqrt(5) if ntk else 1
    for member in range(3):
        expected = gain * x[member].numpy() @ weight[member].T + bias[member]
        np.testing.assert_allclose(y[member], expected, atol=1e-5)


@pytest.mark.parametrize("ntk", [True, False])
def test_outputs_have_the_variance_of_the_inputs_whatever_the_width(ntk):
    torch.manual_seed(0)
    layer = MemberLinear(2, 400, 300, ntk)
    assert (layer.bias != 0).any() == ntk
    layer.bias.data.zero_()
    assert layer(torch.randn(2, 50, 400)).std().item() == pytest.approx(1, rel=0.03)


def test_scales_and_activations_are_learned_for_each_member_and_feature():
    x = torch.randn(2, 3, 4)
    scale = MemberScale(2, 4)
    assert torch.equal(scale(x), x)
    scale.scale.data = torch.arange(8.0)
    torch.testing.assert_close(scale(x), x * torch.arange(8.0).view(2, 1, 4))
    layer = ParametricActivation(2, 4, "selu")
    torch.testing.assert_close(layer(x), functional.selu(x))
    layer.alpha.data[:4] = 0.25
    torch.testing.assert_close(layer(x)[0], 0.75 * x[0] + 0.25 * functional.selu(x[0]))
    torch.testing.assert_close(layer(x)[1], functional.selu(x[1]))


def test_dropout_draws_a_mask_for_each_member_and_the_same_for_a_shard():
    layer, x = MemberDropout(0.5), torch.ones(2, 6, 50)
    torch.manual_seed(0)
    whole = layer(x)
    assert not torch.equal(whole[0], whole[1])
    assert set(whole.unique().tolist()) == {0.0, 2.0}
    torch.manual_seed(0)
    with sharded(Shard(2, 3, 6, 2)):
        torch.testing.assert_close(layer(x[:, 2:5]), whole[:, 2:5])
    assert torch.equal(layer.eval()(x), x)


def test_vectors_are_one_dimensional_so_that_weight_decay_leaves_them_alone():
    for layer in (MemberLinear(3, 5, 2), MemberScale(3, 5), ParametricActivation(3, 5, "selu")):
        shapes = {name: parameter.ndim for name, parameter in layer.named_parameters()}
        assert shapes in ({"weight": 2, "bias": 1}, {"scale": 1}, {"alpha": 1})
