import torch

from hibiscus.networks import build_network
from hibiscus.tokens import TokenShape


def test_the_mean_and_the_maximum_by_hand():
    network = build_network("embedding-bag", TokenShape(8, 20), 3, embedding_dim=5, pool="mean-max")
    vectors = network.embedding(torch.tensor([[4, 5]]))[0]
    expected = network.head(torch.cat([vectors.mean(0), vectors.amax(0)])[None])
    torch.testing.assert_close(network(torch.tensor([[4, 5, 0]])), expected)


def test_the_order_of_the_tokens_does_not_count():
    network = build_network("embedding-bag", TokenShape(8, 20), 3)
    torch.testing.assert_close(network(torch.tensor([[4, 5, 6]])), network(torch.tensor([[6, 4, 5]])))
