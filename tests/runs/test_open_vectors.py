import numpy as np
import pandas
import pytest
import torch

import hibiscus
from hibiscus.errors import ConfigError, DataError
from hibiscus.networks.token_embedding import token_embeddings
from hibiscus.tokens import SPECIAL

TEXTS = [f"a {word} story number {number}" for number in range(12) for word in ("good", "bad")]
FRAME = pandas.DataFrame({"text": TEXTS, "label": ["pos", "neg"] * 12})
SHORT = {
    "ensemble": 1,
    "target": "label",
    "epochs": 1,
    "batch_size": 8,
    "net": "embedding-bag",
    "val": 0.2,
    "test": 0.2,
}


@pytest.fixture
def vectors(tmp_path):
    file = tmp_path / "glove.txt"
    file.write_text("good 1 2 3\nbad -1 -2 -3\nstory 4 0 4\nelsewhere 9 9 9\n")
    return str(file)


def train(tmp_path, **options):
    return hibiscus.train("classify", FRAME, out=tmp_path / "run", quiet=True, **{**SHORT, **options})


def weights(run):
    (layer,) = token_embeddings(run.method().nets["network"])
    return layer.weight.detach()


def test_frozen_vectors_are_those_of_the_file_up_to_their_scale(tmp_path, vectors):
    run = train(tmp_path, word_vectors=vectors, tune_vectors=False, learning_rate=0.1)
    words = run.preparation["text"].vocabulary
    matrix = weights(run)
    assert matrix.shape == (len(SPECIAL) + len(words), 3)
    good, bad, story = (matrix[len(SPECIAL) + words.index(word)] for word in ("good", "bad", "story"))
    torch.testing.assert_close(good, -bad)
    torch.testing.assert_close(story / story[0], torch.tensor([1.0, 0.0, 1.0]))
    torch.testing.assert_close(good / story[0], torch.tensor([0.25, 0.5, 0.75]))
    assert "elsewhere" not in words
    assert any("word vectors of" in note for note in run.info["data"]["notes"])


def test_tuned_vectors_move_and_a_run_needs_the_file_no_more(tmp_path, vectors):
    run = train(tmp_path, word_vectors=vectors, learning_rate=0.1)
    words = run.preparation["text"].vocabulary
    good, bad = (weights(run)[len(SPECIAL) + words.index(word)] for word in ("good", "bad"))
    assert not torch.allclose(good, -bad)
    before = run.predict(["a good story"])["probabilities"]
    open(vectors, "w").close()
    again = hibiscus.load(tmp_path / "run").predict(["a good story"])["probabilities"]
    np.testing.assert_array_equal(before, again)


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"net": "linear"}, "net=linear"),
        ({"net.embedding_dim": 5}, "net.embedding_dim=5"),
        ({"tokens": "character"}, "tokens=character"),
    ],
)
def test_unfit_options(tmp_path, vectors, options, match):
    with pytest.raises(ConfigError, match=match):
        train(tmp_path, word_vectors=vectors, **options)


def test_data_without_texts(tmp_path, vectors):
    with pytest.raises(ConfigError, match="data without texts"):
        hibiscus.train("classify", "digits", out=tmp_path / "run", quiet=True, word_vectors=vectors)


def test_a_missing_file(tmp_path):
    with pytest.raises(DataError, match="nowhere"):
        train(tmp_path, word_vectors=str(tmp_path / "nowhere.txt"))


def test_vectors_of_an_earlier_run(tmp_path):
    options = {"out": tmp_path / "words", "quiet": True, "epochs": 1, "min_count": 1}
    words = hibiscus.train("skip-gram", FRAME[["text"]], **options)
    run = train(tmp_path, word_vectors=f"run:{tmp_path / 'words'}", tune_vectors=False)
    vocabulary, learned = run.preparation["text"].vocabulary, words.preparation["text"].vocabulary
    given = words.method().nets["network"].centers
    rows = [len(SPECIAL) + learned.index(word) for word in ("good", "bad")]
    own = [len(SPECIAL) + vocabulary.index(word) for word in ("good", "bad")]
    ratio = weights(run)[own] / given.weight.detach()[rows]
    torch.testing.assert_close(ratio, ratio.mean().expand_as(ratio))


def test_a_run_without_words(tmp_path):
    hibiscus.train(
        "classify", "digits", out=tmp_path / "digits", quiet=True, epochs=1, max_rounds=1, net="linear"
    )
    with pytest.raises(ConfigError, match="a run of classify"):
        train(tmp_path, word_vectors=f"run:{tmp_path / 'digits'}")


def test_nothing_to_keep(tmp_path):
    with pytest.raises(ConfigError, match="tune_vectors=false without word_vectors"):
        train(tmp_path, tune_vectors=False)
