import pytest

from hibiscus.errors import UsageError
from hibiscus.runs.sentence_model_names import is_sentence_model


def test_names_and_files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "glove.txt").write_text("a 1\n")
    (tmp_path / "run").mkdir()
    assert is_sentence_model("minilm")
    assert is_sentence_model("glove.txt")
    assert not is_sentence_model("run")
    assert not is_sentence_model("nothing")
    (tmp_path / "minilm").mkdir()
    with pytest.raises(UsageError, match="something of that name here"):
        is_sentence_model("minilm")
    assert not is_sentence_model("./minilm")
