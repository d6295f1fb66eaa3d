from __future__ import annotations

import numpy as np
import torch

from hibiscus.networks.column_embeddings import ColumnEmbeddings

COLUMNS = [
    ("category", 3, ()),
    ("number", 1, (-1.0, 0.0, 2.0)),
    ("number", 1, ()),
    ("category", 9, ()),
    ("number", 1, (0.0, 0.5, 1.0, 4.0)),
]


def rows(count=6):
    generator = np.random.default_rng(0)
    x = generator.normal(size=(count, 15)).astype(np.float32)
    x[:, :3], x[:, 5:14] = (
        np.eye(3)[generator.integers(0, 3, count)],
        np.eye(9)[generator.integers(0, 9, count)],
    )
    x[0, 5:14] = 0  # a category that training did not contain
    return torch.from_numpy(x)


def test_a_piecewise_embedding_is_linear_between_the_limits_of_its_bins():
    layer, x = ColumnEmbeddings(COLUMNS, 2, "piecewise", 4, 8, 5), rows()
    y = layer(x).detach().numpy()
    assert y.shape == (2, 6, layer.width) == (2, 6, 2 * 4 + 3 + 1 + 5)
    weight = layer.embedding.weight.detach().numpy().reshape(2, 3, 2, 3)  # columns, bins, members, values
    layer.embedding.bias.data.zero_()
    for column, (position, limits) in enumerate([(3, (-1, 0, 2)), (14, (0, 0.5, 1, 4))]):
        for member in range(2):
            knots = np.concatenate([[np.zeros(3)], weight[column, : len(limits) - 1, member].cumsum(0)])
            expected = [np.interp(x[:, position], limits, knots[:, value]) for value in range(3)]
            expected.append(x[:, position].numpy())
            found = layer(x)[member, :, 4 * column : 4 * column + 4].detach().numpy()
            np.testing.assert_allclose(found, np.array(expected).T, atol=1e-6)


def test_other_columns_enter_as_they_are_and_large_ones_as_an_embedding():
    layer, x = ColumnEmbeddings(COLUMNS, 2, "piecewise", 4, 8, 5), rows()
    y = layer(x)
    torch.testing.assert_close(y[1, :, 8:12], x[:, [0, 1, 2, 4]])
    vectors = layer.categories[0].weight.detach().view(9, 2, 5)
    for member in range(2):
        assert torch.equal(y[member, 0, 12:], torch.zeros(5))
        chosen = vectors[x[1:, 5:14].argmax(1), member]
        torch.testing.assert_close(y[member, 1:, 12:], chosen)
    none = ColumnEmbeddings(COLUMNS, 2, "none", 4, 9, 5)
    torch.testing.assert_close(none(x), x.expand(2, -1, -1))


def test_a_periodic_embedding_is_its_formula():
    layer, x = ColumnEmbeddings(COLUMNS, 2, "periodic", 4, 8, 5), rows()
    y, own = layer(x).detach(), layer.embedding
    frequency, phase = own.frequency.detach()[1, 2, 0], own.phase.detach().view(2, 3, 16)[1, 2]
    weight, bias = own.weight.detach().view(2, 3, 16, 3)[1, 2], own.bias.detach().view(2, 3, 3)[1, 2]
    waves = torch.cos(2 * torch.pi * frequency * x[:, 14:] + phase)
    torch.testing.assert_close(y[1, :, 8:11], waves @ weight + bias, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(y[1, :, 11], x[:, 14])
