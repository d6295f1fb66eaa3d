import numpy as np
import pandas
import pytest

from hibiscus import api
from hibiscus.errors import RunError, UsageError
from hibiscus.evaluation.minilm_embedder import MiniLM
from hibiscus.evaluation.sentence_embedders import WordAverages
from hibiscus.runs.sentence_models import open_sentence_model


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    frame = pandas.DataFrame(
        {"review": ["a good film", "a bad film", "such fun", "so boring"] * 8, "mood": ["+", "-"] * 16}
    )
    frame["review"] += [f" {number}" for number in range(32)]
    folder = tmp_path_factory.mktemp("runs") / "texts"
    options = {"target": "mood", "net": "embedding-bag", "epochs": 1, "quiet": True, "evaluate": False}
    return api.train("classify", frame, out=folder, **options)


def test_by_name(tmp_path):
    file = tmp_path / "vectors.txt"
    file.write_text("good 1 0\nfilm 0 1\n")
    assert isinstance(open_sentence_model("minilm"), MiniLM)
    model = open_sentence_model(str(file), "tf-idf")
    assert isinstance(model, WordAverages)
    assert model.name == "tf-idf of vectors.txt"


def test_a_run_that_learned_texts(run):
    model = open_sentence_model(str(run.path)).fit([])
    embeddings = model.embed(["a good film", "/", "a good film"])  # the second is also a path
    assert embeddings.shape[0] == 3
    np.testing.assert_array_equal(embeddings[0], embeddings[2])
    assert (embeddings[0] != embeddings[1]).any()


def test_a_run_of_other_data(tmp_path):
    other = api.train("classify", "digits", out=tmp_path / "run", net="linear", epochs=1, quiet=True)
    with pytest.raises(UsageError, match="a run that learned image"):
        open_sentence_model(str(other.path))


def test_no_such_model():
    with pytest.raises(RunError, match="no run here"):
        open_sentence_model("no-such-model")
    with pytest.raises(UsageError, match="weighting tf-idf with the model minilm"):
        open_sentence_model("minilm", "tf-idf")
