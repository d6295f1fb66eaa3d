"""What the networks share: activations by name, weight initializers for any network, and the parameter count."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.parametrizations import spectral_norm

from hibiscus.networks.input_shapes import choice

__all__ = [
    "ACTIVATIONS",
    "INITIALISERS",
    "MapNorm",
    "UnitNorm",
    "activation",
    "conv_norm_relu",
    "count_parameters",
    "initialize",
    "spectrally_normalized",
]

ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "relu": lambda: nn.ReLU(inplace=True),
    "leaky_relu": lambda: nn.LeakyReLU(0.2, inplace=True),
    "elu": nn.ELU,
    "selu": nn.SELU,
    "softplus": nn.Softplus,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
    "gelu": nn.GELU,
    "silu": nn.SiLU,
    "identity": nn.Identity,
    "softmax": lambda: nn.Softmax(dim=1),
}


def activation(name: str) -> nn.Module:
    r"""A new activation layer by name.

        relu $\max(0, x)$; leaky_relu $\max(0.2x, x)$; elu $x$ or $e^x - 1$; selu $1.0507\,(x$ or $1.6733(e^x - 1))$;
        softplus $\log(1 + e^x)$; tanh; sigmoid $1/(1 + e^{-x})$; gelu $x\Phi(x)$; silu $x\,\mathrm{sigmoid}(x)$;
        identity; softmax $e^{x_i} / \sum_j e^{x_j}$ over the channels.

    `relu` and `leaky_relu` write over their input, which saves a copy; give them the output of another layer.

    Raises:
        ConfigError: an unknown name; the message lists the known ones.
    """
    return ACTIVATIONS[choice("activation", name, ACTIVATIONS)]()


Draw = Callable[[Tensor, int, int, "torch.Generator | None"], Tensor]


def _normal(std: Callable[[int, int], float]) -> Draw:
    return lambda weight, fan_in, fan_out, generator: weight.normal_(0, std(fan_in, fan_out), generator=generator)


def _uniform(std: Callable[[int, int], float]) -> Draw:
    """Uniform in ±√3·std, which has that standard deviation."""

    def draw(weight: Tensor, fan_in: int, fan_out: int, generator: torch.Generator | None) -> Tensor:
        bound = math.sqrt(3) * std(fan_in, fan_out)
        return weight.uniform_(-bound, bound, generator=generator)

    return draw


def _orthogonal(weight: Tensor, fan_in: int, fan_out: int, generator: torch.Generator | None) -> Tensor:
    """Rows, or columns where there are fewer, of length 1 and at right angles (Saxe et al., 2014)."""
    rows = weight.flatten(1)
    tall = rows.shape[0] >= rows.shape[1]
    q, r = torch.linalg.qr((rows if tall else rows.T).clone().normal_(generator=generator))
    q = q * r.diagonal().sign()
    return weight.copy_((q if tall else q.T).reshape(weight.shape))


INITIALISERS: dict[str, Draw] = {
    "he_normal": _normal(lambda fan_in, fan_out: math.sqrt(2 / fan_in)),
    "he_uniform": _uniform(lambda fan_in, fan_out: math.sqrt(2 / fan_in)),
    "glorot_normal": _normal(lambda fan_in, fan_out: math.sqrt(2 / (fan_in + fan_out))),
    "glorot_uniform": _uniform(lambda fan_in, fan_out: math.sqrt(2 / (fan_in + fan_out))),
    "lecun_normal": _normal(lambda fan_in, fan_out: math.sqrt(1 / fan_in)),
    "lecun_uniform": _uniform(lambda fan_in, fan_out: math.sqrt(1 / fan_in)),
    "normal": _normal(lambda fan_in, fan_out: 0.02),
    "uniform": _uniform(lambda fan_in, fan_out: 0.05 / math.sqrt(3)),
    "orthogonal": _orthogonal,
    "zeros": lambda weight, fan_in, fan_out, generator: weight.zero_(),
    "ones": lambda weight, fan_in, fan_out, generator: weight.fill_(1),
}


def initialize(module: nn.Module, name: str, seed: int | None = None) -> nn.Module:
    r"""Draws every weight of a network anew by a named rule; biases become 0.

        he: variance $2/\text{fan}_{in}$; glorot: $2/(\text{fan}_{in} + \text{fan}_{out})$; lecun: $1/\text{fan}_{in}$;
        orthogonal: $W W^\top = I$; normal: standard deviation 0.02; uniform: in ±0.05; zeros; ones.

    Linear, convolution and transposed convolution layers and recurrent cells are drawn, each gate of a cell by itself. An
    LSTM's forget gate starts with bias 1 (Jozefowicz et al., 2015). Norm and embedding layers are left as they are.

    Args:
        module: any network; changed in place.
        name: a name in `INITIALISERS`.
        seed: the same seed draws the same weights; None takes torch's global generator.

    Returns:
        The same module.

    Raises:
        ConfigError: an unknown name; the message lists the known ones.

    Reference: He et al., 2015, arXiv 1502.01852; Glorot and Bengio, AISTATS 2010; LeCun et al., "Efficient BackProp", 1998.
    """
    draw = INITIALISERS[choice("initializer", name, INITIALISERS)]
    generator = None if seed is None else torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for layer in module.modules():
            if isinstance(layer, nn.RNNBase):
                initialize_recurrent(layer, draw, draw, generator)
            elif isinstance(layer, nn.Linear | nn.modules.conv._ConvNd):
                fill(layer.weight, draw, _fans(layer), generator)
                if layer.bias is not None:
                    layer.bias.zero_()
    return module


def initialize_recurrent(layer: nn.RNNBase, kernel: Draw, recurrent: Draw, generator: torch.Generator | None = None) -> None:
    """Draws input weights by `kernel` and hidden-to-hidden weights by `recurrent`, gate by gate; biases 0, forget gate 1."""
    gates = {"LSTM": 4, "GRU": 3}.get(layer.mode, 1)
    with torch.no_grad():
        for name, parameter in layer.named_parameters():
            if name.startswith("weight"):
                for block in parameter.chunk(gates):
                    fill(block, recurrent if "_hh_" in name else kernel, (block.shape[1], block.shape[0]), generator)
            else:
                parameter.zero_()
                if layer.mode == "LSTM" and name.startswith("bias_ih"):
                    parameter.chunk(gates)[1].fill_(1)


def fill(weight: Tensor, draw: Draw, fans: tuple[int, int], generator: torch.Generator | None = None) -> None:
    """Draws on the processor in float32 and copies, so that the same seed gives the same weights on every device."""
    weight.copy_(draw(torch.empty(weight.shape), *fans, generator))


def _fans(layer: nn.Module) -> tuple[int, int]:
    """How many values feed one output of the layer, and how many outputs one input feeds."""
    if isinstance(layer, nn.Linear):
        return layer.in_features, layer.out_features
    assert isinstance(layer, nn.modules.conv._ConvNd)
    area = math.prod(layer.kernel_size)
    return layer.in_channels // layer.groups * area, layer.out_channels // layer.groups * area


class UnitNorm(nn.BatchNorm1d):
    """Batch norm of units `(batch, units)`; a batch of one, which has nothing to compare, by the running statistics."""

    def forward(self, input: Tensor) -> Tensor:
        """The units, normalised."""
        if self.training and len(input) == 1:
            return functional.batch_norm(input, self.running_mean, self.running_var, self.weight, self.bias, False, 0.0, self.eps)
        return super().forward(input)


class MapNorm(nn.BatchNorm2d):
    """Batch norm of maps; one image whose maps have one position, with nothing to compare, by the running statistics."""

    def forward(self, input: Tensor) -> Tensor:
        """The maps, normalised."""
        if self.training and input.shape[0] * input.shape[2] * input.shape[3] == 1:
            return functional.batch_norm(input, self.running_mean, self.running_var, self.weight, self.bias, False, 0.0, self.eps)
        return super().forward(input)


def conv_norm_relu(channels: int, filters: int, stride: int = 1) -> list[nn.Module]:
    """A 3x3 convolution, which leaves sides of ceil(side / stride), its norm and ReLU."""
    return [nn.Conv2d(channels, filters, 3, stride, padding=1, bias=False), MapNorm(filters), nn.ReLU(inplace=True)]


def spectrally_normalized(network: nn.Module) -> nn.Module:
    r"""Divides the weight of every linear and convolution layer by its largest singular value, in place.

        $W \leftarrow W / \sigma(W)$, $\sigma$ by one step of the power method at each use in training

    Each layer then has slope 1 at most, and so has a network of them with ReLU or LeakyReLU between.

    Args:
        network: any network; its weights become parameters `parametrizations.weight.original`.

    Returns:
        The same network.

    Reference: Miyato, Kataoka, Koyama, Yoshida, "Spectral Normalization for Generative Adversarial Networks", 2018, arXiv 1802.05957.
    """
    for layer in list(network.modules()):
        if isinstance(layer, nn.Linear | nn.modules.conv._ConvNd):
            spectral_norm(layer)
    return network


def count_parameters(module: nn.Module, trainable: bool = True) -> int:
    """The number of weights and biases; running statistics of norm layers are not counted.

    Args:
        module: any network.
        trainable: count only what training may change; False counts frozen parameters too.
    """
    return sum(parameter.numel() for parameter in module.parameters() if parameter.requires_grad or not trainable)
