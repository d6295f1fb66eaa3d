r"""PatchTST: a Transformer whose tokens are patches of a single variable.

    tokens: $p_i = W x_{iS : iS + P} + e_i$ for the patches of $P$ steps, $S$ steps apart,
    forecast: $\hat y = W_h\, \mathrm{flatten}(\mathrm{Transformer}(p_1, \dots, p_N)) + b$

The window is extended by $S$ copies of its last value, so that $N = \lfloor (L - P) / S \rfloor + 2$. All
variables share the network (channel independence), and reversible instance normalization is on by default.

Reference: Nie et al., "A Time Series is Worth 64 Words: Long-term Forecasting with Transformers", ICLR 2023,
    arXiv 2211.14730.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

from hibiscus.errors import ConfigError
from hibiscus.networks.dropout import Dropout
from hibiscus.networks.forecasting.forecast_shape import ForecastShape
from hibiscus.networks.input_shapes import fraction, whole
from hibiscus.networks.layers import initialize
from hibiscus.networks.transformer import Transformer

__all__ = ["PatchTST", "build_patchtst", "patches"]


def build_patchtst(
    shape: ForecastShape,
    patch_length: int = 16,
    stride: int = 8,
    width: int = 16,
    layers: int = 3,
    attention_heads: int = 4,
    feedforward: int = 128,
    dropout: float = 0.3,
) -> PatchTST:
    """The small configuration of the paper, for sets such as ETTh1.

    Args:
        shape: the sizes of the problem.
        patch_length: steps of a patch.
        stride: steps from one patch to the next.
        width: values of a token.
        layers: Transformer blocks.
        attention_heads: heads of each block.
        feedforward: units of the feedforward part of each block.
        dropout: dropout rate of the tokens and of the parts of each block.

    Raises:
        ConfigError: a value out of range, or a patch longer than the window.
    """
    if whole("patch_length", patch_length) > shape.input_length:
        raise ConfigError(
            f"patch_length={patch_length} with an input length of {shape.input_length}",
            "patches that are not longer than the window",
            f"patch_length={max(1, shape.input_length // 2)}, or a longer window",
        )
    sizes = patch_length, whole("stride", stride), whole("width", width), whole("layers", layers)
    return PatchTST(shape, *sizes, attention_heads, feedforward, fraction("dropout", dropout))


def patches(x: Tensor, length: int, stride: int) -> Tensor:
    """The overlapping patches of the last axis, which is extended by `stride` copies of its last value.

    Shapes: (batch, steps) to (batch, floor((steps - length) / stride) + 2, length).
    """
    return functional.pad(x[:, None], (0, stride), mode="replicate")[:, 0].unfold(1, length, stride)


class PatchTST(nn.Module):
    """Patches, Transformer blocks, and a linear layer on all tokens.

    Shapes: as `Forecaster`; each target is an item of its own.

    Differences from the paper: layer normalization before each part of a block instead of batch normalization
        after it.
    """

    def __init__(
        self,
        shape: ForecastShape,
        length: int,
        stride: int,
        width: int,
        layers: int,
        heads: int,
        feedforward: int,
        rate: float,
    ):
        super().__init__()
        self.shape, self.length, self.stride = shape, length, stride
        count = (shape.input_length - length) // stride + 2
        self.embedding = initialize(nn.Linear(length, width), "glorot_uniform")
        self.body = Transformer(
            width, layers, heads, "learned", count, rate, feedforward=whole("feedforward", feedforward)
        )
        self.dropout = Dropout(rate)
        self.head = nn.Linear(count * width, shape.horizon * shape.quantiles)
        initialize(self.head, "glorot_uniform")

    def forward(self, series: Tensor, future: Tensor | None = None, static: Tensor | None = None) -> Tensor:
        """The forecast of each target from its own past."""
        shape = self.shape
        x = series[:, :, : shape.targets].transpose(1, 2).flatten(0, 1)  # (batch * T, L)
        tokens = self.body(self.embedding(patches(x, self.length, self.stride)))
        y = self.head(self.dropout(tokens.flatten(1)))
        return y.reshape(-1, shape.targets, shape.horizon, shape.quantiles).transpose(1, 2)
