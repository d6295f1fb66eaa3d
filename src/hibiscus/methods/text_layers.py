"""Layers of networks on texts that depend on the training texts or on word vectors."""

from __future__ import annotations

from torch import nn

from hibiscus.data.preparation import Preparation
from hibiscus.networks.bag_of_tokens import BagOfTokens
from hibiscus.networks.token_embedding import token_embeddings

__all__ = ["set_text_layers"]


def set_text_layers(network: nn.Module, preparation: Preparation, tune_vectors: bool) -> None:
    """Freezes token embeddings, or not, and sets the inverse document frequencies of bags of tokens.

    Args:
        network: a new one.
        preparation: of the data; of texts, if the network takes texts.
        tune_vectors: whether token embeddings are trained.
    """
    for layer in token_embeddings(network):
        layer.weight.requires_grad_(tune_vectors)
    for layer in network.modules():
        if isinstance(layer, BagOfTokens) and layer.weighting == "tfidf":
            layer.set_idf(preparation["text"].idf)
