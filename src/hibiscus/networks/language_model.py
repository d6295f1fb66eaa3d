r"""Networks that predict the next token of a text from all tokens before it.

    $p(w_1, \dots, w_n) = \prod_t p(w_t \mid w_1, \dots, w_{t-1})$,
    $p(\cdot \mid w_1, \dots, w_{t-1}) = \mathrm{softmax}(W h_{t-1} + b)$

$h_t$ is the state of a recurrent network after token $t$, or the output of a causal Transformer. Both keep
what they need of the tokens before, so a text is continued at the cost of one step per token, and a long one
is read in pieces.

Reference: Mikolov et al., "Recurrent neural network based language model", 2010; Vaswani et al., "Attention
    Is All You Need", 2017, arXiv 1706.03762.
"""

from __future__ import annotations

from typing import Any, Protocol

from torch import Tensor, nn

from hibiscus.errors import ConfigError
from hibiscus.networks.dropout import Dropout
from hibiscus.networks.input_shapes import choice, fraction, whole
from hibiscus.networks.layers import INITIALIZERS, initialize, initialize_recurrent
from hibiscus.networks.recurrent_layers import CELLS
from hibiscus.networks.token_embedding import TokenEmbedding
from hibiscus.networks.transformer import Transformer, TransformerState

__all__ = [
    "LANGUAGE_MODELS",
    "LanguageModel",
    "RecurrentLanguageModel",
    "TransformerLanguageModel",
    "build_language_model",
]

LANGUAGE_MODELS = (*CELLS, "transformer")


class LanguageModel(Protocol):
    """What all of these networks have in common."""

    def __call__(self, tokens: Tensor, state: Any = None) -> tuple[Tensor, Any]:
        """The logits of the token after each of `tokens`, and the state after the last one.

        Args:
            tokens: int64 (batch, steps).
            state: what the call with the tokens before these returned; None at the beginning.

        Returns:
            float (batch, steps, vocabulary), and the state.
        """
        ...


def build_language_model(
    net: str,
    vocabulary: int,
    units: int = 512,
    layers: int = 1,
    embedding_dim: int | None = None,
    dropout: float = 0.3,
    attention_heads: int | None = None,
    window: int = 256,
) -> RecurrentLanguageModel | TransformerLanguageModel:
    """A recurrent or Transformer language model.

    Args:
        net: a name in `LANGUAGE_MODELS`.
        vocabulary: number of tokens, the special ones included.
        units: units of the recurrent state, or values per step of the Transformer.
        layers: recurrent layers, or blocks.
        embedding_dim: recurrent: values of the vector of a token; 64 if None.
        dropout: dropout rate of the outputs of each layer, or of the parts of each block.
        attention_heads: Transformer: heads of each block; one for 32 values if None.
        window: Transformer: tokens that a step attends to, itself included.

    Raises:
        ConfigError: a value out of range, or an option of the other kind.
    """
    size, width = whole("vocabulary", vocabulary), whole("units", units)
    rate, depth = fraction("dropout", dropout), whole("layers", layers)
    option, value = (
        ("embedding_dim", embedding_dim) if net == "transformer" else ("attention_heads", attention_heads)
    )
    if choice("net", net, LANGUAGE_MODELS) and value is not None:
        raise ConfigError(
            f"{option}={value!r} with net={net}", "an option of that network", f"leave out {option}"
        )
    if net == "transformer":
        heads = max(1, width // 32) if attention_heads is None else attention_heads
        return TransformerLanguageModel(size, width, depth, heads, rate, whole("window", window))
    return RecurrentLanguageModel(net, size, embedding_dim or 64, width, depth, rate)


class RecurrentLanguageModel(nn.Module):
    """Token vectors, recurrent layers with dropout between them, and a linear head at each step.

    Shapes: see `LanguageModel`; the state is a list with that of each layer.
    """

    def __init__(self, cell: str, vocabulary: int, dim: int, units: int, layers: int, rate: float):
        super().__init__()
        self.embedding = TokenEmbedding(vocabulary, dim, std=1.0)
        widths = [dim, *[units] * (layers - 1)]
        stack = [CELLS[cell](inputs, units, batch_first=True) for inputs in widths]
        self.dropout = Dropout(rate)
        self.head = initialize(nn.Linear(units, vocabulary), "glorot_uniform")
        for layer in stack:
            initialize_recurrent(layer, INITIALIZERS["glorot_uniform"], INITIALIZERS["orthogonal"])
        self.layers = nn.ModuleList(stack)

    def forward(self, tokens: Tensor, state: Any = None) -> tuple[Tensor, Any]:
        """The logits of the next token at each step, and the state after the last one."""
        x, states = self.embedding(tokens), []
        for index, layer in enumerate(self.layers):
            x, last = layer(x, None if state is None else state[index])
            x = self.dropout(x)
            states.append(last)
        return self.head(x), states


class TransformerLanguageModel(nn.Module):
    """Token vectors, causal Transformer blocks with rotary positions, and a linear head at each step.

    Shapes: see `LanguageModel`; the state holds the keys and values of the last `window` - 1 steps.

    Differences from the paper: a step attends to a window, so that texts of any length are read and written
        at a constant cost per token.
    """

    def __init__(self, vocabulary: int, width: int, layers: int, heads: int, rate: float, window: int):
        super().__init__()
        self.embedding = TokenEmbedding(vocabulary, width, std=1.0)
        self.body = Transformer(width, layers, heads, "rotary", dropout=rate)
        self.head = initialize(nn.Linear(width, vocabulary), "glorot_uniform")
        self.window = window

    def forward(
        self, tokens: Tensor, state: TransformerState | None = None
    ) -> tuple[Tensor, TransformerState]:
        """The logits of the next token at each step, and the state after the last one."""
        x, state = self.body.decode(self.embedding(tokens), state, self.window)
        return self.head(x), state
