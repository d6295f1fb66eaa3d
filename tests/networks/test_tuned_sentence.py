import numpy as np
import pytest
import torch

from hibiscus.data.text.preparation import TextPreparation
from hibiscus.errors import ConfigError
from hibiscus.evaluation.minilm_embedder import MiniLM
from hibiscus.networks.minilm import load_sentence_encoder
from hibiscus.networks.registry import build_network
from hibiscus.networks.tuned_sentence import TunedSentenceNetwork

TEXTS = ["A man is eating food.", "Hibiscus blooms!", "word " * 300]
LAYER = 1_774_464  # parameters of a layer of MiniLM


def encoded():
    texts = TextPreparation.fit(TEXTS, tokens="word-piece")
    return texts, torch.from_numpy(texts.encode(TEXTS)).long()


def test_at_first_the_input_of_the_head_is_the_embedding_of_minilm():
    texts, tokens = encoded()
    network = build_network("sentence", texts.shape, 384, derived={"trained_layers": 2}).eval()
    assert isinstance(network, TunedSentenceNetwork)
    network.load_published()
    torch.nn.init.eye_(network.head[-1].weight)
    expected = MiniLM().embed(TEXTS)
    for tracked in (True, False):  # as in training, and as for predictions
        with torch.set_grad_enabled(tracked):
            means = network(tokens).detach().numpy()
        np.testing.assert_allclose(means / np.linalg.norm(means, axis=1, keepdims=True), expected, atol=5e-6)


def test_the_last_layers_and_the_head_are_trained_and_those_of_the_package_are_not():
    tokens, network = encoded()[1], TunedSentenceNetwork(2, 1)
    network.load_published()
    published = load_sentence_encoder().encoder
    before = published.layers[-1].outer.weight.clone()
    assert sum(parameter.numel() for parameter in network.parameters()) == LAYER + 384 * 2 + 2
    optimizer = torch.optim.SGD(network.parameters(), 0.1)
    for _ in range(2):  # the first step changes the head alone, whose weights are zero
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(network(tokens), torch.tensor([0, 1, 0])).backward()
        optimizer.step()
    assert all(parameter.grad is not None for parameter in network.parameters())
    assert not torch.equal(network.layers[0].outer.weight, before)
    assert torch.equal(published.layers[-1].outer.weight, before)
    assert published.layers[0].outer.weight.grad is None


def test_dropout_acts_in_training_alone_and_the_published_layers_have_none():
    tokens, network = encoded()[1][:1], TunedSentenceNetwork(384, 3, dropout=0.5)
    torch.nn.init.eye_(network.head[-1].weight)
    assert not torch.equal(network(tokens), network(tokens))
    network.eval()
    assert torch.equal(network(tokens), network(tokens))
    assert [layer.dropout for layer in load_sentence_encoder().encoder.layers] == [0.0] * 6


def test_earlier_layers_have_smaller_rates():
    network = TunedSentenceNetwork(2, 3)
    factors = network.layer_lr_factors(0.5, head=10)
    assert [factors[layer.norm.weight] for layer in network.layers] == [0.125, 0.25, 0.5]
    assert factors[network.head[-1].bias] == 10
    assert factors.keys() == set(network.parameters())


@pytest.mark.parametrize("layers", [0, 7])
def test_minilm_has_six_layers(layers):
    with pytest.raises(ConfigError, match=f"unfreeze={layers}"):
        TunedSentenceNetwork(2, layers)


def test_weights_can_be_taken_from_an_encoder_that_was_loaded_for_embeddings():
    load_sentence_encoder.cache_clear()
    with torch.inference_mode():
        load_sentence_encoder()
    network = TunedSentenceNetwork(2, 1)
    network.load_published()
    network(encoded()[1]).sum().backward()
    assert network.head[-1].weight.grad.any()
