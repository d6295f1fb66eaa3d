import pandas
import pytest

from hibiscus.errors import DataError, UsageError
from hibiscus.runs.sentences import Sentences, find_similar, open_sentences


class Lengths:
    """Embeds a text by its letters a and b; what is fitted is counted."""

    name = "lengths"
    notes = ("a note of the model",)
    fitted = 0

    def fit(self, texts):
        self.fitted = len(texts)
        return self

    def embed(self, texts):
        import numpy as np

        return np.array([[text.count("a"), text.count("b")] for text in texts], np.float32)


def test_the_lines_of_a_file(tmp_path):
    file = tmp_path / "s.txt"
    file.write_bytes("One.\r\n\r\n  Two: été  \n \nThree".encode("cp1252"))
    found = open_sentences([file])
    assert found.ids == ["1", "3", "5"]
    assert found.texts == ["One.", "Two: été", "Three"]
    assert found.notes == ["s.txt is read as Windows-1252"]


def test_the_column_of_a_table(tmp_path):
    file = tmp_path / "t.csv"
    rows = [f"this is the text of number {number}, which is long" for number in range(30)]
    pandas.DataFrame({"text": rows, "stars": list(range(30))}).to_csv(file, index=False)
    assert open_sentences([file]).texts == rows
    assert open_sentences([file], "stars").texts[:2] == ["0", "1"]
    with pytest.raises(DataError, match=r"no column words; it has the columns text, stars"):
        open_sentences([file], "words")


def test_sentences_themselves():
    found = open_sentences(["First one.", "second"])
    assert (found.ids, found.texts) == (["1", "2"], ["First one.", "second"])


def test_what_cannot_be_read(tmp_path):
    empty, binary = tmp_path / "empty.txt", tmp_path / "binary.txt"
    empty.write_text(" \n\n")
    binary.write_bytes(b"a\0b")
    with pytest.raises(DataError, match="no sentences"):
        open_sentences([empty])
    with pytest.raises(DataError, match="null characters"):
        open_sentences([binary])
    with pytest.raises(DataError, match="no such file"):
        open_sentences([str(tmp_path / "absent.txt")])
    with pytest.raises(UsageError, match="and 1 more"):
        open_sentences([str(empty), "a sentence"])
    with pytest.raises(UsageError, match="column text of"):
        open_sentences([empty], "text")


def test_the_most_similar_come_first():
    sentences, model = Sentences(["1", "2", "3"], ["aab", "ab", "bbb"], ["a note"]), Lengths()
    found = find_similar(sentences, ["b", "aa"], model, count=2)
    assert model.fitted == 3
    assert found["sentences"] == 3
    assert found["notes"] == ["a note", "a note of the model"]
    first, second = (result["matches"] for result in found["queries"])
    assert [match["id"] for match in first] == ["3", "2"]
    assert first[0] == {"id": "3", "sentence": "bbb", "similarity": 1.0}
    assert first[1]["similarity"] == pytest.approx(0.5**0.5)
    assert [match["sentence"] for match in second] == ["aab", "ab"]
