import math

import numpy as np
import pytest

from hibiscus.data.text.word_vectors import WordVectors, read_word_vectors
from hibiscus.evaluation.sentence_embedders import WordAverages

VECTORS = {"good": (1, 0), "film": (0, 1), "bad": (-1, 0)}


def read(words):
    found = np.array([word in VECTORS for word in words])
    matrix = np.array([VECTORS.get(word, (0, 0)) for word in words], np.float32)
    return WordVectors(matrix, found, ["a note"])


def test_the_mean_of_the_words_that_have_a_vector():
    model = WordAverages("glove", read)
    embeddings = model.fit([]).embed(["A good film!", "Bad bad film", "unheard of", ""])
    assert embeddings.dtype == np.float32
    np.testing.assert_allclose(embeddings, [[0.5, 0.5], [-2 / 3, 1 / 3], [0, 0], [0, 0]], rtol=1e-6)
    assert model.name == "mean of glove"
    assert model.notes[0] == "a note"
    assert model.notes[1].startswith("55.6% of the words")  # 5 of 9
    assert model.notes[2].startswith("2 of 4 texts have no word")


def test_tf_idf_gives_rare_words_more_weight():
    model = WordAverages("glove", read, "tf-idf").fit(["good film", "a film", "film"])
    weight = {"film": 1.0, "good": math.log(4 / 2) + 1, "bad": math.log(4 / 1) + 1}
    embeddings = model.embed(["good film", "bad film"])
    for row, (word, sign) in zip(embeddings, [("good", 1), ("bad", -1)], strict=True):
        total = weight[word] + weight["film"]
        np.testing.assert_allclose(row, [sign * weight[word] / total, weight["film"] / total], rtol=1e-6)


def test_vectors_of_a_file(tmp_path):
    file = tmp_path / "vectors.txt"
    file.write_text("good 1 0\nfilm 0 1\n")
    model = WordAverages("vectors.txt", lambda words: read_word_vectors(file, words))
    np.testing.assert_allclose(model.embed(["good film"]), [[0.5, 0.5]])
    with pytest.raises(Exception, match="none of the 1 words"):
        model.embed(["unheard"])
