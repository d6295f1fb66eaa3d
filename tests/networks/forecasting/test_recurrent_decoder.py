import pytest
import torch

from hibiscus.networks.forecasting import build_forecaster


@pytest.mark.parametrize("cell", ["gru", "lstm", "rnn"])
def test_each_step_is_fed_with_the_output_before(cell):
    network = build_forecaster("encoder-decoder", 6, 3, 2, 1, future=2, cell=cell, units=5).core
    series, future = torch.randn(2, 6, 2), torch.randn(2, 9, 2)
    y = network(series, future)
    _, state = network.encoder[0](torch.cat([series, future[:, :6]], 2))
    value = series[:, -1, :1]
    for step in range(3):
        x, state = network.decoder[0](torch.cat([value, future[:, 6 + step]], 1)[:, None], state)
        value = network.head(x[:, 0])
        torch.testing.assert_close(y[:, step, :, 0], value)


def test_a_step_does_not_see_known_columns_of_later_steps():
    network = build_forecaster("encoder-decoder", 6, 4, 1, 1, future=1, units=5)
    future = torch.randn(1, 10, 1, requires_grad=True)
    network(torch.randn(1, 6, 1), future)[0, 1].sum().backward()
    assert (future.grad[0, :8] != 0).all()
    assert (future.grad[0, 8:] == 0).all()


def test_several_layers():
    network = build_forecaster("encoder-decoder", 6, 4, 1, 1, units=5, layers=3, dropout=0.5)
    y = network(torch.randn(2, 6, 1))
    assert y.shape == (2, 4, 1, 1)
    assert not torch.equal(y, network(torch.randn(2, 6, 1)))
