import numpy as np
import pytest
import torch
from torch import nn

from hibiscus.errors import ConfigError
from hibiscus.networks.regularizers import WeightPenalty, constrain


def small():
    torch.manual_seed(0)
    network = nn.Sequential(
        nn.Conv2d(2, 3, 3), nn.BatchNorm2d(3), nn.ReLU(inplace=True), nn.Flatten(), nn.Linear(12, 4)
    )
    return network


def arrays(*parameters):
    return [parameter.detach().double().numpy() for parameter in parameters]


@pytest.mark.parametrize(("l1", "l2"), [(0.1, 0.0), (0.0, 0.2), (0.1, 0.2)])
@pytest.mark.parametrize(
    ("targets", "layers"),
    [(("weight",), "*"), (("bias",), "*"), (("weight", "bias"), "*"), (("weight",), "4")],
)
def test_penalty_against_numpy(l1, l2, targets, layers):
    network = small()
    chosen = [network[0], network[4]] if layers == "*" else [network[4]]
    values = arrays(*[getattr(layer, target) for layer in chosen for target in targets])
    expected = sum(l1 * np.abs(value).sum() + l2 * (value**2).sum() for value in values)
    assert WeightPenalty(network, l1, l2, targets, layers)().item() == pytest.approx(expected, rel=1e-5)


def test_penalty_has_the_gradient_of_its_formula():
    network = small()
    WeightPenalty(network, l1=0.1, l2=0.2)().backward()
    weight = network[4].weight
    torch.testing.assert_close(weight.grad, 0.1 * weight.detach().sign() + 0.4 * weight.detach())
    assert network[1].weight.grad is None


def test_recurrent_weights_count():
    cell = nn.LSTM(3, 4)
    weights = arrays(cell.weight_ih_l0, cell.weight_hh_l0)
    assert WeightPenalty(cell, l2=1.0)().item() == pytest.approx(
        sum((weight**2).sum() for weight in weights), rel=1e-5
    )


def test_activity_is_heard_while_training_only():
    network = small()
    penalty = WeightPenalty(network, l1=0.1, l2=0.2, targets="activity", layers="0")
    x = torch.randn(5, 2, 4, 4)
    outputs = network[0](x).detach().double().numpy()
    penalty()
    network(x)
    value = penalty()
    assert value.item() == pytest.approx((0.1 * np.abs(outputs) + 0.2 * outputs**2).sum() / 5, rel=1e-5)
    value.backward()
    assert network[0].weight.grad.abs().sum() > 0
    assert penalty().item() == 0
    network.eval()
    network(x)
    assert penalty().item() == 0
    network.train()
    with torch.no_grad():
        network(x)
    assert penalty().item() == 0
    penalty.close()
    network(x)
    assert penalty().item() == 0


def test_activity_of_a_layer_under_an_in_place_relu():
    network = nn.Sequential(nn.Linear(3, 4), nn.ReLU(inplace=True))
    penalty = WeightPenalty(network, l2=1.0, targets=("activity",))
    x = torch.randn(2, 3)
    expected = (x @ network[0].weight.T + network[0].bias).square().sum().item() / 2
    loss = network(x).sum() + (value := penalty())
    loss.backward()
    assert value.item() == pytest.approx(expected, rel=1e-5)


def test_max_norm_against_numpy():
    network = nn.ModuleDict(
        {
            "linear": nn.Linear(30, 5),
            "conv": nn.Conv2d(4, 6, 3),
            "up": nn.ConvTranspose2d(4, 6, 3),
            "cell": nn.GRU(9, 8),
        }
    )
    with torch.no_grad():
        network["linear"].weight[0] *= 0.01  # a short one, which stays as it is
    axes = {
        "linear.weight": (1,),
        "conv.weight": (1, 2, 3),
        "up.weight": (0, 2, 3),
        "cell.weight_ih_l0": (1,),
        "cell.weight_hh_l0": (1,),
    }
    before = {
        name: parameter.detach().clone().double().numpy() for name, parameter in network.named_parameters()
    }
    constrain(network, max_norm=0.5)
    for name, parameter in network.named_parameters():
        expected = before[name]
        if name in axes:
            length = np.sqrt((expected**2).sum(axis=axes[name], keepdims=True))
            expected = expected * np.minimum(1, 0.5 / length)
        np.testing.assert_allclose(parameter.detach().numpy(), expected, rtol=1e-5)
    assert network["linear"].weight.requires_grad


def test_max_norm_of_zero_weights_stays_zero():
    layer = nn.init.zeros_(nn.Linear(3, 2).weight)
    network = nn.Linear(3, 2)
    network.weight.data.copy_(layer)
    constrain(network, max_norm=1.0)
    assert network.weight.abs().sum() == 0


def test_clip_takes_every_parameter():
    network = small()
    before = arrays(*network.parameters())
    constrain(network, clip=0.05)
    for parameter, old in zip(network.parameters(), before, strict=True):
        np.testing.assert_allclose(parameter.detach().numpy(), np.clip(old, -0.05, 0.05), rtol=1e-6)
    network = small()
    constrain(network, clip=0.05, layers="4")
    assert network[0].weight.abs().max() > 0.05
    assert network[4].weight.abs().max() <= 0.05 + 1e-7


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: WeightPenalty(small(), l2=-1.0), "at least 0"),
        (lambda: WeightPenalty(small(), l2=1.0, targets=("wieght",)), "did you mean weight"),
        (lambda: WeightPenalty(small(), l2=1.0, layers="head"), "matches no layer"),
        (lambda: constrain(small(), max_norm=0.0), "above 0"),
        (lambda: constrain(small(), clip=1.0, layers="head"), "matches no layer"),
    ],
)
def test_refusals(call, words):
    with pytest.raises(ConfigError) as caught:
        call()
    assert words in str(caught.value)
