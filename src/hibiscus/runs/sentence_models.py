"""Models of sentence embeddings by their name.

minilm            a Transformer with published weights (extra `sentences`)
doc2vec           trained on the sentences themselves (gensim, extra `text`)
glove.6B.50d.txt  averages of the word vectors of a file: GloVe, word2vec or fastText
runs/NAME         a run that learned from texts, such as of classify
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from hibiscus.data.text.word_vectors import read_word_vectors
from hibiscus.errors import UsageError
from hibiscus.evaluation.doc2vec import Doc2Vec
from hibiscus.evaluation.minilm_embedder import MiniLM
from hibiscus.evaluation.sentence_embedders import SentenceEmbedder, Weighting, WordAverages
from hibiscus.runs.folder import find_run
from hibiscus.runs.run import Run
from hibiscus.runs.sentence_model_names import NAMES, is_sentence_model
from hibiscus.training.device import choose_device

__all__ = ["RunEmbedder", "open_sentence_model"]


def open_sentence_model(
    name: str, weighting: Weighting | None = None, device: str = "auto", trust: bool = False
) -> SentenceEmbedder:
    """A model of sentence embeddings.

    Args:
        name: `minilm`, `doc2vec`, a file of word vectors, or a run that learned from texts.
        weighting: how word vectors are averaged, `mean` (default) or `tf-idf`.
        device: where to compute.
        trust: load code that a run names, whoever wrote it.

    Raises:
        MissingExtraError: an optional package is not installed.
        UsageError: weights of words for a model that does not average them, or a run without embeddings.
        HibiscusError: there is no such file or run.
    """
    file = Path(name).expanduser()
    if is_sentence_model(name) and name not in NAMES:
        return WordAverages(file.name, lambda words: read_word_vectors(file, words), weighting or "mean")
    if weighting is not None:
        expected = "a file of word vectors, such as glove.6B.50d.txt"
        raise UsageError(f"weighting {weighting} with the model {name}", expected, "leave it out")
    if name == "minilm":
        return MiniLM(choose_device(device))
    if name == "doc2vec":
        return Doc2Vec()
    return RunEmbedder(Run(find_run(name), device, trust=trust))


class RunEmbedder:
    """Embeddings of sentences by a run that learned from texts.

    Args:
        run: of a method that embeds.

    Raises:
        UsageError: it did not learn from texts alone.
    """

    def __init__(self, run: Run):
        if "text" not in run.preparation:
            received = f"{run.path}: a run that learned {', '.join(run.preparation.fields)}"
            raise UsageError(received, "a run that learned texts", "hibiscus train classify texts.csv ...")
        self.run, self.name, self.notes = run, str(run.path), list[str]()

    def fit(self, texts: Sequence[str]) -> RunEmbedder:
        """Nothing is learned from the texts."""
        return self

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """The embeddings of texts, float32 `(texts, dimension)`."""
        import pandas

        column = self.run.preparation["text"].column or "text"
        # As a table: a text may look like the name of a file.
        return self.run.embed(pandas.DataFrame({column: list(texts)}))["code"]
