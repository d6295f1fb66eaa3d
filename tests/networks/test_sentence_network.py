import numpy as np
import pytest
import torch

from hibiscus.data.text.preparation import TextPreparation
from hibiscus.errors import ConfigError
from hibiscus.evaluation.minilm_embedder import MiniLM
from hibiscus.networks.registry import build_network
from hibiscus.networks.sentence_network import SentenceNetwork
from hibiscus.tokens import UNKNOWN, TokenShape

TEXTS = ["A man is eating food.", "Hibiscus blooms!", "word " * 300]


def pieces(**options):
    return TextPreparation.fit(TEXTS, tokens="word-piece", **options)


def normalized(features):
    """The sentence embeddings, from the features, of which the last layer's come last."""
    last = features[:, -384:].numpy()
    return last / np.linalg.norm(last, axis=1, keepdims=True)


def test_the_last_features_are_the_embeddings_of_minilm():
    texts = pieces()
    network = build_network("sentence", texts.shape, 3)
    features = network.features(torch.from_numpy(texts.encode(TEXTS)).long())
    assert features.shape == (3, 4 * 384)
    np.testing.assert_allclose(normalized(features), MiniLM().embed(TEXTS), atol=2e-6)


def test_texts_or_their_embeddings_give_the_same_outputs():
    texts = pieces()
    network = build_network("sentence", texts.shape, 2).eval()
    torch.nn.init.normal_(network.head[-1].weight)
    tokens = torch.from_numpy(texts.encode(TEXTS)).long()
    features = network.features(tokens)
    network.head.fit(features)
    assert network(features).shape == (3, 2)
    torch.testing.assert_close(network(tokens), network(features))


def test_only_the_head_is_trained_and_stored():
    network = SentenceNetwork(3)
    assert sum(parameter.numel() for parameter in network.parameters()) == 1536 * 3 + 3
    assert sum(value.numel() for value in network.state_dict().values()) == 1536 * 3 + 3 + 2 * 1536


def test_an_empty_text_and_an_unknown_token_have_embeddings():
    network = SentenceNetwork(2)
    features = network.features(torch.tensor([[0, 0], [UNKNOWN, 0]]))
    np.testing.assert_allclose(normalized(features[:1]), MiniLM().embed([""]), atol=2e-6)
    assert torch.isfinite(features).all()
    assert (features[0] - features[1]).abs().max() > 0.01


@pytest.mark.parametrize(
    ("shape", "received"), [((3, 32, 32), "data other than texts"), (TokenShape(5, 100), "other tokens")]
)
def test_other_inputs_are_refused(shape, received):
    with pytest.raises(ConfigError, match=received):
        build_network("sentence", shape, 2)
