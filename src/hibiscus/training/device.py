"""Device, precision, compilation, and settings of the process that affect its speed."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os
import platform
import shutil
import sys
from collections.abc import Iterable

import torch
from torch import nn

from hibiscus.errors import ConfigError
from hibiscus.training.distributed import any_process
from hibiscus.training.precision_trial import faster_in_bfloat16

__all__ = [
    "choose_device",
    "choose_precision",
    "compile_networks",
    "describe_machine",
    "hardware_bf16",
    "precision_context",
    "resumed_precision",
    "tune_process",
]

_MALLOC_TRIM_THRESHOLD, _MALLOC_MMAP_THRESHOLD = -1, -3  # glibc's malloc.h


def tune_process() -> None:
    """Makes small networks fast on a CPU; changes no result. Safe to call twice.

    glibc returns large blocks to the system after every step and requests them again in the next step;
    raising its thresholds avoids this. The objects that libraries create at import live as long as the
    process; freezing them saves the garbage collector a tenth of a second in every pass.
    """
    if not gc.get_freeze_count():
        gc.freeze()
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            libc = ctypes.CDLL("libc.so.6")
            libc.mallopt(_MALLOC_MMAP_THRESHOLD, 1 << 30)
            libc.mallopt(_MALLOC_TRIM_THRESHOLD, (1 << 31) - 1)


def choose_device(name: str = "auto") -> torch.device:
    """The device by its name: `auto` (a GPU if there is one), `cpu`, `cuda`, `cuda:1`, `mps`.

    Raises:
        ConfigError: the device is unknown or not available.
    """
    if name == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    if name.split(":")[0] not in ("cpu", "cuda", "mps"):
        raise ConfigError(f"device={name}", "auto, cpu, cuda, cuda:N or mps", "leave it out")
    try:
        device = torch.device(name)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0].rstrip(".")
        raise ConfigError(
            f"device={name}: cannot be used here ({reason})", "auto, cpu, cuda, cuda:N or mps", "leave it out"
        ) from None
    return device


def hardware_bf16(device: torch.device) -> bool:
    """Whether the device is faster in bfloat16 than in float32: a GPU, AMX, or AVX512-BF16 on AMD.

    On an Intel processor with AVX512-BF16 but without AMX, a ResNet-20 step took 1.5 times as long in
    bfloat16 as in float32; on AMD's Zen 4 it took less than half.
    """
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    if device.type != "cpu":
        return False
    return _cpu_has("_is_amx_tile_supported") or (
        _cpu_has("_is_avx512_bf16_supported") and _cpu_info("vendor_id") == "AuthenticAMD"
    )


def _cpu_has(check: str) -> bool:
    function = getattr(torch.cpu, check, None)
    return function is not None and function()


def _cpu_info(key: str) -> str:
    """An entry of Linux's processor information; empty on other systems."""
    with contextlib.suppress(OSError), open("/proc/cpuinfo", encoding="utf-8") as lines:
        return next((line.split(":", 1)[1].strip() for line in lines if line.startswith(key)), "")
    return ""


def choose_precision(
    name: str, device: torch.device, networks: dict[str, nn.Module], batch_size: int | None = None
) -> torch.dtype:
    """The data type of matrix products; parameters, losses and statistics stay float32.

    `auto` chooses bfloat16 where the hardware is faster with it, except for networks most of whose weights
    are those of a GRU, which are slower; with the output layer of a translation, a step takes half the time.
    With AMX, convolutions are faster, but linear layers only from some size on, so for networks without
    convolutions the faster precision is measured.

    Args:
        name: `auto`, `float32` or `bfloat16`.
        device: where the networks are trained.
        networks: by name.
        batch_size: items in a batch.

    Raises:
        ConfigError: an unknown name.
    """
    names = {
        "float32": torch.float32,
        "bfloat16": torch.bfloat16,
        "fp32": torch.float32,
        "bf16": torch.bfloat16,
    }
    if name in names:
        return names[name]
    if name != "auto":
        raise ConfigError(f"precision={name}", "auto, float32 or bfloat16", "leave it out")
    layers = [module for network in networks.values() for module in network.modules()]
    linear = [(layer.in_features, layer.out_features) for layer in layers if isinstance(layer, nn.Linear)]
    gru = sum(
        weight.numel() for layer in layers if isinstance(layer, nn.GRU) for weight in layer.parameters()
    )
    if not hardware_bf16(device) or gru > sum(inputs * outputs for inputs, outputs in linear):
        return torch.float32
    others = any(isinstance(layer, nn.modules.conv._ConvNd | nn.RNNBase) for layer in layers)
    if device.type == "cuda" or not linear or others or not _cpu_has("_is_amx_tile_supported"):
        return torch.bfloat16
    faster = faster_in_bfloat16(linear, batch_size or 128, describe_machine(device))
    (faster,) = any_process(faster)  # all processes must compute alike
    return torch.bfloat16 if faster else torch.float32


def resumed_precision(recorded: str | None, chosen: torch.dtype, device: torch.device) -> torch.dtype:
    """The precision of a resumed run: that with which it began, unless this device is slow with it."""
    if recorded is None or (recorded == "bfloat16" and not hardware_bf16(device)):
        return chosen
    return {"bfloat16": torch.bfloat16, "float32": torch.float32}[recorded]


def precision_context(device: torch.device, dtype: torch.dtype) -> contextlib.AbstractContextManager:
    """The context in which losses are computed: autocast to bfloat16, or no change for float32."""
    if dtype == torch.float32:
        return contextlib.nullcontext()
    return torch.autocast(device.type, dtype=dtype)


def compile_networks(networks: Iterable[nn.Module], device: torch.device) -> None:
    """Compiles each network in place at its next call; parameters and their names do not change.

    Raises:
        ConfigError: no compiler for the device is installed.
    """
    if device.type == "cpu" and not any(map(shutil.which, (os.environ.get("CXX", "g++"), "clang++"))):
        raise ConfigError(
            "compile=true: no C++ compiler was found",
            "g++ or clang++",
            "install one, or leave compile=true out",
        )
    for network in networks:
        network.compile()


def describe_machine(device: torch.device) -> str:
    """A short description of the machine: `AMD EPYC, 2 cores`, or the name of the GPU."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    model = _cpu_info("model name") or platform.processor() or platform.machine()
    return f"{model}, {os.cpu_count()} cores"
