"""A base from the Hugging Face Hub, or from a folder in its format: safetensors and a configuration."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from torch import Tensor

from hibiscus.damage import reading
from hibiscus.errors import ConfigError, DataError
from hibiscus.json_files import read_json
from hibiscus.networks.bases import BaseDescription, base_stages, base_tensors
from hibiscus.networks.hub_backbone import build_hub_backbone, hub_library
from hibiscus.networks.input_scaling import IMAGENET_MEAN, IMAGENET_STD

__all__ = ["open_hub_base"]

REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+")


def open_hub_base(source: str, name: str) -> tuple[BaseDescription, dict[str, Tensor]]:
    """The base of a model, and its weights by the names that `load_base` takes.

    Files are downloaded into the cache of `huggingface_hub` once. Code of a repository is never run, and
    only safetensors are read.

    Args:
        source: as the option `net` names it.
        name: `OWNER/NAME`, or a folder.

    Raises:
        MissingExtraError: transformers is not installed.
        ConfigError: no name of a model, or an architecture that is not supported.
        DataError: the model cannot be loaded, for example without a network connection.
    """
    library = hub_library()
    folder = Path(name).expanduser()
    if not folder.is_dir() and not REPOSITORY.fullmatch(name):
        raise ConfigError(f"net={source}", "hub:OWNER/NAME, or hub:FOLDER", "check the name")
    place = str(folder.resolve()) if folder.is_dir() else name
    config = _read(library, source, place, "config.json")
    processor = _read(library, source, place, "preprocessor_config.json", is_required=False)
    network = build_hub_backbone(config)
    try:
        options = {"config": network.model.config, "use_safetensors": True, "trust_remote_code": False}
        kind: Any = type(network.model)
        network.model = kind.from_pretrained(place, **options)
    except Exception as error:  # of many kinds
        raise _unusable(source, error) from error
    mean, std = (processor.get(key, default) for key, default in _defaults(config, processor).items())
    arguments = {"config": {key: value for key, value in config.items() if key != "_name_or_path"}}
    recorded = f"hub:{place}"
    description = BaseDescription(recorded, "hub", arguments, tuple(mean), tuple(std))
    description = BaseDescription.from_json(description.to_json())  # the numbers of a stranger
    stages, after = base_stages(network.eval(), description, len(description.mean))
    return description, base_tensors(dict(enumerate(stages)), dict(enumerate(after)))


def _defaults(config: dict[str, Any], processor: dict[str, Any]) -> dict[str, Any]:
    """The mean and the standard deviation of pixels for which the model names none."""
    channels = config.get("num_channels", 3)
    if channels != 3 or processor.get("do_normalize") is False:
        return {"mean": (0.0,) * channels, "std": (1.0,) * channels}
    return {"image_mean": IMAGENET_MEAN, "image_std": IMAGENET_STD}


def _read(library: Any, source: str, place: str, file: str, is_required: bool = True) -> dict[str, Any]:
    """A JSON file of a model; empty if it has none and needs none."""
    try:
        path = library.utils.cached_file(place, file, _raise_exceptions_for_missing_entries=is_required)
    except Exception as error:  # of many kinds
        raise _unusable(source, error) from error
    if path is None:
        return {}
    with reading(Path(path)):
        content = read_json(Path(path))
        if not isinstance(content, dict):
            raise ValueError("no object")
    return content


def _unusable(source: str, error: Exception) -> DataError:
    message = (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
    expected = "a model with safetensors on the hub, and a network connection"
    fix = "check its name, or pass a folder: net=hub:FOLDER"
    return DataError(f"net={source}: cannot be loaded ({message})", expected, fix)
