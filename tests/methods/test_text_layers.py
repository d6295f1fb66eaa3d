import numpy as np
import torch

from hibiscus.data.preparation import Preparation
from hibiscus.data.text.preparation import TextPreparation
from hibiscus.methods.text_layers import set_text_layers
from hibiscus.networks import build_network

LEARNED = TextPreparation.fit(["a good film", "a bad film", "a film"])


def test_bags_have_the_frequencies_of_the_training_texts():
    network = build_network("linear", LEARNED.shape, 2, weighting="tfidf")
    set_text_layers(network, Preparation({"text": LEARNED}), True)
    bag = network[0](torch.from_numpy(LEARNED.encode(["a good film"])).long())[0].numpy()
    good, film = (LEARNED.number_lists([word])[0][0] for word in ("good", "film"))
    assert bag[good] / bag[film] == np.float32(np.log(4 / 2) + 1)
    assert np.linalg.norm(bag) == np.float32(1)


def test_embeddings_are_frozen_or_trained():
    network = build_network("conv1d", LEARNED.shape, 2)
    for tuned in (False, True):
        set_text_layers(network, Preparation({"text": LEARNED}), tuned)
        assert network.embedding.weight.requires_grad is tuned
