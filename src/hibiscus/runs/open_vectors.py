"""Word vectors that the option `word_vectors` names: read when a run begins, part of its checkpoints then.

word_vectors=FILE       GloVe, word2vec or fastText
word_vectors=run:RUN    an earlier run that embeds words, such as of skip-gram
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from torch import nn

from hibiscus.data.text.preparation import TextPreparation
from hibiscus.data.text.word_vectors import WordVectors, read_word_vectors
from hibiscus.errors import ConfigError
from hibiscus.networks.registry import network_options
from hibiscus.networks.token_embedding import TokenEmbedding, token_embeddings
from hibiscus.networks.tuned_sentence import TunedSentenceNetwork
from hibiscus.runs.folder import find_run
from hibiscus.runs.info import open_run
from hibiscus.runs.open_base import load_bases
from hibiscus.runs.saved_files import saved_preparation
from hibiscus.runs.trained_method import load_method
from hibiscus.tokens import PADDING, SPECIAL
from hibiscus.training.config import TrainingConfig
from hibiscus.training.method import Method

__all__ = ["load_initial", "with_vectors"]

Config = TypeVar("Config", bound=TrainingConfig)
SIZE = "embedding_dim"  # the option of networks for texts


def with_vectors(config: Config, text: TextPreparation | None) -> tuple[Config, list[str]]:
    """The options of a new run, with the size of the word vectors, and notes on them.

    Args:
        config: the options; without `word_vectors` they are returned as they are.
        text: what was learned from the texts; None if there are none.

    Raises:
        ConfigError: no texts, tokens that are no words, a network that embeds none, or another size.
        DataError: the file cannot be read, or has none of the words.
    """
    source = getattr(config, "word_vectors", None)
    if source is None and getattr(config, "tune_vectors", True):
        return config, []
    if source is None:
        expected = "word_vectors=FILE or run:RUN, which are kept then"
        raise ConfigError("tune_vectors=false without word_vectors", expected, "omit tune_vectors")
    if text is None or text.tokens != "word":
        received = "data without texts" if text is None else f"tokens={text.tokens}"
        raise ConfigError(f"word_vectors={source} with {received}", "texts of words", "omit word_vectors")
    net, options = getattr(config, "net", "auto"), getattr(config, "net_options", {})
    if net != "auto" and ":" not in net and SIZE not in network_options(net):
        fix = "net=embedding-bag, conv1d, lstm, gru or transformer"
        raise ConfigError(f"word_vectors with net={net}", "a network that embeds words", fix)
    kind, _, run = source.partition(":")
    prefix, place = ("run:", run) if kind == "run" else ("", source)
    path = prefix + str((find_run(place) if prefix else Path(place)).expanduser().resolve())
    vectors = _read(path, text.vocabulary)
    size = vectors.matrix.shape[1]
    if options.get(SIZE, size) != size:
        expected = f"net.{SIZE}={size}, as in {source}"
        raise ConfigError(f"net.{SIZE}={options[SIZE]}", expected, f"omit net.{SIZE}")
    coverage = vectors.coverage(np.array(text.document_counts[len(SPECIAL) :]))
    note = (
        f"word vectors of {source}: {coverage['words']:.1%} of the vocabulary have one, and "
        f"{coverage['tokens']:.1%} of the distinct words of a training text on average"
    )
    changes = {"word_vectors": path, "net_options": {**options, SIZE: size}}
    return config.model_copy(update=changes), [note, *vectors.notes]


def load_initial(method: Method) -> None:
    """Loads the weights from which a run starts that has no checkpoint: those of bases, of the
    sentence encoder, and word vectors.

    Raises:
        HibiscusError: they cannot be read, or are others than those with which the run was begun.
    """
    load_bases(method)
    for network in method.nets.values():
        for module in network.modules():
            if isinstance(module, TunedSentenceNetwork):
                module.load_published()
    _load_vectors(method)


def _load_vectors(method: Method) -> None:
    """Writes the word vectors into the embeddings of a method, in place; for a run without checkpoints.

    The vectors are scaled to the deviation of the initial ones, which words without a vector keep: how fast a
    network learns does not depend on the scale of the file.

    Raises:
        DataError: the file cannot be read.
    """
    source = getattr(method.config, "word_vectors", None)
    if source is None:
        return
    vectors = _read(source, method.preparation["text"].vocabulary)
    for network in method.nets.values():
        for layer in token_embeddings(network):
            _write(layer, vectors)


def _write(layer: TokenEmbedding, vectors: WordVectors) -> None:
    matrix = layer.weight.detach().clone()
    rows = len(SPECIAL) + np.flatnonzero(vectors.found)
    found = torch.from_numpy(vectors.matrix[vectors.found]).to(matrix)
    matrix[torch.from_numpy(rows)] = found * (matrix.std() / found.std())
    layer.set_vectors(matrix, frozen=not layer.weight.requires_grad)


@lru_cache(1)
def _read(path: str, words: tuple[str, ...]) -> WordVectors:
    return _vectors_of_run(path, words) if path.startswith("run:") else read_word_vectors(path, words)


def _vectors_of_run(source: str, words: tuple[str, ...]) -> WordVectors:
    """The vectors of some words in the first embedding of a run.

    Raises:
        ConfigError: the run embeds no words, or none of these.
        RunError: there is no such run, it cannot be read, or it names code.
    """
    folder, info = open_run(source.removeprefix("run:"), trust=False)
    preparation = saved_preparation(folder)
    text = preparation.fields.get("text")
    method, _ = load_method(folder, info, preparation, "best")
    layers = [
        layer
        for network in method.nets.values()
        for layer in network.modules()
        if isinstance(layer, nn.Embedding)
    ]
    expected = "a run that embeds words, such as of skip-gram, or of classify with net=conv1d"
    if text is None or text.tokens != "word" or not layers:
        raise ConfigError(
            f"word_vectors={source}: a run of {info['method']}", expected, "another run or a file"
        )
    known = {word: row for row, word in enumerate(text.vocabulary, start=len(SPECIAL))}
    found = np.array([word in known for word in words])
    if not found.any():
        raise ConfigError(f"word_vectors={source}: none of the words", "texts of the same language", "a file")
    rows = [known.get(word, PADDING) for word in words]  # zeros where there is none
    matrix = layers[0].weight.detach().numpy()[rows].astype(np.float32)
    return WordVectors(matrix, found, [])
