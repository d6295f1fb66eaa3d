r"""Autoencoders of windows of series: a window through a bottleneck of few numbers and back.

    z = encoder(x_1, ..., x_S)    in R^latent_dim,    s = decoder(z)

A window that looks like those of training passes the bottleneck; another one does not.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from torch import Tensor, nn

from hibiscus.errors import ConfigError
from hibiscus.networks.layers import initialize

__all__ = ["WindowAutoencoder", "WindowNetwork"]

WindowNetwork = Literal["conv1d", "lstm", "mlp"]
KERNEL = 7  # of convolutions, which halve the number of steps
FILTERS = (16, 32)


class WindowAutoencoder(nn.Module):
    """An encoder and a decoder of windows.

    Args:
        net: `conv1d`: two strided convolutions on each side; `lstm`: a recurrent layer on each side; `mlp`:
            a hidden layer on each side.
        steps: of a window, S.
        variables: of a step, V.
        latent_dim: numbers of the bottleneck.
        hidden: units of the hidden or the recurrent layers.

    Shapes: (batch, S, V) to the same.

    Raises:
        ConfigError: another network.
    """

    def __init__(self, net: str, steps: int, variables: int, latent_dim: int, hidden: int = 64):
        super().__init__()
        if net not in ("conv1d", "lstm", "mlp"):
            raise ConfigError(f"net={net} with score=reconstruction", "one of: conv1d, lstm, mlp", "net=mlp")
        self.net, self.steps, self.variables = net, steps, variables
        encoder, decoder = _layers(net, steps, variables, latent_dim, hidden)
        self.encoder, self.decoder = encoder, decoder

    def forward(self, x: Tensor) -> Tensor:
        """The windows as the bottleneck lets them through."""
        if self.net == "lstm":
            state = self.encoder["recurrent"](x)[0][:, -1]
            z = self.encoder["latent"](state)
            repeated = z[:, None].expand(-1, self.steps, -1)
            return self.decoder["head"](self.decoder["recurrent"](repeated)[0])
        if self.net == "mlp":
            return self.decoder["layers"](self.encoder["layers"](x.flatten(1))).unflatten(1, (self.steps, -1))
        z = self.encoder["layers"](nn.functional.pad(x.transpose(1, 2), (0, _padding(self.steps))))
        return self.decoder["layers"](z)[:, :, : self.steps].transpose(1, 2)


def _padding(steps: int) -> int:
    return -steps % 4


def _layers(
    net: str, steps: int, variables: int, latent_dim: int, hidden: int
) -> tuple[nn.ModuleDict, nn.ModuleDict]:
    if net == "lstm":
        encoder = {
            "recurrent": nn.LSTM(variables, hidden, batch_first=True),
            "latent": nn.Linear(hidden, latent_dim),
        }
        decoder = {
            "recurrent": nn.LSTM(latent_dim, hidden, batch_first=True),
            "head": nn.Linear(hidden, variables),
        }
        return nn.ModuleDict(encoder), nn.ModuleDict(decoder)
    if net == "mlp":
        size = steps * variables
        sides: Sequence[nn.Module] = (
            nn.Sequential(nn.Linear(size, hidden), nn.ReLU(), nn.Linear(hidden, latent_dim)),
            nn.Sequential(nn.Linear(latent_dim, hidden), nn.ReLU(), nn.Linear(hidden, size)),
        )
    else:
        first, second = FILTERS
        quarter = (steps + _padding(steps)) // 4
        half = KERNEL // 2
        sides = (
            nn.Sequential(
                nn.Conv1d(variables, first, KERNEL, 2, half), nn.ReLU(),
                nn.Conv1d(first, second, KERNEL, 2, half), nn.ReLU(),
                nn.Flatten(), nn.Linear(second * quarter, latent_dim),
            ),
            nn.Sequential(
                nn.Linear(latent_dim, second * quarter), nn.ReLU(), nn.Unflatten(1, (second, quarter)),
                nn.ConvTranspose1d(second, first, KERNEL, 2, half, 1), nn.ReLU(),
                nn.ConvTranspose1d(first, variables, KERNEL, 2, half, 1),
            ),
        )  # fmt: skip
    encoder_side, decoder_side = (initialize(side, "glorot_uniform") for side in sides)
    return nn.ModuleDict({"layers": encoder_side}), nn.ModuleDict({"layers": decoder_side})
