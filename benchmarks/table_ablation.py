"""Ablation of `realmlp`, the default network of tables: each of its parts switched off, on validation.

    .venv/bin/python benchmarks/table_ablation.py                       all tables (about half an hour)
    .venv/bin/python benchmarks/table_ablation.py sonar ensemble=1      one table, one switch

Of Adult income and California housing, a tenth of the training part validates, another one for each seed. Of
the small tables, one half of each division of `tables.py` is cross-validated in five folds, so that no row of
the other half is read. Prints the mean and the standard deviation over three seeds, after the last epoch. The
data lie in ../shared/data beside the repository.
"""

from __future__ import annotations

import functools
import statistics
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tables import DATA, REGRESSION, TABLES, halves

LARGE = {
    "adult": ("adult_train.csv.gz", "income"),
    "california": ("california_housing.csv", "median_house_value"),
}
SWITCHES = (
    *("defaults", "ensemble=1", "net.numbers=none", "net.numbers=periodic", "net.scale=false"),
    *("net.ntk=false", "net.parametric=false", "net.dropout=0", "scaling=standard", "schedule=one-cycle"),
    *("label_smoothing=0", "beta2=0.999"),
)
SEEDS, FOLDS = range(3), 5


def divisions(name: str, seed: int) -> Iterator[tuple[Any, dict[str, Any], dict[str, Any] | None]]:
    """The file, the options and the parts (None: by the options) of each training of a seed."""
    from sklearn.model_selection import KFold, StratifiedKFold

    if name in LARGE:
        file, target = LARGE[name]
        yield DATA / file, {"target": target, "test": 0, "val": 0.1, "seed": seed}, None
        return
    half, _ = halves(name, seed)
    target = str(half.columns[-1])
    folds = (KFold if name in REGRESSION else StratifiedKFold)(FOLDS, shuffle=True, random_state=seed)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "half.csv"
        half.to_csv(file, index=False)
        for train, val in folds.split(half, half[target]):
            yield file, {"target": target, "seed": seed}, {"train": train, "val": val}


def validated(kind: str, file: Path, options: dict[str, Any], parts: dict[str, Any] | None) -> float:
    """The accuracy in percent, or the root mean squared error, after one training."""
    import torch

    from hibiscus.data.prepared import PreparedData
    from hibiscus.methods.registry import get_method
    from hibiscus.runs.training_setup import set_up_training
    from hibiscus.training.device import choose_precision, precision_context

    setup = set_up_training(kind, file, options, parts)
    torch.manual_seed(setup.config.seed)
    method, device = get_method(kind)(setup.config, setup.preparation), torch.device("cpu")
    data = PreparedData(setup.dataset, setup.preparation, setup.parts)
    dtype = choose_precision(setup.config.precision, device, method.nets, setup.config.batch_size)
    precision = functools.partial(precision_context, device, dtype)
    for stage in method.stages(data):
        method.train_mode()
        (player,) = stage.players
        for number in range(stage.rounds):
            player.set_lr(number / stage.rounds)
            player.step(stage.source.next(), precision)
    method.train_mode(False)
    with torch.inference_mode():
        metrics = method.validate(data, "val")
    return metrics["rmse"] if kind == "regress" else 100 * metrics["accuracy"]


def main() -> None:
    """Prints one line for each table and switch that the command line names; all by default."""
    from hibiscus.runs.option_words import parse_words

    words = sys.argv[1:]
    names = [word for word in words if word in TABLES or word in LARGE] or [*LARGE, *TABLES]
    switches = [word for word in words if word not in names] or SWITCHES
    for name in names:
        kind = "regress" if name in (*REGRESSION, "california") else "classify"
        for switch in switches:
            changed = {} if switch == "defaults" else parse_words([switch])
            by_seed = []
            for seed in SEEDS:
                trainings = divisions(name, seed)
                scores = [
                    validated(kind, file, options | changed, parts) for file, options, parts in trainings
                ]
                by_seed.append(statistics.mean(scores))
            mean, deviation = statistics.mean(by_seed), statistics.stdev(by_seed)
            print(f"{name:12}{switch:22}{mean:12.3f} ± {deviation:.3f}", flush=True)


if __name__ == "__main__":
    main()
