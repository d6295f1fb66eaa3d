r"""The encoder of BERT, and the sentence encoder MiniLM that is made of it.

    x_0 = norm(word[t_i] + position[i] + type[0])
    y   = norm(x + W_o attention(x)),   x' = norm(y + W_2 gelu(W_1 y))            in each of the layers
    s   = m / ||m||,   m = mean of the last layer over the tokens of a sentence

Each norm is a layer norm after the sum. Padding is hidden from the attention and left out of the mean, so it
changes nothing.

Reference: Devlin et al., "BERT", 2018, arXiv 1810.04805; Wang et al., "MiniLM", 2020, arXiv 2002.10957;
    Reimers, Gurevych, "Sentence-BERT", 2019, arXiv 1908.10084 (mean of the tokens).
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["BertEncoder", "BertLayer", "SentenceEncoder", "mean_over_tokens", "sentence_tensors"]

EPSILON = 1e-12  # of the layer norms, as in the published models
PADDING = 0  # the index of the token [PAD]


class BertLayer(nn.Module):
    """Self-attention and a network of two layers, each with a sum and a layer norm.

    Args:
        width: of the vectors of tokens.
        hidden: units of the inner layer.
        heads: of the attention.
        dropout: dropout rate, in training, of what is added to the vectors.

    Shapes: tokens (batch, steps, width) and a mask (batch, 1, 1, steps), True for tokens, or None if there is
        no padding, to (batch, steps, width).
    """

    def __init__(self, width: int, hidden: int, heads: int, dropout: float = 0.0):
        super().__init__()
        self.heads, self.dropout = heads, dropout
        self.projections = nn.Linear(width, 3 * width)
        self.attended = nn.Linear(width, width)
        self.attention_norm = nn.LayerNorm(width, EPSILON)
        self.inner, self.outer = nn.Linear(width, hidden), nn.Linear(hidden, width)
        self.norm = nn.LayerNorm(width, EPSILON)

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:
        """The vectors of the tokens after this layer."""
        batch, steps, width = x.shape
        shape = batch, steps, 3, self.heads, width // self.heads
        query, key, value = self.projections(x).view(shape).permute(2, 0, 3, 1, 4)
        mixed = functional.scaled_dot_product_attention(query, key, value, mask)
        attended = self.attended(mixed.transpose(1, 2).reshape(batch, steps, width))
        x = self.attention_norm(x + functional.dropout(attended, self.dropout, self.training))
        changed = self.outer(functional.gelu(self.inner(x)))
        return self.norm(x + functional.dropout(changed, self.dropout, self.training))


class BertEncoder(nn.Module):
    """Embeddings of tokens and positions, and a stack of layers.

    Args:
        vocabulary: number of tokens; token 0 is padding.
        width: of the vectors of tokens.
        layers: their number.
        heads: of the attention of each layer.
        hidden: units of the inner layer of each layer.
        positions: the largest number of tokens of a text.

    Shapes: int64 (batch, steps), padded with 0 at the end, to (batch, steps, width).
    """

    def __init__(
        self,
        vocabulary: int = 30_522,
        width: int = 384,
        layers: int = 6,
        heads: int = 12,
        hidden: int = 1536,
        positions: int = 512,
    ):
        super().__init__()
        self.width = width
        self.words = nn.Embedding(vocabulary, width, padding_idx=PADDING)
        self.positions = nn.Parameter(torch.zeros(positions, width))
        self.norm = nn.LayerNorm(width, EPSILON)
        self.layers = nn.ModuleList(BertLayer(width, hidden, heads) for _ in range(layers))

    def forward(self, tokens: Tensor) -> Tensor:
        """The vectors of the last layer, those of padding included."""
        return self.by_layer(tokens)[-1]

    def embedded(self, tokens: Tensor) -> tuple[Tensor, Tensor | None]:
        """The vectors before the first layer, and the mask that the layers take."""
        present = tokens != PADDING
        mask = None if bool(present.all()) else present[:, None, None]
        return self.norm(self.words(tokens) + self.positions[: tokens.shape[1]]), mask

    def by_layer(self, tokens: Tensor) -> list[Tensor]:
        """The vectors after each layer, the first one first."""
        x, mask = self.embedded(tokens)
        vectors: list[Tensor] = []
        for layer in self.layers:
            x = layer(x, mask)
            vectors.append(x)
        return vectors


class SentenceEncoder(nn.Module):
    """The mean of the encoded tokens of each sentence, as a vector of length 1.

    Args:
        encoder: of the tokens.

    Shapes: int64 (batch, steps), padded with 0 at the end, to float (batch, width).
    """

    def __init__(self, encoder: BertEncoder):
        super().__init__()
        self.encoder = encoder

    def forward(self, tokens: Tensor) -> Tensor:
        """The embeddings; each text must have a token, and texts of BERT have two special ones."""
        return functional.normalize(mean_over_tokens(self.encoder(tokens), tokens), dim=1)

    def layer_means(self, tokens: Tensor, count: int) -> Tensor:
        """The means over the tokens after each of the last `count` layers, (batch, count * width)."""
        return torch.cat(
            [mean_over_tokens(x, tokens).float() for x in self.encoder.by_layer(tokens)[-count:]], 1
        )


def mean_over_tokens(vectors: Tensor, tokens: Tensor) -> Tensor:
    """The mean of vectors (batch, steps, width) over the tokens that are no padding, (batch, width)."""
    present = (tokens != PADDING).to(vectors.dtype)
    return torch.einsum("bsw,bs->bw", vectors, present) / present.sum(1, keepdim=True)


def sentence_tensors(published: Mapping[str, Tensor], layers: int = 6) -> dict[str, Tensor]:
    """Weights with the published names of BERT, by their names in a `SentenceEncoder`.

    The first of the two vectors of token types, that of a single text, is part of each position. The layer
    that BERT needs for its pretraining, `pooler`, is left out.

    Args:
        published: by the names of the publication.
        layers: of the encoder.

    Raises:
        KeyError: a tensor is missing.
    """
    start = "embeddings"
    positions = published[f"{start}.position_embeddings.weight"]
    tensors = {
        "words.weight": published[f"{start}.word_embeddings.weight"],
        "positions": positions + published[f"{start}.token_type_embeddings.weight"][0],
    }
    for kind in ("weight", "bias"):
        tensors[f"norm.{kind}"] = published[f"{start}.LayerNorm.{kind}"]
        for index in range(layers):
            own, there = f"layers.{index}", f"encoder.layer.{index}"
            names = [f"{there}.attention.self.{name}.{kind}" for name in ("query", "key", "value")]
            tensors[f"{own}.projections.{kind}"] = torch.cat([published[name] for name in names])
            for name, other in RENAMED.items():
                tensors[f"{own}.{name}.{kind}"] = published[f"{there}.{other}.{kind}"]
    return {f"encoder.{name}": tensor for name, tensor in tensors.items()}


RENAMED = {
    "attended": "attention.output.dense",
    "attention_norm": "attention.output.LayerNorm",
    "inner": "intermediate.dense",
    "outer": "output.dense",
    "norm": "output.LayerNorm",
}
