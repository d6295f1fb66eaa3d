import gzip
import os
import struct

import numpy as np
import pytest

from hibiscus.data.text import fasttext_model, vector_table, word2vec_binary
from hibiscus.data.text.fasttext_model import MAGIC, ngram_hashes
from hibiscus.data.text.word_vectors import read_word_vectors
from hibiscus.errors import DataError

GLOVE = "the 0.5 -1 2e-1\ncat 1 2 3\n. . . 7 8 9\nÉté 4 5 6\n"
WORDS = ["cat", "the", "zebra", "été"]


def written(tmp_path, content, name="vectors.txt"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def word2vec_binary_file(words, count=None, end=b"\n"):
    content = b"%d 3\n" % (len(words) if count is None else count)
    for word, vector in words.items():
        content += word.encode() + b" " + np.array(vector, "<f4").tobytes() + end
    return content


def fasttext_file(words, matrix, buckets, shortest=2, longest=3, version=12, quantized=False):
    content = MAGIC + struct.pack("<i", version)
    content += struct.pack(
        "<12id", matrix.shape[1], 5, 5, 1, 5, 1, 2, 2, buckets, shortest, longest, 100, 0.0
    )
    content += struct.pack("<3i2q", len(words), len(words), 0, 10, -1)
    for word in words:
        content += word.encode() + b"\0" + struct.pack("<qb", 1, 0)
    return content + struct.pack("<?2q", quantized, *matrix.shape) + matrix.astype("<f4").tobytes()


@pytest.mark.parametrize("header", ["", "4 3\n"], ids=["glove", "word2vec"])
@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gz"])
def test_text_formats(tmp_path, header, packed):
    content = (header + GLOVE).encode()
    path = written(tmp_path, gzip.compress(content) if packed else content)
    vectors = read_word_vectors(path, WORDS)
    assert vectors.matrix.dtype == np.float32
    expected = [[1, 2, 3], [0.5, -1, 0.2], [0, 0, 0], [4, 5, 6]]
    np.testing.assert_array_equal(vectors.matrix, np.array(expected, np.float32))
    assert vectors.found.tolist() == [True, True, False, True]
    assert vectors.notes == ["vectors.txt: 1 word in another case only, such as capitals"]


def test_coverage_of_words_and_of_tokens(tmp_path):
    vectors = read_word_vectors(written(tmp_path, GLOVE), WORDS)
    assert vectors.coverage([10, 80, 9, 1]) == {"words": 0.75, "tokens": 0.91}


def test_words_with_spaces_and_other_separators(tmp_path):
    content = "at name@x 1 2 3\n. . . 7 8 9\ncat\t4\t5\t6\nthe  1  1  1 \r\n"
    vectors = read_word_vectors(written(tmp_path, content), [". . .", "cat", "the", "at name@x"])
    assert vectors.matrix.tolist() == [[7, 8, 9], [4, 5, 6], [1, 1, 1], [1, 2, 3]]
    assert vectors.notes == []


def test_the_first_of_equal_words_counts_and_the_exact_case_wins(tmp_path):
    content = "Cat 1 1 1\ncat 2 2 2\ncat 3 3 3\nCAT 4 4 4\n"
    vectors = read_word_vectors(written(tmp_path, content), ["cat"])
    assert vectors.matrix.tolist() == [[2, 2, 2]]
    assert vectors.notes == ["vectors.txt: 1 word twice, of which the first vector was taken"]


def test_odd_lines_are_named_and_left_out(tmp_path):
    content = GLOVE + "dog 1 2\n\nzebra 1 2 x\nbird 1 2 nan\n"
    vectors = read_word_vectors(written(tmp_path, content), [*WORDS, "bird"])
    assert vectors.found.tolist() == [True, True, False, True, False]
    (note, _) = vectors.notes
    assert "4 of 8 lines cannot be used: line 5: 2 numbers after a word, not 3; line 6" in note
    assert "line 7: a value that is not a number" in note


def test_a_header_that_does_not_fit_is_named(tmp_path):
    vectors = read_word_vectors(written(tmp_path, "9 50\n" + GLOVE), ["cat"])
    assert vectors.notes == [
        "vectors.txt: 3 dimensions, although the first line says 50",
        "vectors.txt: 4 vectors, although the first line says 9",
    ]


def test_numbers_are_words_too(tmp_path):
    vectors = read_word_vectors(written(tmp_path, "7 1 1\n5 2 2\n"), ["7", "5"])
    assert vectors.matrix.tolist() == [[1, 1], [2, 2]]


@pytest.mark.parametrize("end", [b"\n", b""], ids=["word2vec", "gensim"])
def test_word2vec_binary(tmp_path, monkeypatch, end):
    monkeypatch.setattr(word2vec_binary, "BLOCK", 7)  # words lie across the blocks
    content = word2vec_binary_file({"the": [1, 2, 3], "été": [4, 5, 6], "x": [7, 8, 10]}, end=end)
    vectors = read_word_vectors(written(tmp_path, content, "v.bin"), ["x", "été", "no"])
    assert vectors.matrix.tolist() == [[7, 8, 10], [4, 5, 6], [0, 0, 0]]


def test_fasttext_models_give_vectors_to_unknown_words(tmp_path, monkeypatch):
    monkeypatch.setattr(fasttext_model, "BLOCK", 24)
    draw = np.random.default_rng(0)
    matrix = draw.normal(size=(2 + 11, 3)).astype(np.float32)
    path = written(tmp_path, fasttext_file(["cat", "dog"], matrix, 11), "model.bin")
    vectors = read_word_vectors(path, ["cow", "dog"])
    for row, (word, own) in enumerate([("cow", []), ("dog", [1])]):
        rows = [*own, *(2 + code % 11 for code in ngram_hashes(word, 2, 3))]
        np.testing.assert_allclose(vectors.matrix[row], matrix[rows].mean(0), atol=1e-6)
    assert vectors.notes == ["model.bin: 1 words of the model, 1 others by their n-grams"]


def test_the_hash_is_that_of_fasttext():
    assert ngram_hashes("a", 3, 3) == [fasttext_model._fnv(b"<a>")]
    assert fasttext_model._fnv(b"a") == 0xE40C292C  # the published value of FNV-1a
    assert len(ngram_hashes("été", 3, 6)) == 6  # <ét été té> <été été> <été>: by characters


def test_as_gensim_reads_them(tmp_path):
    gensim = pytest.importorskip("gensim")
    words = [f"word{number}" for number in range(50)]
    keyed = gensim.models.KeyedVectors(8)
    keyed.add_vectors(words, np.random.default_rng(0).normal(size=(50, 8)).astype(np.float32))
    for binary in (False, True):
        path = tmp_path / f"{binary}.bin"
        keyed.save_word2vec_format(str(path), binary=binary)
        vectors = read_word_vectors(path, words[::-1])
        np.testing.assert_array_equal(vectors.matrix, keyed[words[::-1]])


def test_as_gensim_reads_fasttext_models(tmp_path):
    fasttext = pytest.importorskip("gensim.models.fasttext")
    model = fasttext.FastText([["cat", "dog", "über"]] * 9, vector_size=4, min_count=1, bucket=50, epochs=1)
    fasttext.save_facebook_model(model, str(tmp_path / "model.bin"))
    words = ["dog", "über", "übertrieben", "cats"]
    vectors = read_word_vectors(tmp_path / "model.bin", words)
    np.testing.assert_allclose(vectors.matrix, model.wv[words], atol=1e-6)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "no word vectors"),
        (b"just some text\nand more\n", "no word vectors; it begins with 'just some text'"),
        (b"\x80\x04pickle" * 9, "no word vectors"),
        (b"a" * (2**20 + 1), "a line of more than"),
        (b"x 1 2 3\n" * 3, "none of the 1 words of the vocabulary"),
        (b"cat 1 2 3\n" * 20 + b"dog 1 2\n" * 20, "of 40 lines cannot be used"),
        (b"9 3\ncat \0\0\x80", "vector 1 of 9 is incomplete"),
        (word2vec_binary_file({"cat": [1, 2, 3]}, count=2), "vector 2 of 2 is incomplete"),
        (word2vec_binary_file({"cat": [1, 2, 3]}, count=10**12 - 1), "in a file of"),
        (b"9 99999999\n" + b"\0" * 99, "vectors of 10,001 numbers|in a file of"),
        (gzip.compress(GLOVE.encode() * 99, mtime=0)[:-20], "cannot be read"),
        (gzip.compress(b"", mtime=0)[:6], "cannot be read"),
    ],
    ids=range(12),
)
def test_other_and_damaged_files_are_refused(tmp_path, content, message):
    with pytest.raises(DataError, match=message):
        read_word_vectors(written(tmp_path, content), ["cat"])


MATRIX = np.ones((12, 3), np.float32)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (fasttext_file(["cat", "dog"], MATRIX, 10)[:-5], "12 vectors, of which 11 are there"),
        (fasttext_file(["cat", "dog"], MATRIX, 10)[:70], "ends early"),
        (fasttext_file(["cat", "dog"], MATRIX, 9), "a matrix of 12 x 3"),
        (fasttext_file(["cat", "dog"], MATRIX * np.nan, 10), "no finite numbers"),
        (fasttext_file(["cat", "dog"], MATRIX, 10, version=11), "version 11"),
        (fasttext_file(["cat", "dog"], MATRIX, 10, quantized=True), "quantized"),
        (fasttext_file(["cat", "dog"], MATRIX, 10, longest=10**9), "n-grams of"),
        (fasttext_file(["c" * 9999], MATRIX, 11), "the list of words is damaged"),
        (MAGIC + b"\xff" * 200, "version|entries"),
    ],
    ids=range(9),
)
def test_damaged_models_are_refused(tmp_path, content, message):
    with pytest.raises(DataError, match=message):
        read_word_vectors(written(tmp_path, content, "model.bin"), ["cat"])


def test_what_is_no_file_is_refused(tmp_path):
    with pytest.raises(DataError, match="no such file"):
        read_word_vectors(tmp_path / "none.txt", ["cat"])
    with pytest.raises(DataError, match="a folder"):
        read_word_vectors(tmp_path, ["cat"])
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(DataError, match="not a file"):
        read_word_vectors(tmp_path / "pipe", ["cat"])


def test_a_small_file_may_not_go_on_forever(tmp_path, monkeypatch):
    monkeypatch.setattr(vector_table, "ANY_CONTENT", 1000)
    path = written(tmp_path, gzip.compress(b"cat 1 2 3\n" * 100_000))
    with pytest.raises(DataError, match="300 times"):
        read_word_vectors(path, ["cat"])
