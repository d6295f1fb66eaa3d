import torch
from torch import nan

from hibiscus.networks.series_padding import FlatSeries, separate_padding


def test_zeros_and_lengths():
    x = torch.tensor([[[1.0, 2], [3, 4], [nan, nan]], [[1, 2], [3, 4], [5, 6]], [[nan, nan]] * 3])
    filled, lengths = separate_padding(x)
    assert lengths.tolist() == [2, 3, 1]
    assert filled[0, 2].tolist() == [0, 0]
    assert torch.equal(filled[1], x[1])
    assert FlatSeries()(x).shape == (3, 6)
    assert FlatSeries()(x).isfinite().all()
