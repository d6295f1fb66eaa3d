import numpy as np
import torch

from hibiscus.networks import minilm
from hibiscus.networks.minilm import embed_tokens, load_sentence_encoder


def test_the_encoder_is_loaded_once_and_not_trained():
    encoder = load_sentence_encoder()
    assert encoder is load_sentence_encoder()
    assert not encoder.training
    assert not any(parameter.requires_grad for parameter in encoder.parameters())
    assert sum(parameter.numel() for parameter in encoder.parameters()) == 22_564_608


def test_texts_of_like_length_are_embedded_together(monkeypatch):
    monkeypatch.setattr(minilm, "TOKENS_AT_ONCE", 6)
    shapes, counts = [], []

    def encoder(batch):
        shapes.append(tuple(batch.shape))
        return torch.stack([batch.sum(1), (batch > 0).sum(1)], 1)

    tokens = [[1, 2, 3], [4], [5, 6, 7], [8], [1] * 9]
    embeddings = embed_tokens(encoder, tokens, advance=counts.append)
    assert embeddings.tolist() == [[6, 3], [4, 1], [18, 3], [8, 1], [9, 9]]
    assert shapes == [(2, 1), (2, 3), (1, 9)]
    assert counts == [2, 2, 1]
    assert embeddings.dtype == np.float32
