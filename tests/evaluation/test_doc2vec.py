import os
import subprocess
import sys

import numpy as np
import pytest

from hibiscus.errors import DataError, MissingExtraError
from hibiscus.evaluation.doc2vec import Doc2Vec

TEXTS = ["the cat sat on the mat", "the dog ate the bone", "stocks fell on monday"] * 5


def test_a_missing_package_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "gensim.models.doc2vec", None)
    with pytest.raises(MissingExtraError) as caught:
        Doc2Vec()
    assert caught.value.fix == "pip install 'hibiscus[text]'"


def test_equal_texts_have_equal_embeddings():
    pytest.importorskip("gensim")
    model = Doc2Vec(dimension=8, epochs=5).fit(TEXTS)
    embeddings = model.embed(["the cat sat", "the dog ate", "the cat sat", "unheard of", ""])
    assert embeddings.dtype == np.float32
    assert embeddings.shape == (5, 8)
    np.testing.assert_array_equal(embeddings[0], embeddings[2])
    assert np.abs(embeddings[0] - embeddings[1]).max() > 1e-3
    assert not embeddings[4].any()
    assert model.notes == ["2 of 5 texts have no word that occurs in the training texts"]


def test_embeddings_do_not_depend_on_the_process():
    pytest.importorskip("gensim")
    code = (
        "from hibiscus.evaluation.doc2vec import Doc2Vec;"
        f"print(Doc2Vec(4, 3).fit({TEXTS!r}).embed(['the cat']).tolist())"
    )
    other = {**os.environ, "PYTHONHASHSEED": "1"}  # that of this process is random, or another
    arguments = [sys.executable, "-c", code]
    printed = subprocess.run(arguments, env=other, capture_output=True, text=True, check=True).stdout
    assert printed == f"{Doc2Vec(4, 3).fit(TEXTS).embed(['the cat']).tolist()}\n"


def test_before_training_and_without_words():
    pytest.importorskip("gensim")
    with pytest.raises(DataError, match="without training"):
        Doc2Vec().embed(["a"])
    with pytest.raises(DataError, match="no words in 2 texts"):
        Doc2Vec().fit(["", " "])
