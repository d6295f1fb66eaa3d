"""Optimizers on PyTorch's fused kernels: a step is a single call for all parameters of a group.

Kernels and state names are those of `torch.optim`, and the results are bit-identical, except that RMSprop
without momentum and gradient clipping differ from PyTorch's in the last bits (PyTorch takes another kernel
without momentum, and adds 1e-6 to the norm). The overhead of `torch.optim` around each call is avoided
(profiling, grouping by device, a second of imports on first use), because for small networks it costs more
than the arithmetic.
"""

# pyright: reportPrivateImportUsage=false
# The kernels have no public name. They are what torch.optim calls, and tests compare the results bit by bit.

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from hibiscus.errors import ConfigError, RunError

__all__ = ["SGD", "Adam", "Optimizer", "RMSprop", "Updates", "clip_gradients"]

Tensors = list[Tensor]


class Updates(ABC):
    """Updates parameters in place by their gradients; a parameter without a gradient stays as it is.

    Args:
        parameters: matrices before vectors (biases, scales of normalization layers), to which weight decay
            never applies.
        settings: learning rate, momenta, weight decay.
        lr_factors: factor of the learning rate of each parameter; 1 for all if left out.
    """

    slots: ClassVar[
        tuple[str, ...]
    ] = ()  # state tensors of a parameter's own shape, by the names of torch.optim
    counts_steps: ClassVar[bool] = False

    def __init__(
        self,
        parameters: Sequence[nn.Parameter],
        settings: Optimizer,
        lr_factors: Sequence[float] | None = None,
    ):
        self.parameters, self.settings, self.lr = list(parameters), settings, settings.lr
        decays = [settings.weight_decay if p.ndim > 1 else 0.0 for p in self.parameters]
        keys = list(zip(decays, lr_factors or [1.0] * len(decays), strict=True))
        self.groups = {
            key: [i for i, other in enumerate(keys) if other == key] for key in dict.fromkeys(keys)
        }
        self.state: dict[str, Tensors] = {
            name: [torch.zeros_like(p) for p in self.parameters] for name in self.slots
        }
        if self.counts_steps:
            self.state["step"] = [torch.zeros((), device=p.device) for p in self.parameters]

    @torch.no_grad()
    def step(self) -> None:
        """Updates every parameter that has a gradient, with one call per weight decay and factor."""
        for (decay, factor), group in self.groups.items():
            gradients = {i: grad for i in group if (grad := self.parameters[i].grad) is not None}
            if gradients:
                state = {name: [values[i] for i in gradients] for name, values in self.state.items()}
                lr = self.lr * factor
                chosen: Tensors = [self.parameters[i] for i in gradients]
                self._update(chosen, list(gradients.values()), state, decay, lr)

    @abstractmethod
    def _update(
        self, parameters: Tensors, gradients: Tensors, state: dict[str, Tensors], decay: float, lr: float
    ) -> None: ...

    def tensors(self) -> dict[str, Tensor]:
        """The state by `NUMBER/NAME`, where the number counts the parameters."""
        return {
            f"{i}/{name}": values[i]
            for i in range(len(self.parameters))
            for name, values in self.state.items()
        }

    @torch.no_grad()
    def load(self, tensors: Mapping[str, Tensor]) -> None:
        """Takes over what `tensors` returned; missing tensors become zero.

        Raises:
            RunError: a state whose shape differs from that of its parameter.
        """
        for name, tensor in self.tensors().items():
            saved = tensors.get(name, torch.zeros_like(tensor))
            if saved.shape != tensor.shape:
                raise RunError(
                    f"optimizer state {name}: {tuple(saved.shape)}, its parameter: {tuple(tensor.shape)}",
                    "a checkpoint of the same networks",
                    "use the options of the run that saved it",
                )
            tensor.copy_(saved)


class SGD(Updates):
    r"""SGD with Nesterov momentum: `m <- momentum m + g;  w <- w - lr (g + momentum m)`."""

    slots = ("momentum_buffer",)

    def _update(
        self, parameters: Tensors, gradients: Tensors, state: dict[str, Tensors], decay: float, lr: float
    ) -> None:
        momentum = self.settings.momentum
        torch._fused_sgd_(
            parameters,
            gradients,
            state["momentum_buffer"] if momentum else [],
            weight_decay=decay,
            momentum=momentum,
            lr=lr,
            dampening=0.0,
            nesterov=self.settings.nesterov and momentum > 0,
            maximize=False,
            is_first_step=False,  # a buffer of zeros gives the same
        )


class RMSprop(Updates):
    r"""`v <- s v + (1 - s) g^2;  m <- momentum m + g / (sqrt v + 1e-8);  w <- w - lr m`, s the smoothing.

    Reference: Hinton, "Neural Networks for Machine Learning", 2012, lecture 6e (without momentum, s = 0.9).
    """

    slots = ("square_avg", "momentum_buffer")
    epsilon = 1e-8

    def _update(
        self, parameters: Tensors, gradients: Tensors, state: dict[str, Tensors], decay: float, lr: float
    ) -> None:
        square, velocity = state["square_avg"], state["momentum_buffer"]
        if decay:
            gradients = list(torch._foreach_add(gradients, parameters, alpha=decay))
        torch._foreach_mul_(square, self.settings.smoothing)
        torch._foreach_addcmul_(square, gradients, gradients, value=1 - self.settings.smoothing)
        root = torch._foreach_sqrt(square)
        torch._foreach_add_(root, self.epsilon)
        torch._foreach_mul_(velocity, self.settings.momentum)
        torch._foreach_addcdiv_(velocity, gradients, root)
        torch._foreach_add_(parameters, velocity, alpha=-lr)


class Adam(Updates):
    r"""`w <- w - lr m / (sqrt v + 1e-8)`, with m and v the bias-corrected means of g and g^2.

    AdamW applies weight decay directly to the weights instead of adding it to g.
    """

    slots = ("exp_avg", "exp_avg_sq")
    counts_steps = True

    def _update(
        self, parameters: Tensors, gradients: Tensors, state: dict[str, Tensors], decay: float, lr: float
    ) -> None:
        torch._foreach_add_(state["step"], 1)
        kernel = torch._fused_adamw_ if self.settings.name == "adamw" else torch._fused_adam_
        kernel(
            parameters,
            gradients,
            state["exp_avg"],
            state["exp_avg_sq"],
            [],
            state["step"],
            lr=lr,
            beta1=self.settings.betas[0],
            beta2=self.settings.betas[1],
            weight_decay=decay,
            eps=1e-8,
            amsgrad=False,
            maximize=False,
        )


KINDS: dict[str, type[Updates]] = {"sgd": SGD, "rmsprop": RMSprop, "adam": Adam, "adamw": Adam}


@dataclass(frozen=True)
class Optimizer:
    """An optimizer by name, with its settings.

    Args:
        name: `sgd` (with momentum), `rmsprop`, `adam` or `adamw`.
        lr: learning rate where the schedule's factor is 1.
        momentum: for SGD and RMSprop.
        betas: for Adam and AdamW.
        weight_decay: L2 decay of the weights (decoupled in AdamW, through the gradient otherwise), never of
            biases and the scales of normalization layers.
        nesterov: Nesterov momentum, for SGD.
        smoothing: for RMSprop: decay rate of the mean of squared gradients.
    """

    name: str = "adam"
    lr: float = 1e-3
    momentum: float = 0.9
    betas: tuple[float, float] = (0.9, 0.999)
    weight_decay: float = 0.0
    nesterov: bool = True
    smoothing: float = 0.99

    def build(
        self, parameters: Sequence[nn.Parameter], lr_factors: Mapping[nn.Parameter, float] | None = None
    ) -> Updates:
        """The optimizer of the given parameters, matrices first: checkpoints number them in that order.

        Args:
            parameters: those that it updates.
            lr_factors: factors of the learning rate of some of them; 1 for the others.

        Raises:
            ConfigError: an unknown name.
        """
        if self.name not in KINDS:
            raise ConfigError(f"optimizer={self.name}", "sgd, rmsprop, adam or adamw", "choose one of them")
        ordered = sorted(parameters, key=lambda p: p.ndim <= 1)
        return KINDS[self.name](ordered, self, [(lr_factors or {}).get(p, 1.0) for p in ordered])


@torch.no_grad()
def clip_gradients(parameters: Sequence[nn.Parameter], max_norm: float) -> None:
    """Scales all gradients down together, to the norm `max_norm`, if their total norm exceeds it."""
    gradients = [p.grad for p in parameters if p.grad is not None]
    norm = torch.linalg.vector_norm(torch.stack(torch._foreach_norm(gradients)))
    torch._foreach_div_(gradients, (norm / max_norm).clamp_min(1.0))
