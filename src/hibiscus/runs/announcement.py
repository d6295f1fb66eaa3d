"""The lines with which a training begins: data, parts, column roles, networks, options, device and folder."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sized
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import nn

from hibiscus.methods.augmentation_presets import describe_augmentation
from hibiscus.methods.pretrained_backbone import describe_backbone
from hibiscus.methods.transfer import describe_transfer
from hibiscus.training.config import TrainingConfig

if TYPE_CHECKING:
    from hibiscus.data.dataset import Dataset

__all__ = ["count_parameters", "describe_data", "describe_training"]

MAX_NOTES = 12
WIDTH = 200  # characters of a line with column names


def describe_data(dataset: Dataset, parts: Mapping[str, Sized]) -> str:
    """`data: photos/, 1,200 items, image: uint8 (32, 32, 3), label: 5 classes; train 960, val 240`.

    Tables have a second line with the names of the columns by role; notes say how doubtful data was read.
    """
    fields = ", ".join(dataset.describe_fields().values())
    sizes = ", ".join(f"{name} {len(items):,}" for name, items in parts.items())
    lines = [f"  data:    {dataset.path}, {len(dataset):,} items, {fields}; {sizes}"]
    if dataset.roles:
        by_role: dict[str, list[str]] = {}
        for column, role in dataset.roles.items():
            by_role.setdefault(role, []).append(column)
        roles = "; ".join(f"{role} {', '.join(columns)}" for role, columns in by_role.items())
        lines.append("  columns: " + textwrap.shorten(roles, WIDTH, placeholder=" ..."))
    notes = [note for note in dataset.notes if not note.startswith("bundled: ")]
    lines += [f"  note:    {note}" for note in notes[:MAX_NOTES]]
    if len(notes) > MAX_NOTES:
        lines.append(f"  ... and {len(notes) - MAX_NOTES} more notes, which hibiscus inspect shows")
    return "\n".join(lines)


def count_parameters(networks: Mapping[str, nn.Module]) -> dict[str, int]:
    """The number of parameters of each network that is trained, with those of a pretrained base that are not;
    copies, such as an EMA, do not count.
    """
    return {
        name: sum(p.numel() for p in network.parameters())
        for name, network in networks.items()
        if any(p.requires_grad for p in network.parameters())
    }


def describe_training(
    config: TrainingConfig, parameters: Mapping[str, int], device: torch.device, precision: str, folder: Path
) -> str:
    """The networks with their numbers of parameters, the augmentation, the device, and the run folder.

    Args:
        config: the options of the method.
        parameters: the number of trained parameters of each network.
        device: where the run is computed.
        precision: the data type of matrix products.
        folder: the run folder.
    """
    net = getattr(config, "net", None)
    networks = ", ".join(
        f"{net or name if len(parameters) == 1 else name} ({count:,} parameters)"
        for name, count in parameters.items()
    )
    count = torch.get_num_threads()
    threads = f", {count} thread{'s' if count > 1 else ''}" if device.type == "cpu" else ""
    epochs = f"{config.epochs} epochs" if config.epochs != 1 else "1 epoch"
    base = f"  base:    {line}\n" if (line := describe_transfer(config) or describe_backbone(config)) else ""
    augmentation = describe_augmentation(config)
    augment = f"  augment: {augmentation}\n" if augmentation else ""
    return (
        f"  network: {networks or 'none'}; at most {epochs}, batch size {config.batch_size}\n"
        f"{base}{augment}"
        f"  device:  {device}{threads}, {precision}\n"
        f"  run:     {folder}"
    )
