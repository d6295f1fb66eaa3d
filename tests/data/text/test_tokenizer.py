import doctest
import json
import math
import string
import subprocess
import sys
import time
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer, TfidfVectorizer

from hibiscus.data.text import one_hot
from hibiscus.data.text import tokenizer as text
from hibiscus.data.text.tokenizer import Tokenizer
from hibiscus.errors import ConfigError, DataError

TEXTS = [
    "The cat sat on the mat.",
    "The dog ate my homework!",
    "A cat, a dog & don't",
    "",
    "dog dog DOG zebra",
]
WORDS = [word + ending for word in ("sun", "rain", "don't", "été", "x1") for ending in ("", "s", "ed")]
CORPORA = st.lists(st.lists(st.sampled_from(WORDS), max_size=8).map(" ".join), min_size=1, max_size=6).filter(
    lambda texts: any(texts)
)


def sorted_by(tokenizer, vectoriser, texts, **options):
    """scikit-learn's matrix with its columns in the tokeniser's order."""
    fitted = vectoriser(tokenizer=text.split_words, token_pattern=None, **options).fit(texts)
    return fitted.transform(texts).toarray()[:, [fitted.vocabulary_[word] for word in tokenizer.words]]


def test_words_lose_case_and_punctuation_but_keep_apostrophes():
    assert text.split_words("Don’t STOP -- it's_me (№ 7): 'quoted' été!") == [
        "don't",
        "stop",
        "it's",
        "me",
        "7",
        "quoted",
        "été",
    ]
    assert text.split_words(string.punctuation) == []


def test_order_is_by_count_then_alphabet():
    tokenizer = Tokenizer(top=4).fit(TEXTS)
    assert tokenizer.words == ["dog", "the", "a", "cat"]
    assert tokenizer.index == {"dog": 1, "the": 2, "a": 3, "cat": 4}
    assert tokenizer.encode(["The unknown dog", ""]) == [[2, 1], []]
    assert tokenizer.decode([0, 2, 1, 0]) == ["the", "dog"]


def test_the_docstring_example_runs():
    results = doctest.testmod(text)
    assert results.attempted == 3
    assert results.failed == 0


def test_stop_words_built_in_and_own():
    assert not set(Tokenizer(stop_words=True).fit(TEXTS).words) & text.STOP_WORDS
    assert {"the", "a", "don't", "i"} <= text.STOP_WORDS
    assert len(text.STOP_WORDS) > 100
    assert "dog" not in Tokenizer(stop_words=["DOG"]).fit(TEXTS).words


@settings(max_examples=40, deadline=None)
@given(CORPORA)
def test_modes_equal_scikit_learn(texts):
    tokenizer = Tokenizer().fit(texts)
    counts = sorted_by(tokenizer, CountVectorizer, texts)
    assert np.array_equal(tokenizer.matrix(texts, "count"), counts)
    assert np.array_equal(
        tokenizer.matrix(texts, "binary"), sorted_by(tokenizer, CountVectorizer, texts, binary=True)
    )
    np.testing.assert_allclose(
        tokenizer.matrix(texts, "freq"), counts / np.maximum(counts.sum(1, keepdims=True), 1), atol=1e-6
    )
    tfidf = sorted_by(tokenizer, TfidfVectorizer, texts)
    np.testing.assert_allclose(tokenizer.matrix(texts, "tfidf"), tfidf, atol=1e-6)
    scores = text.tfidf_scores(texts)
    np.testing.assert_allclose([scores[word] for word in tokenizer.words], tfidf.max(0), atol=1e-6)


@settings(max_examples=40, deadline=None)
@given(CORPORA, st.integers(1, 20))
def test_encode_and_decode_are_inverse_and_json_keeps_all(texts, top):
    tokenizer = Tokenizer(top).fit(texts)
    for original, row in zip(texts, tokenizer.encode(texts), strict=True):
        assert tokenizer.decode(row) == [
            word for word in text.split_words(original) if word in tokenizer.index
        ]
    again = Tokenizer.from_dict(json.loads(json.dumps(tokenizer.to_dict())))
    assert again.to_dict() == tokenizer.to_dict()
    assert np.array_equal(again.matrix(texts, "tfidf"), tokenizer.matrix(texts, "tfidf"))


def test_tfidf_formula():
    tokenizer = Tokenizer().fit(["a b", "a"])
    idf_a, idf_b = math.log(3 / 3) + 1, math.log(3 / 2) + 1
    expected = np.array([2 * idf_a, idf_b]) / math.hypot(2 * idf_a, idf_b)
    np.testing.assert_allclose(tokenizer.matrix(["a a b"], "tfidf")[0], expected, rtol=1e-6)


def test_multi_hot():
    matrix, tokenizer = text.multi_hot(TEXTS, top=3)
    assert tokenizer.words == ["dog", "cat", "ate"]
    assert matrix.tolist() == [[0, 1, 0], [1, 0, 1], [1, 1, 0], [0, 0, 0], [1, 0, 0]]
    assert matrix.dtype == np.float32


def test_word_one_hot():
    tokenizer = Tokenizer(top=2).fit(TEXTS)
    result = one_hot.word_one_hot(["The cat, the dog", "dog " * 20], tokenizer, max_length=4)
    assert result.shape == (2, 4, 3)
    assert result[0].tolist() == [[0, 0, 1], [0, 0, 0], [0, 0, 1], [0, 1, 0]]
    assert result[1, :, 1].sum() == 4
    assert result[:, :, 0].sum() == 0


def test_character_one_hot():
    result = one_hot.character_one_hot(["Ab é", "x" * 60])
    assert result.shape == (2, 50, 101)
    assert [string.printable[row.argmax() - 1] for row in result[0, :3]] == ["A", "b", " "]
    assert result[0, 3:].sum() == 0
    assert result[1].sum() == 50
    assert result[:, :, 0].sum() == 0


def test_hashing_one_hot():
    result = one_hot.hashing_one_hot(TEXTS)
    assert result.shape == (5, 10, 1000)
    assert result[0, 1].argmax() == zlib.crc32(b"cat") % 1000
    assert result.sum((1, 2)).tolist() == [6, 5, 5, 0, 4]
    unsigned = HashingVectorizer(
        tokenizer=text.split_words, token_pattern=None, alternate_sign=False, norm=None, n_features=2**18
    )
    ours = one_hot.hashing_one_hot(TEXTS, dimension=2**18).sum(1)
    assert sorted(ours[ours > 0]) == sorted(
        unsigned.fit_transform(TEXTS).data
    )  # as many words fall together: none


def test_hash_is_the_same_in_every_process():
    code = (
        "from hibiscus.data.text.one_hot import hashing_one_hot as h; assert h(['a cat']).argmax(2)[0, "
        ":2].tolist() == %s"
    )
    expected = one_hot.hashing_one_hot(["a cat"]).argmax(2)[0, :2].tolist()
    for seed in ("1", "2"):
        subprocess.run([sys.executable, "-c", code % expected], env={"PYTHONHASHSEED": seed}, check=True)


def test_start_is_quick():
    code = (
        "import sys, hibiscus.data.text.tokenizer, hibiscus.data.images.ops; assert not {'torch', "
        "'sklearn'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_low_tfidf_words_are_dropped():
    texts = [f"the common words and number{item}" for item in range(20)]
    scores = text.tfidf_scores(texts)
    assert scores["number3"] > 2 * scores["the"]
    assert text.drop_low_tfidf(texts, threshold=0.5) == [f"number{item}" for item in range(20)]
    assert text.drop_low_tfidf(texts, keep=20) == [f"number{item}" for item in range(20)]
    assert text.drop_low_tfidf(texts, threshold=0) == texts
    assert text.drop_low_tfidf([*TEXTS], keep=1)[3] == ""


def test_ten_thousand_sentences_take_less_than_two_seconds():
    numbers = np.random.default_rng(0).zipf(1.3, (10_000, 20)) % 20_000
    texts = [" ".join(f"word{number}" for number in row) + "." for row in numbers]
    started = time.perf_counter()
    tokenizer = Tokenizer(stop_words=True).fit(texts)
    assert tokenizer.matrix(texts, "tfidf").shape == (10_000, 1000)
    one_hot.hashing_one_hot(texts[:1000])
    assert time.perf_counter() - started < 4  # twice the aim, for busy machines


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda: Tokenizer(top=0), ConfigError, "integer from 1"),
        (lambda: Tokenizer(stop_words="english"), ConfigError, "wrap it in a list"),
        (lambda: Tokenizer().fit("one text"), DataError, "wrap it in a list"),
        (lambda: Tokenizer().fit([None]), DataError, "NoneType"),
        (lambda: Tokenizer().fit([math.nan]), DataError, "replace missing texts"),
        (lambda: Tokenizer().fit(["...", ""]), DataError, "no words in 2 texts"),
        (lambda: Tokenizer().encode(["a"]), DataError, "call fit(texts)"),
        (lambda: Tokenizer().fit(TEXTS).decode([99]), DataError, "word index 99"),
        (lambda: Tokenizer().fit(TEXTS).decode([-1]), DataError, "word index -1"),
        (lambda: Tokenizer().fit(TEXTS).matrix(TEXTS, "tf-idf"), ConfigError, "did you mean tfidf?"),
        (lambda: Tokenizer.from_dict({"top": 3}), DataError, "cannot be read"),
        (
            lambda: Tokenizer.from_dict(Tokenizer().fit(["a b"]).to_dict() | {"words": ["a"]}),
            DataError,
            "1 words and 2 counts",
        ),
        (lambda: one_hot.character_one_hot(["a", None]), DataError, "NoneType"),
        (lambda: one_hot.character_one_hot(["a"], max_length=0), ConfigError, "max_length=0"),
        (lambda: one_hot.hashing_one_hot(["a"], dimension=-5), ConfigError, "dimension=-5"),
        (lambda: text.drop_low_tfidf(TEXTS), ConfigError, "one of the two"),
        (lambda: text.drop_low_tfidf(TEXTS, threshold=2), ConfigError, "0 to 1"),
        (lambda: text.drop_low_tfidf(TEXTS, keep=0), ConfigError, "keep=0"),
    ],
)
def test_wrong_input_is_explained(call, kind, message):
    with pytest.raises(kind) as caught:
        call()
    assert message in str(caught.value)
