import numpy as np
import pytest
import torch
from torch import nn

from hibiscus.errors import ConfigError
from hibiscus.networks import build_network
from hibiscus.networks.token_embedding import TokenEmbedding, token_embeddings
from hibiscus.tokens import TokenShape


def test_padding_is_zero_and_stays_zero():
    embedding = TokenEmbedding(10, 4)
    optimizer = torch.optim.Adam(embedding.parameters(), 0.1)
    tokens = torch.tensor([[3, 5, 0]])
    assert not embedding(tokens)[0, 2].any()
    (embedding(tokens) - 1).square().sum().backward()
    optimizer.step()
    assert not embedding(tokens)[0, 2].any()
    assert embedding(tokens)[0, :2].abs().min() > 0


def test_vectors_are_set_and_frozen():
    embedding = TokenEmbedding(3, 2)
    embedding.set_vectors(np.ones((3, 2)), frozen=True)
    assert embedding(torch.tensor([[0, 1, 2]])).tolist() == [[[0, 0], [1, 1], [1, 1]]]
    assert not embedding.weight.requires_grad
    embedding.set_vectors(torch.zeros(3, 2))
    assert embedding.weight.requires_grad


@pytest.mark.parametrize("matrix", [np.ones((3, 3)), np.array([[0, 0], [1, np.nan], [1, 1]])])
def test_vectors_that_do_not_fit_are_refused(matrix):
    with pytest.raises(ConfigError, match="word vectors"):
        TokenEmbedding(3, 2).set_vectors(matrix)


def test_dropout_only_in_training():
    embedding = TokenEmbedding(50, 40, dropout=0.5)
    tokens = torch.arange(50)[None]
    assert (embedding(tokens) == 0).float().mean() > 0.4
    assert torch.equal(embedding.eval()(tokens)[0], embedding.weight)


def test_embeddings_of_a_network():
    assert [
        layer.weight.shape for layer in token_embeddings(build_network("lstm", TokenShape(9, 30), 2))
    ] == [(30, 100)]
    assert token_embeddings(nn.Linear(2, 2)) == []
