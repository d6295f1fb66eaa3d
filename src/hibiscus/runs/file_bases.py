"""A base from a file of weights, which holds tensors and nothing else."""

from __future__ import annotations

from pathlib import Path

from safetensors import safe_open
from torch import Tensor

from hibiscus.errors import ConfigError, DataError
from hibiscus.networks.architecture import rebuild
from hibiscus.networks.bases import BaseDescription, base_stages, base_tensors
from hibiscus.networks.known_weights import recognize
from hibiscus.networks.loading import load_base

__all__ = ["open_file_base"]

MAX_BYTES = 2 * 10**9  # eight times the largest known architecture in float32
MAX_TENSORS = 10_000
LAST_LAYER = "fc"


def open_file_base(name: str) -> tuple[BaseDescription, dict[str, Tensor]]:
    """The base of which a safetensors file holds the weights, by the names that `load_base` takes.

    Args:
        name: of the file.

    Raises:
        ConfigError: there is no such file, or it holds weights of no known architecture.
        DataError: it cannot be read, or does not hold the weights of the architecture that its names belong
            to.
    """
    path = Path(name).expanduser()
    if not path.is_file():
        raise ConfigError(f"net={name}: there is no such file", "a safetensors file", "check the path")
    if path.stat().st_size > MAX_BYTES:
        received = f"net={name}: {path.stat().st_size / 1e9:.1f} GB"
        raise DataError(received, f"at most {MAX_BYTES / 1e9:g} GB", "use the weights of a smaller network")
    try:
        with safe_open(path, framework="pt") as file:
            keys = list(file.keys())
            if len(keys) > MAX_TENSORS:
                received = f"net={name}: {len(keys):,} tensors"
                raise DataError(received, f"at most {MAX_TENSORS:,}", "another file")
            shapes = {key: file.get_slice(key).get_shape() for key in keys}
            description, names = recognize(shapes, str(path.resolve()))
            tensors = {names[key]: file.get_tensor(key) for key in names}
    except (ConfigError, DataError):
        raise
    except Exception as error:  # the reader has errors of its own for some kinds of damage
        received = f"net={name}: cannot be read ({type(error).__name__}: {error})"
        raise DataError(received, "a safetensors file", "download it again") from error
    network = rebuild(description.architecture)
    load_base(network, tensors, f"net={name}", LAST_LAYER)
    stages, after = base_stages(network, description, len(description.mean))
    return description, base_tensors(dict(enumerate(stages)), dict(enumerate(after)))
