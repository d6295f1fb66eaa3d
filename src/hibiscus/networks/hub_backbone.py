"""Backbones of the package `transformers` (extra `hub`), built from their configuration.

Only architectures that the package itself contains: a configuration that names code of a repository is
refused, and so are those of timm, which needs torchvision.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from hibiscus.errors import ConfigError, MissingExtraError
from hibiscus.networks.architecture import described

__all__ = ["HubBackbone", "build_hub_backbone", "hub_library"]

CODE = ("auto_map", "custom_pipelines")  # entries of a configuration that name code of its repository


class HubBackbone(nn.Module):
    """The last feature map of a backbone, as one stage.

    Args:
        model: a backbone of transformers.

    Shapes: (batch, channels, height, width) to (batch, filters, height / stride, width / stride).
    """

    def __init__(self, model: nn.Module):
        super().__init__()
        self.model = model

    def forward(self, x: Tensor) -> Tensor:
        """The last map."""
        return self.model(x).feature_maps[-1]


@described("hub")
def build_hub_backbone(config: Mapping[str, Any]) -> HubBackbone:
    """A backbone with random weights.

    Args:
        config: the content of its `config.json`.

    Raises:
        MissingExtraError: transformers is not installed.
        ConfigError: an unknown architecture, or one that is code of its repository.
    """
    library = hub_library()
    kind = str(config.get("model_type"))
    is_code = any(name in config for name in CODE)
    if is_code or kind.startswith("timm") or kind not in library.CONFIG_MAPPING:
        received = f"a model of type {kind}" + (", whose architecture is code" if is_code else "")
        raise ConfigError(received, "an architecture of transformers itself", "choose another model")
    try:
        parsed = library.CONFIG_MAPPING[kind].from_dict(dict(config))
        return HubBackbone(library.AutoBackbone.from_config(parsed, trust_remote_code=False))
    except Exception as error:  # of many kinds, for a configuration that is no backbone's
        received = f"a model of type {kind} cannot be built ({str(error).splitlines()[0][:200]})"
        raise ConfigError(received, "a backbone for images", "choose another model") from error


def hub_library() -> Any:
    """The package `transformers`.

    Raises:
        MissingExtraError: it is not installed.
    """
    try:
        import transformers  # type: ignore[import-not-found]
    except ImportError:
        received = "net=hub: requires the package transformers"
        raise MissingExtraError(received, "the extra hub", "pip install 'hibiscus[hub]'") from None
    return transformers
