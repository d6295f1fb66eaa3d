r"""Feature visualization: images, computed by gradient ascent, to which the filters of a layer respond most.

    maximize over z:  response / |response now| - tv_weight TV(x),    x = sigmoid(C ifft(z / f))
    response = mean over positions of  A_k(shift(x))

`A_k` is channel `k` of the map before its activation function, whose gradient vanishes where it is 0.
Plain gradient ascent gives high-frequency noise. What makes the images readable: the image is described by
its spectrum `z`, divided by the frequency `f`, as the spectra of photos are, and the highest frequencies are
damped; colors vary mainly in brightness
(`C`); the image is shifted at random in every step, so that no pattern depends on its position; and its
total variation (TV), the mean absolute difference of neighboring pixels, is penalized.

Reference: Olah, Mordvintsev, Schubert, "Feature Visualization", Distill, 2017 (shifts, total variation,
    spectrum, decorrelated colors); Erhan et al., "Visualizing Higher-Layer Features of a Deep Network", 2009
    (activation maximization).
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from hibiscus.errors import ConfigError
from hibiscus.evaluation.attribution.feature_maps import MapLayer

__all__ = ["before_activation", "filter_images"]

# Brightness, blue against yellow, and green against red of natural images, with their deviations (Olah et
# al., code).
COLORS = ((0.26, 0.09, 0.02), (0.27, 0.00, -0.05), (0.27, -0.09, 0.03))
RATE, START_STD = 0.05, 0.3
SHIFT = 1 / 12  # of the side, the largest
HIGHEST = 0.25  # cycles per pixel, from which frequencies are damped
SMALL = 0.1  # a response below this is not divided by itself


class _Reached(Exception):
    """The layer has been reached: what follows it is not needed."""


def before_activation(network: nn.Module, name: str, layers: Sequence[MapLayer]) -> tuple[nn.Module, bool]:
    """Where to read the map of a layer before its activation function.

    Args:
        network: any network.
        name: of a layer; a block of layers may end with an activation.
        layers: those of the network, as `map_layers` returns them.

    Returns:
        A module, and whether its input is the map, rather than its output.
    """
    names = [layer.name for layer in layers]
    index = names.index(name)
    while index and layers[index - 1].shape == layers[index].shape:
        ends_block = names[index - 1].startswith(names[index] + ".")
        if not ends_block and layers[index].type != "Identity":
            break
        index -= 1  # the last layer in the block, or before the identity
    module = network.get_submodule(names[index])
    return module, type(module).__module__ == "torch.nn.modules.activation"


def filter_images(
    forward: Callable[[Tensor], Any],
    layer: nn.Module,
    channels: Sequence[int],
    shape: tuple[int, int, int],
    normalize: Callable[[Tensor], Tensor] = lambda images: images,
    *,
    at_input: bool = False,
    steps: int = 160,
    tv_weight: float = 3.0,
    seed: int = 0,
    device: torch.device | None = None,
) -> Tensor:
    """An image for each channel of a layer.

    Args:
        forward: calls the network.
        layer: whose channels are maximized.
        channels: their numbers.
        shape: (channels, height, width) of the images; networks that end before a linear layer take any size.
        normalize: maps images in [0, 1] to inputs of the network.
        at_input: maximize the input of the layer instead of its output, see `before_activation`.
        steps: of gradient ascent.
        tv_weight: weight of the total variation, against the response relative to its present size.
        seed: of the first image and the shifts.
        device: of the network; by default the CPU.

    Returns:
        float32 (len(channels), *shape), in [0, 1].

    Raises:
        ConfigError: a channel that the layer does not have.
    """
    generator = torch.Generator().manual_seed(seed)
    seen: list[Tensor] = []

    def stop(values: Tensor) -> None:
        seen[:] = [values]
        raise _Reached

    def hook(_: nn.Module, inputs: Any, output: Any = None) -> None:
        stop(inputs[0] if at_input else output)

    handle = layer.register_forward_pre_hook(hook) if at_input else layer.register_forward_hook(hook)
    try:
        with torch.inference_mode(False), torch.enable_grad(), torch.compiler.set_stance("force_eager"):
            scale = _inverse_frequency(shape).to(device)
            start = torch.randn(len(channels), *scale.shape[:3], 2, generator=generator) * START_STD
            z = start.to(device).requires_grad_()
            optimizer = torch.optim.Adam([z], lr=RATE)
            for _ in range(steps):
                images = _images(z, scale, shape)
                with contextlib.suppress(_Reached):
                    forward(normalize(_shifted(images, generator)))
                (maps,) = seen
                _check(channels, maps)
                responses = maps[torch.arange(len(channels)), list(channels)].flatten(1).mean(1)
                relative = responses / responses.detach().abs().clamp_min(SMALL)
                (gradient,) = torch.autograd.grad(tv_weight * _variation(images) - relative.sum(), z)
                z.grad = gradient
                optimizer.step()
            return _images(z.detach(), scale, shape)
    finally:
        handle.remove()


def _inverse_frequency(shape: tuple[int, int, int]) -> Tensor:
    """The scale of each coefficient of the spectrum, (channels, height, width // 2 + 1, 1)."""
    channels, height, width = shape
    frequency = (torch.fft.fftfreq(height)[:, None] ** 2 + torch.fft.rfftfreq(width) ** 2).sqrt()
    scale = (height * width) ** 0.5 / frequency.clamp_min(1 / max(height, width))
    scale = scale * torch.exp(-((frequency / HIGHEST) ** 2))
    return scale[None, :, :, None].expand(channels, -1, -1, -1)


def _images(z: Tensor, scale: Tensor, shape: tuple[int, int, int]) -> Tensor:
    """Images in [0, 1] with a spectrum (items, channels, height, width // 2 + 1, 2) for unit scales."""
    values = torch.fft.irfft2(torch.view_as_complex((z * scale).contiguous()), s=shape[1:]) / 4
    if shape[0] == 3:
        colors = torch.tensor(COLORS, device=z.device)
        values = torch.einsum("rc,nchw->nrhw", colors / colors.norm(dim=0).max(), values)
    return values.sigmoid()


def _shifted(images: Tensor, generator: torch.Generator) -> Tensor:
    """The images shifted by a random number of pixels; what leaves on one side enters on the other."""
    largest = [max(1, round(side * SHIFT)) for side in images.shape[2:]]
    by = [int(torch.randint(-limit, limit + 1, (), generator=generator)) for limit in largest]
    return images.roll(by, (2, 3))


def _variation(images: Tensor) -> Tensor:
    """The sum over images of their mean absolute difference of neighboring pixels."""
    down, across = (images.diff(dim=side).abs().mean((1, 2, 3)) for side in (2, 3))
    return (down + across).sum()


def _check(channels: Sequence[int], maps: Tensor) -> None:
    wrong = [channel for channel in channels if not 0 <= channel < maps.shape[1]]
    if wrong:
        expected = f"channels 0 to {maps.shape[1] - 1} of the layer"
        raise ConfigError(f"channel {wrong[0]}", expected, "choose another channel")
