import torch

from hibiscus.networks import build_network
from hibiscus.networks.token_embedding import token_embeddings
from hibiscus.tokens import TokenShape


def test_positions_count():
    options = {"width": 16, "layers": 1}
    network = build_network("transformer", TokenShape(8, 20), 3, **options).eval()
    one, other = torch.tensor([[4, 5, 6]]), torch.tensor([[6, 5, 4]])
    assert not torch.allclose(network(one), network(other))
    network = build_network("transformer", TokenShape(8, 20), 3, positions="none", **options).eval()
    torch.testing.assert_close(network(one), network(other))


def test_word_vectors_of_another_width_are_projected():
    network = build_network("transformer", TokenShape(8, 20), 3, width=16, embedding_dim=25)
    assert token_embeddings(network)[0].weight.shape == (20, 25)
    assert network(torch.tensor([[4, 5, 6]])).shape == (1, 3)
