"""Counts of words and pairs, against scikit-learn's."""

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from hibiscus.data.text.words import split_tokens
from hibiscus.errors import DataError
from hibiscus.evaluation.text_features import TermCounts, tfidf

TRAIN = ["a good good film", "a bad film !", "no film"]
TEST = ["good good good bad film", "", "unknown words"]


def test_words_and_pairs_are_those_of_scikit_learn():
    terms = TermCounts(TRAIN)
    peer = TfidfVectorizer(tokenizer=split_tokens, token_pattern=None, ngram_range=(1, 2), sublinear_tf=True)
    expected = [peer.fit_transform(TRAIN).toarray(), peer.transform(TEST).toarray()]
    found = [matrix.toarray() for matrix in tfidf(terms.counts(TRAIN), terms.counts(TEST))]
    assert len(terms) == len(peer.vocabulary_) == found[0].shape[1]
    for mine, theirs in zip(found, expected, strict=True):  # the order of the terms differs
        np.testing.assert_allclose(mine @ found[0].T, theirs @ expected[0].T, atol=1e-6)
        np.testing.assert_allclose(np.sort(mine, 1), np.sort(theirs, 1), atol=1e-6)


def test_terms_of_other_texts_are_not_counted():
    terms = TermCounts(TRAIN)
    counts = terms.counts(["good bad", "unknown film", "film film"]).toarray()
    assert counts.sum(1).tolist() == [2, 1, 2]  # no pair of the training texts
    assert terms.counts(TRAIN).toarray().sum() == 4 + 4 + 2 + 3 + 3 + 1


def test_texts_without_words():
    with pytest.raises(DataError, match="no words in 2 texts"):
        TermCounts(["", " \n"])
