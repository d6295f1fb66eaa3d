import torch
from torch import nn

from hibiscus.evaluation.attribution.map_gradient import map_gradient


def test_map_and_gradient_of_a_known_network():
    """score = sum of A^2 / 2, so its gradient is A."""
    layer = nn.Conv2d(1, 2, 1, bias=False)
    maps, gradient = map_gradient(
        lambda x: (layer(x) ** 2).sum((1, 2, 3)) / 2, layer, torch.randn(2, 1, 3, 3)
    )
    assert torch.allclose(maps, gradient)
    assert maps.shape == (2, 2, 3, 3)
    assert not gradient.requires_grad


def test_the_last_of_several_calls_counts():
    layer = nn.Conv2d(1, 1, 1, bias=False)
    image = torch.randn(1, 1, 4, 4)
    maps, gradient = map_gradient(lambda x: layer(layer(x)).sum((1, 2, 3)), layer, image)
    with torch.no_grad():
        assert torch.allclose(maps, layer(layer(image)))
    assert torch.equal(gradient, torch.ones(1, 1, 4, 4))
