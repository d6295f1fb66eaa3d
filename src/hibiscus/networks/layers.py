"""Shared by the networks: activations and initializers by name, layers, and the parameter count."""

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
    "INITIALIZERS",
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
    "mish": nn.Mish,
    "identity": nn.Identity,
    "softmax": lambda: nn.Softmax(dim=1),
}


def activation(name: str) -> nn.Module:
    r"""A new activation layer by name.

        relu $\max(0, x)$; leaky_relu $\max(0.2x, x)$; elu $x$ or $e^x - 1$;
        selu $1.0507\,(x$ or $1.6733(e^x - 1))$;
        softplus $\log(1 + e^x)$; tanh; sigmoid $1/(1 + e^{-x})$;
        gelu $x\Phi(x)$; silu $x\,\mathrm{sigmoid}(x)$;
        mish $x \tanh(\log(1 + e^x))$;
        identity; softmax $e^{x_i} / \sum_j e^{x_j}$ over the channels.

    `relu` and `leaky_relu` work in place, which saves a copy; use them on the output of another layer.

    Raises:
        ConfigError: an unknown name; the message lists the valid names.
    """
    return ACTIVATIONS[choice("activation", name, ACTIVATIONS)]()


Initializer = Callable[[Tensor, int, int, "torch.Generator | None"], Tensor]


def _normal(std: Callable[[int, int], float]) -> Initializer:
    return lambda weight, fan_in, fan_out, generator: weight.normal_(
        0, std(fan_in, fan_out), generator=generator
    )


def _uniform(std: Callable[[int, int], float]) -> Initializer:
    """Uniform in ±√3·std, which has the standard deviation std."""

    def uniform(weight: Tensor, fan_in: int, fan_out: int, generator: torch.Generator | None) -> Tensor:
        bound = math.sqrt(3) * std(fan_in, fan_out)
        return weight.uniform_(-bound, bound, generator=generator)

    return uniform


def _orthogonal(weight: Tensor, fan_in: int, fan_out: int, generator: torch.Generator | None) -> Tensor:
    """Orthonormal rows, or columns where there are fewer of them (Saxe et al., 2014)."""
    rows = weight.flatten(1)
    tall = rows.shape[0] >= rows.shape[1]
    q, r = torch.linalg.qr((rows if tall else rows.T).clone().normal_(generator=generator))
    q = q * r.diagonal().sign()
    return weight.copy_((q if tall else q.T).reshape(weight.shape))


INITIALIZERS: dict[str, Initializer] = {
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
    r"""Initializes every weight of a network by a named scheme; biases are set to 0.

        he: variance $2/\text{fan}_{in}$; glorot: $2/(\text{fan}_{in} + \text{fan}_{out})$;
        lecun: $1/\text{fan}_{in}$;
        orthogonal: $W W^\top = I$; normal: standard deviation 0.02; uniform: in ±0.05; zeros; ones.

    This covers linear, convolution and transposed convolution layers and recurrent cells, whose gates are
    initialized separately. The forget gate of an LSTM starts with bias 1 (Jozefowicz et al., 2015).
    Normalization and embedding layers are left unchanged.

    Args:
        module: any network; changed in place.
        name: a name in `INITIALIZERS`.
        seed: random seed; None uses torch's global generator.

    Returns:
        The same module.

    Raises:
        ConfigError: an unknown name; the message lists the valid names.

    Reference: He et al., 2015, arXiv 1502.01852; Glorot and Bengio, AISTATS 2010; LeCun et al., "Efficient
        BackProp", 1998.
    """
    initializer = INITIALIZERS[choice("initializer", name, INITIALIZERS)]
    generator = None if seed is None else torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for layer in module.modules():
            if isinstance(layer, nn.RNNBase):
                initialize_recurrent(layer, initializer, initializer, generator)
            elif isinstance(layer, nn.Linear | nn.modules.conv._ConvNd):
                fill(layer.weight, initializer, _fans(layer), generator)
                if layer.bias is not None:
                    layer.bias.zero_()
    return module


def initialize_recurrent(
    layer: nn.RNNBase, kernel: Initializer, recurrent: Initializer, generator: torch.Generator | None = None
) -> None:
    """Initializes input weights by `kernel` and hidden-to-hidden weights by `recurrent`, gate by gate; biases
    0, forget gate 1.
    """
    gates = {"LSTM": 4, "GRU": 3}.get(layer.mode, 1)
    with torch.no_grad():
        for name, parameter in layer.named_parameters():
            if name.startswith("weight"):
                for block in parameter.chunk(gates):
                    fill(
                        block,
                        recurrent if "_hh_" in name else kernel,
                        (block.shape[1], block.shape[0]),
                        generator,
                    )
            else:
                parameter.zero_()
                if layer.mode == "LSTM" and name.startswith("bias_ih"):
                    parameter.chunk(gates)[1].fill_(1)


def fill(
    weight: Tensor, initializer: Initializer, fans: tuple[int, int], generator: torch.Generator | None = None
) -> None:
    """Initializes on the CPU in float32 and copies, so that the same seed gives the same weights on every
    device.
    """
    weight.copy_(initializer(torch.empty(weight.shape), *fans, generator))


def _fans(layer: nn.Module) -> tuple[int, int]:
    """The fan-in and fan-out of a layer."""
    if isinstance(layer, nn.Linear):
        return layer.in_features, layer.out_features
    assert isinstance(layer, nn.modules.conv._ConvNd)
    area = math.prod(layer.kernel_size)
    return layer.in_channels // layer.groups * area, layer.out_channels // layer.groups * area


class UnitNorm(nn.BatchNorm1d):
    """Batch norm of units `(batch, units)`; a batch of one, whose variance is undefined, uses the running
    statistics.
    """

    def forward(self, input: Tensor) -> Tensor:
        """The normalized units."""
        if self.training and len(input) == 1:
            return functional.batch_norm(
                input, self.running_mean, self.running_var, self.weight, self.bias, False, 0.0, self.eps
            )
        return super().forward(input)


class MapNorm(nn.BatchNorm2d):
    """Batch norm of maps; a single value per channel, whose variance is undefined, uses the running
    statistics.
    """

    def forward(self, input: Tensor) -> Tensor:
        """The normalized maps."""
        if self.training and input.shape[0] * input.shape[2] * input.shape[3] == 1:
            return functional.batch_norm(
                input, self.running_mean, self.running_var, self.weight, self.bias, False, 0.0, self.eps
            )
        return super().forward(input)


def conv_norm_relu(channels: int, filters: int, stride: int = 1) -> list[nn.Module]:
    """A 3x3 convolution with output sides of ceil(side / stride), followed by batch norm and ReLU."""
    return [
        nn.Conv2d(channels, filters, 3, stride, padding=1, bias=False),
        MapNorm(filters),
        nn.ReLU(inplace=True),
    ]


def spectrally_normalized(network: nn.Module) -> nn.Module:
    r"""Divides the weight of every linear and convolution layer by its largest singular value, in place.

        $W \leftarrow W / \sigma(W)$, $\sigma$ by one step of power iteration at each forward pass in training

    Linear layers then have a Lipschitz constant of about 1. The singular value of a convolution is that of
    its weight reshaped to a matrix (outputs, inputs * height * width), as in the paper, so its Lipschitz
    constant is bounded but may exceed 1.

    Args:
        network: any network; its weights become parameters `parametrizations.weight.original`.

    Returns:
        The same network.

    Reference: Miyato, Kataoka, Koyama, Yoshida, "Spectral Normalization for Generative Adversarial Networks",
        2018, arXiv 1802.05957.
    """
    for layer in list(network.modules()):
        if isinstance(layer, nn.Linear | nn.modules.conv._ConvNd):
            spectral_norm(layer)
    return network


def count_parameters(module: nn.Module, trainable: bool = True) -> int:
    """The number of weights and biases; running statistics of normalization layers are not counted.

    Args:
        module: any network.
        trainable: count only trainable parameters; False includes frozen ones.
    """
    return sum(
        parameter.numel() for parameter in module.parameters() if parameter.requires_grad or not trainable
    )
