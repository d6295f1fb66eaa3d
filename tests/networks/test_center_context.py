import torch

from hibiscus.networks.center_context import SkipGram


def test_scores_are_products_of_the_vectors():
    network = SkipGram(6, 3)
    torch.nn.init.normal_(network.contexts.weight)
    scores = network(torch.tensor([4, 5]), torch.tensor([[1, 2], [3, 4]]))
    expected = network.centers.weight[5] @ network.contexts.weight[3]
    torch.testing.assert_close(scores[1, 0], expected)
    assert scores.shape == (2, 2)


def test_at_first_all_vectors_are_small_and_padding_has_none():
    network = SkipGram(6, 3)
    for layer in (network.centers, network.contexts):
        assert not layer.weight[0].any()
        assert 0 < layer.weight[1:].abs().max() <= 0.5 / 3
