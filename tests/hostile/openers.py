"""The targets of the fuzzer that open data: for training, as inputs of a trained run, and to be converted."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from hostile.harness import Target
from hostile.seeds import SEEDS, Seed
from hostile.special_files import disturb
from hostile.structures import mutate_file

__all__ = ["prepare"]

SPECIAL = 0.2  # share of the inputs in which files are replaced, renamed or linked


class Case(NamedTuple):
    """Hostile data, and the options that it is opened with."""

    path: Path
    options: dict[str, Any]
    kind: str


def prepare(root: Path) -> list[Target]:
    """A target for each seed; the valid data is written below `root` once."""
    import pyarrow

    pyarrow.set_cpu_count(1)  # the threads of a pool would not survive a fork
    targets = []
    for name, seed in SEEDS.items():
        folder = root / name
        folder.mkdir(parents=True)
        path = seed.build(folder).relative_to(folder)
        targets.append(Target(name, _builder(folder, path, seed), _act))
    _learn(root)
    return targets


def _builder(valid: Path, path: Path, seed: Seed) -> Callable[[Path, random.Random], Case]:
    def build(folder: Path, rng: random.Random) -> Case:
        shutil.copytree(valid, folder, symlinks=True, dirs_exist_ok=True)
        location = folder / path
        if rng.random() < SPECIAL:
            disturb(location, rng)
        else:
            files = [file for file in sorted(folder.rglob("*")) if file.is_file()]
            texts = [file for file in files if file.suffix not in (".png", ".jpg")]
            for _ in range(rng.choice((1, 1, 1, 2, 6))):
                file = rng.choice(texts if texts and rng.random() < 0.6 else files)
                file.write_bytes(mutate_file(file.name, file.read_bytes(), rng))
        options = {
            name: str(folder / value[1:]) if isinstance(value, str) and value.startswith("@") else value
            for name, value in seed.options.items()
        }
        return Case(location, options, seed.kind)

    return build


def _act(case: Case, folder: Path, rng: random.Random) -> str:
    only = case.options.get("only")
    if only == "inputs" or rng.random() < 0.2:
        return _predict(case)
    if case.path.is_dir() and rng.random() < 0.15:
        return _convert(case, folder, rng)
    return _train(case, rng)


def _train(case: Case, rng: random.Random) -> str:
    """What `inspect` and the beginning of `train` do, up to the first batch."""
    from hibiscus.cli.inspect import inspect_data
    from hibiscus.data.config import DataConfig
    from hibiscus.data.open import open_data
    from hibiscus.data.prepared import PreparedData
    from hibiscus.methods.registry import get_method
    from hibiscus.runs.prepare import fit_preparation, prepare_parts

    if rng.random() < 0.15:
        inspect_data(str(case.path), {**case.options, "max_bad_fraction": 1.0}, rng.random() < 0.5)
        return "inspected"
    options = {"max_bad_fraction": rng.choice((0.05, 1.0)), **case.options}
    group = options.pop("group", None)
    dataset = open_data(str(case.path), **options, **({"group": group} if group else {}))
    kind = get_method(_method(dataset))
    config = DataConfig(group=group)
    json.dumps(dataset.summary())
    parts = prepare_parts(dataset, config, kind)
    preparation = fit_preparation(dataset, parts["train"], kind, config)
    json.dumps(preparation.to_json())
    data = PreparedData(dataset, preparation, parts)
    data.source("train", 4, 0).next()
    return "Dataset"


def _method(dataset: Any) -> str:
    """A method that learns from what the dataset holds."""
    fields = dataset.fields
    learned = {"boxes": "ssd", "mask": "unet", "target_image": "pix2pix", "domain": "cyclegan"}
    for field, method in (learned | {"labels": "classify"}).items():
        if field in fields:
            return method
    if "label" in fields:
        return "classify" if dataset.class_counts() else "regress"
    return "regress" if "target" in fields else "autoencoder" if "image" in fields else "gan-1d"


def _predict(case: Case) -> str:
    """What `predict` does with its inputs."""
    import torch

    from hibiscus.data.preparation import ArrayPreparation, ImagePreparation, Preparation
    from hibiscus.runs.inputs import open_inputs, prepare_inputs

    fields: dict[str, Any] = {"image": ImagePreparation(8, 8, 3, (0.5,) * 3, (0.2,) * 3)}
    if case.kind == "array":
        import numpy as np

        fields = {"array": ArrayPreparation.fit(np.eye(6, dtype=np.float32))}
    preparation = _LEARNED.get(case.kind) or Preparation(fields)
    dataset = open_inputs(str(case.path), preparation)
    prepare_inputs(dataset, preparation, torch.device("cpu"))
    return "inputs"


_LEARNED: dict[str, Any] = {}  # what a run learned from the valid table, and from the valid texts


def _learn(root: Path) -> None:
    """Learns the preparations that inputs of tables and texts need, once for all inputs."""
    from hibiscus.data.config import DataConfig
    from hibiscus.data.open import open_data
    from hibiscus.methods.registry import get_method
    from hibiscus.runs.prepare import fit_preparation, prepare_parts

    for kind, path, target in (("table", root / "table-csv/t.csv", "y"), ("text", root / "texts", None)):
        dataset = open_data(str(path), target=target)
        config, method = DataConfig(), get_method("classify")
        parts = prepare_parts(dataset, config, method)
        _LEARNED[kind] = fit_preparation(dataset, parts["train"], method, config)


def _convert(case: Case, folder: Path, rng: random.Random) -> str:
    """What `convert boxes` does."""
    from hibiscus.data.boxes.formats import FORMATS, read_boxes, write_boxes

    (folder / "out").mkdir(exist_ok=True)
    boxset = read_boxes(case.path)
    write_boxes(boxset, folder / "out" / "converted", rng.choice(FORMATS))
    return "converted"
