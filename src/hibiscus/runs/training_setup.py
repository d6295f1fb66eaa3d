"""What a training needs before its first step: checked options, opened data, parts, and the preparation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hibiscus.data.config import DataConfig
from hibiscus.data.dataset import Dataset
from hibiscus.data.preparation import Preparation
from hibiscus.methods.registry import get_method
from hibiscus.progress import step
from hibiscus.runs.open_base import with_base
from hibiscus.runs.open_vectors import with_vectors
from hibiscus.runs.options import check_options
from hibiscus.runs.prepare import fit_preparation, prepare_parts
from hibiscus.runs.training_data import Data, Parts, open_for_method
from hibiscus.training.config import TrainingConfig
from hibiscus.training.device import tune_process

__all__ = ["TrainingSetup", "set_up_training"]


@dataclass(frozen=True)
class TrainingSetup:
    """What a training needs before its first step.

    Args:
        config: the options of the method, with every `auto` replaced.
        dataset: the opened data.
        options: the options of the data.
        parts: indices by part.
        preparation: what was learned from the training part.
    """

    config: TrainingConfig
    dataset: Dataset
    options: DataConfig
    parts: Parts
    preparation: Preparation


def set_up_training(
    method: str, data: Data, options: Mapping[str, Any], parts: Parts | None = None
) -> TrainingSetup:
    """Checks the options, opens and splits the data, and fits the preparation.

    Args:
        method: the name of the method.
        data: a path, a bundled name, or a Dataset.
        options: options of the method and of the data.
        parts: indices by part; by default the split that the options describe.

    Raises:
        HibiscusError: an option or the data cannot be used.
    """
    kind = get_method(method)
    config, data_config = check_options(kind.Config, options, method)
    left_out = kind.data_defaults.keys() - data_config.model_fields_set
    data_config = data_config.model_copy(update={name: kind.data_defaults[name] for name in left_out})
    tune_process()
    dataset, data_config = open_for_method(data, data_config, kind, config)
    with step("preparing the data"):
        parts = prepare_parts(dataset, data_config, kind) if parts is None else parts
        preparation = fit_preparation(dataset, parts["train"], kind, data_config, config)
    config, notes = with_vectors(with_base(config), preparation.fields.get("text"))
    dataset.notes += notes
    config = kind.resolve(config, preparation, len(parts["train"]))
    return TrainingSetup(config, dataset, data_config, parts, preparation)
