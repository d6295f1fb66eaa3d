"""Data-parallel training by several processes, started by `torchrun`: process group and communication.

Every process holds a copy of the networks and processes its shard of each batch. Gradients are averaged after
each backward pass, so all processes take the same step. Only the main process writes to the run folder. With
a single process there is no overhead.
"""

from __future__ import annotations

import atexit
import contextlib
import os
from collections.abc import Iterator, Sequence

import torch
import torch.distributed as dist
from torch import Tensor, nn

from hibiscus.errors import ProcessLostError
from hibiscus.sharding import sum_over_shards

__all__ = [
    "any_process",
    "average",
    "average_gradients",
    "broadcast",
    "convert_sync_batch_norm",
    "init_distributed",
    "is_main_process",
    "main_process_first",
    "raise_lost_process",
    "rank",
    "world_size",
]


def rank() -> int:
    """The rank of this process, from 0."""
    return dist.get_rank() if world_size() > 1 else 0


def world_size() -> int:
    """The number of processes that train together."""
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1


def is_main_process() -> bool:
    """Whether this process has rank 0 and writes the files."""
    return rank() == 0


def init_distributed(device: str) -> str:
    """Joins the process group if torchrun started several processes; returns the device of this one."""
    if int(os.environ.get("WORLD_SIZE", "1")) < 2:
        return device
    on_gpu = device.startswith("cuda") or (device == "auto" and torch.cuda.is_available())
    if not dist.is_initialized():
        dist.init_process_group("nccl" if on_gpu else "gloo")
        atexit.register(_leave)
    return f"cuda:{os.environ.get('LOCAL_RANK', '0')}" if on_gpu else "cpu"


def _leave() -> None:
    if dist.is_initialized():
        with contextlib.suppress(RuntimeError):
            dist.destroy_process_group()


@contextlib.contextmanager
def main_process_first() -> Iterator[None]:
    """Lets the main process run the block before all others: it fills caches that they then read."""
    if world_size() > 1 and not is_main_process():
        dist.barrier()
    yield
    if world_size() > 1 and is_main_process():
        dist.barrier()


@contextlib.contextmanager
def raise_lost_process() -> Iterator[None]:
    """Converts a communication failure to an error which says that another process was lost.

    Raises:
        ProcessLostError: another process has ended, or cannot be reached.
    """
    try:
        yield
    except RuntimeError as error:
        reason = next(iter(str(error).splitlines()), "")[:160]
        words = ("gloo", "nccl", "connection", "peer", "socket", "timed out")
        if world_size() > 1 and (
            isinstance(error, dist.DistError) or any(word in str(error).lower() for word in words)
        ):
            raise ProcessLostError(
                f"process {rank()} of {world_size()} lost contact with another ({reason})",
                "all processes running to the end",
                "see its error above; then, with any number of processes: hibiscus resume RUN",
            ) from error
        raise


def any_process(*flags: bool) -> tuple[bool, ...]:
    """Each flag, true in all processes if it is true in any; all processes must call it."""
    if world_size() == 1:
        return flags
    values = torch.tensor(flags, dtype=torch.int32, device=_device())
    dist.all_reduce(values, dist.ReduceOp.MAX)
    return tuple(bool(flag) for flag in values.tolist())


def broadcast(text: str) -> str:
    """The text of the main process, in every process."""
    if world_size() == 1:
        return text
    content = torch.tensor(list(text.encode(errors="surrogateescape")), dtype=torch.uint8, device=_device())
    length = torch.tensor([len(content)], device=_device())
    dist.broadcast(length, 0)
    content = content if is_main_process() else torch.empty(int(length), dtype=torch.uint8, device=_device())
    dist.broadcast(content, 0)
    return bytes(content.tolist()).decode(errors="surrogateescape")


def average(values: Tensor) -> Tensor:
    """The mean of a tensor over the processes, in place."""
    if world_size() > 1:
        dist.all_reduce(values)
        values /= world_size()
    return values


def average_gradients(parameters: Sequence[nn.Parameter]) -> None:
    """Averages the gradients over the processes, in one message."""
    gradients = []
    for parameter in parameters:
        if parameter.grad is None:  # the loss does not depend on it in this process, but may in another
            parameter.grad = torch.zeros_like(parameter)
        gradients.append(parameter.grad)
    flat = average(torch.cat([gradient.reshape(-1) for gradient in gradients]))
    for gradient, values in zip(
        gradients, flat.split([gradient.numel() for gradient in gradients]), strict=True
    ):
        gradient.copy_(values.view(gradient.shape))


def _device() -> torch.device:
    return (
        torch.device("cuda", torch.cuda.current_device())
        if dist.get_backend() == "nccl"
        else torch.device("cpu")
    )


class SyncBatchNorm(nn.modules.batchnorm._BatchNorm):
    """Batch norm with the statistics of the whole batch, of which each process holds a shard."""

    def _check_input_dim(self, input: Tensor) -> None:
        """Accepts any number of dimensions: it replaces layers that have checked theirs."""

    def forward(self, input: Tensor) -> Tensor:
        """As `nn.BatchNorm`, over all processes."""
        if not self.training:
            return super().forward(input)
        x = input.float()
        dims, shape = [0, *range(2, x.ndim)], [1, -1, *[1] * (x.ndim - 2)]
        count = x.new_full((1,), x.numel() / x.shape[1])
        sums, items = sum_over_shards(x.sum(dims), count)
        items = items.detach()
        mean = sums / items
        centered = x - mean.view(shape)
        variance = sum_over_shards(centered.square().sum(dims))[0] / items
        if self.track_running_stats and self.running_mean is not None and self.running_var is not None:
            with torch.no_grad():
                self.num_batches_tracked.add_(1)  # type: ignore[union-attr]
                momentum = self.momentum if self.momentum is not None else 1 / float(self.num_batches_tracked)  # type: ignore[arg-type]
                self.running_mean.lerp_(mean, momentum)
                self.running_var.lerp_(variance * items / (items - 1).clamp(min=1), momentum)
        y = centered * (variance + self.eps).rsqrt().view(shape)
        if self.affine:
            y = y * self.weight.view(shape) + self.bias.view(shape)
        return y.to(input.dtype)


def convert_sync_batch_norm(network: nn.Module) -> None:
    """Replaces batch norms by synchronized ones if several processes train; the names of the weights stay."""
    if world_size() == 1:
        return
    for name, layer in list(network.named_children()):
        if isinstance(layer, nn.modules.batchnorm._BatchNorm) and not isinstance(layer, SyncBatchNorm):
            synchronized = SyncBatchNorm(
                layer.num_features, layer.eps, layer.momentum, layer.affine, layer.track_running_stats
            )
            synchronized._parameters, synchronized._buffers = layer._parameters, layer._buffers
            synchronized.training = layer.training
            setattr(network, name, synchronized)
        else:
            convert_sync_batch_norm(layer)
