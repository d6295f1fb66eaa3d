"""Where and how numbers are computed: device, precision, threads, and the machine's own speed settings."""

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

__all__ = [
    "choose_device",
    "choose_precision",
    "compile_networks",
    "describe_machine",
    "hardware_bf16",
    "precision_context",
    "tune_process",
]

_MALLOC_TRIM_THRESHOLD, _MALLOC_MMAP_THRESHOLD = -1, -3  # glibc's malloc.h


def tune_process() -> None:
    """Sets what makes small networks fast on a CPU; changes no result beyond denormal numbers. Safe to call twice.

    glibc gives large blocks back to the system at every step and asks for them again at the next; raising its
    thresholds keeps them. Denormal numbers are computed in microcode, some hundred times slower than others. What the
    libraries brought when they were imported stays as long as the process does: the garbage collector, which takes a
    tenth of a second to walk it, is told so once.
    """
    if not gc.get_freeze_count():
        gc.freeze()
    torch.set_flush_denormal(True)
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            libc = ctypes.CDLL("libc.so.6")
            libc.mallopt(_MALLOC_MMAP_THRESHOLD, 1 << 30)
            libc.mallopt(_MALLOC_TRIM_THRESHOLD, (1 << 31) - 1)


def choose_device(name: str = "auto") -> torch.device:
    """The device by its name: `auto` (a GPU where there is one), `cpu`, `cuda`, `cuda:1`, `mps`.

    Raises:
        ConfigError: the device is unknown or absent.
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
        raise ConfigError(f"device={name}: it cannot be used here ({reason})", "auto, cpu, cuda, cuda:N or mps", "leave it out") from None
    return device


def hardware_bf16(device: torch.device) -> bool:
    """Whether the device multiplies bfloat16 numbers faster than float32: a GPU, AMX, or AVX512-BF16 on AMD.

    On an Intel processor with AVX512-BF16 and without AMX a ResNet-20 step took 1.5 times as long in bfloat16 as in float32;
    on AMD's Zen 4 it took less than half.
    """
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    if device.type != "cpu":
        return False
    return _cpu_has("_is_amx_tile_supported") or (_cpu_has("_is_avx512_bf16_supported") and _cpu_info("vendor_id") == "AuthenticAMD")


def _cpu_has(check: str) -> bool:
    found = getattr(torch.cpu, check, None)
    return found is not None and found()


def _cpu_info(key: str) -> str:
    """What Linux says of the processor; nothing elsewhere."""
    with contextlib.suppress(OSError), open("/proc/cpuinfo", encoding="utf-8") as lines:
        return next((line.split(":", 1)[1].strip() for line in lines if line.startswith(key)), "")
    return ""


def choose_precision(name: str, device: torch.device, networks: dict[str, nn.Module]) -> torch.dtype:
    """The type that matrix products are computed in; parameters, losses and statistics stay float32.

    `auto` takes bfloat16 where the hardware is faster in it, except for networks with a GRU, which run slower in it.

    Raises:
        ConfigError: an unknown name.
    """
    names = {"float32": torch.float32, "bfloat16": torch.bfloat16, "fp32": torch.float32, "bf16": torch.bfloat16}
    if name in names:
        return names[name]
    if name != "auto":
        raise ConfigError(f"precision={name}", "auto, float32 or bfloat16", "leave it out")
    has_gru = any(isinstance(module, nn.GRU) for network in networks.values() for module in network.modules())
    return torch.bfloat16 if hardware_bf16(device) and not has_gru else torch.float32


def precision_context(device: torch.device, dtype: torch.dtype) -> contextlib.AbstractContextManager:
    """The context in which losses are computed: autocast to bfloat16, or nothing at all for float32."""
    if dtype == torch.float32:
        return contextlib.nullcontext()
    return torch.autocast(device.type, dtype=dtype)


def compile_networks(networks: Iterable[nn.Module], device: torch.device) -> None:
    """Has each network compiled at its next call, in place: same parameters under the same names, other code.

    Raises:
        ConfigError: there is no compiler for the device.
    """
    if device.type == "cpu" and not any(map(shutil.which, (os.environ.get("CXX", "g++"), "clang++"))):
        raise ConfigError("compile=true: no C++ compiler is here", "g++ or clang++", "install one, or leave compile=true out")
    for network in networks:
        network.compile()


def describe_machine(device: torch.device) -> str:
    """The machine in a few words: `AMD EPYC, 2 cores` or the GPU's name."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    model = _cpu_info("model name") or platform.processor() or platform.machine()
    return f"{model}, {os.cpu_count()} cores"
