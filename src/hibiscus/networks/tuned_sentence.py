r"""MiniLM with a new head, whose last layers are trained with it.

    $y = W s + b$,  s the mean over the tokens after the last layer

The first layers are those of the installed package, and no part of the network's own: they hold what most
texts have in common. A run stores the layers that it has trained.

Reference: Howard, Ruder, "Universal Language Model Fine-tuning for Text Classification", 2018, arXiv
1801.06146 (smaller learning rates for earlier layers).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from hibiscus.errors import ConfigError
from hibiscus.networks.bert import BertLayer, mean_over_tokens
from hibiscus.networks.minilm import DIMENSION, HEADS, HIDDEN, LAYERS, embed_tokens, load_sentence_encoder
from hibiscus.networks.sentence_pieces import padded_pieces, piece_rows

__all__ = ["TunedSentenceNetwork"]


class TunedSentenceNetwork(nn.Module):
    """The layers of MiniLM, the last of which are trained, and a head of one linear layer.

    The trained layers have random weights until `load_published` or a checkpoint gives them others.

    Args:
        outputs: number of outputs.
        layers: how many of the last layers are trained.
        dropout: dropout rate in these layers and before the head.

    Shapes: int64 (batch, steps) of `tokens=word-piece` to (batch, outputs).

    Raises:
        ConfigError: MiniLM has fewer layers.
    """

    def __init__(self, outputs: int, layers: int, dropout: float = 0.1):
        super().__init__()
        if not 1 <= layers <= LAYERS:
            raise ConfigError(f"unfreeze={layers}", f"1 to {LAYERS} layers", "unfreeze=auto")
        self.first = LAYERS - layers
        self.layers = nn.ModuleList(BertLayer(DIMENSION, HIDDEN, HEADS, dropout) for _ in range(layers))
        last = nn.Linear(DIMENSION, outputs)
        nn.init.zeros_(last.weight)
        nn.init.zeros_(last.bias)
        self.head = nn.Sequential(nn.Dropout(dropout), last)

    def load_published(self) -> None:
        """Gives the layers their published weights, from which a training starts.

        Raises:
            MissingExtraError: the package is not installed.
            DataError: its file is not the published one.
        """
        published = load_sentence_encoder().encoder.layers
        self.layers.load_state_dict(published[self.first :].state_dict())

    def layer_lr_factors(self, decay: float, head: float = 1.0) -> dict[nn.Parameter, float]:
        """Factors of the learning rate: `head` for the head, `decay` for the last layer, `decay^2` for the
        one before it ...
        """
        return dict.fromkeys(self.head.parameters(), head) | {
            parameter: decay**depth
            for depth, layer in enumerate(reversed(self.layers), 1)
            for parameter in layer.parameters()
        }

    def features(self, pieces: Tensor) -> Tensor:
        """The means over the tokens of word pieces with [CLS] and [SEP], padded with 0: (batch, 384)."""
        encoder = load_sentence_encoder(str(pieces.device)).encoder
        with torch.no_grad():
            x, mask = encoder.embedded(pieces)
            for layer in encoder.layers[: self.first]:
                x = layer(x, mask)
        for layer in self.layers:
            x = layer(x, mask)
        return mean_over_tokens(x, pieces)

    def forward(self, tokens: Tensor) -> Tensor:
        """The outputs; without gradients, texts of like length are computed together."""
        rows = piece_rows(tokens)
        if torch.is_grad_enabled():
            return self.head(self.features(padded_pieces(rows).to(tokens.device)))
        means = embed_tokens(self.features, rows, tokens.device)
        return self.head(torch.from_numpy(means).to(tokens.device))
