import torch

from hibiscus.networks.forecasting import build_forecaster


def test_it_reads_everything_that_is_known():
    network = build_forecaster("mlp", 6, 3, 3, 2, future=2, static=1, hidden=[16], dropout=0.0)
    inputs = [torch.randn(2, 6, 3), torch.randn(2, 9, 2), torch.randn(2, 1)]
    for part in inputs:
        part.requires_grad_()
    network(*inputs)[0, 0, 0, 0].backward()
    for part in inputs:
        assert (part.grad[0] != 0).all()
        assert (part.grad[1] == 0).all()


def test_hidden_layers():
    network = build_forecaster("mlp", 6, 3, 2, 1, hidden=[16, 8])
    sizes = [layer.out_features for layer in network.core.body if isinstance(layer, torch.nn.Linear)]
    assert sizes == [16, 8]
    one = build_forecaster("mlp", 6, 3, 2, 1, hidden=5)
    assert one.core.head.in_features == 5
