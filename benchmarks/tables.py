"""Small tables by 5x2 cross-validation: `classify` and `regress` beside boosted trees and a linear model.

    .venv/bin/python benchmarks/tables.py                      six tables, 60 trainings (four CPU minutes)
    .venv/bin/python benchmarks/tables.py iris sonar           some of them
    .venv/bin/python benchmarks/tables.py net.numbers=none     with other options, for an ablation

Each table is divided into halves five times (seeds 0 to 4, classes in equal shares); every model is fitted
on one half and evaluated on the other, and then the other way round. Hibiscus, with its defaults, chooses its
epoch on a tenth of its half; the other two learn from the whole half. The trees are scikit-learn's
`HistGradientBoosting` with its defaults; the linear model is logistic or ridge regression on standardized
columns. Prints means, standard deviations over the ten halves, ranks of the means, and the CPU seconds of one
training. The data lie in ../shared/data beside the repository.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "tabular"
TABLES = {
    "boston": "boston_housing", "wine-red": "winequality_red", "wine-white": "winequality_white",
    "pima": "pima_diabetes", "sonar": "sonar", "iris": "iris",
}  # fmt: skip
REGRESSION = ("boston", "wine-red", "wine-white")
SEEDS = range(5)
MODELS = ("hibiscus", "boosted trees", "linear")


def halves(name: str, seed: int) -> tuple[Any, Any]:
    """The two halves of a table, whose last column is the target."""
    import pandas as pd
    from sklearn.model_selection import train_test_split

    frame = pd.read_csv(DATA / f"{TABLES[name]}.csv")
    classes = None if name in REGRESSION else frame.iloc[:, -1]
    return train_test_split(frame, test_size=0.5, random_state=seed, stratify=classes)


def score(name: str, predicted: Any, truth: Any) -> float:
    """The root mean squared error, or the accuracy in percent."""
    if name in REGRESSION:
        return float(((predicted - truth) ** 2).mean() ** 0.5)
    return float(100 * (predicted == truth).mean())


def peers(name: str, train: Any, test: Any, seed: int) -> dict[str, float]:
    """The scores of the trees and of the linear model."""
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    regression = name in REGRESSION
    trees = HistGradientBoostingRegressor if regression else HistGradientBoostingClassifier
    linear = Ridge() if regression else LogisticRegression(max_iter=1000)
    models = trees(random_state=seed), make_pipeline(StandardScaler(), linear)
    x, y = train.iloc[:, :-1], train.iloc[:, -1]
    predictions = [model.fit(x, y).predict(test.iloc[:, :-1]) for model in models]
    return {
        model: score(name, predicted, test.iloc[:, -1].to_numpy())
        for model, predicted in zip(MODELS[1:], predictions, strict=True)
    }


def ours(name: str, train: Any, test: Any, seed: int, options: dict[str, str]) -> float:
    """The score of Hibiscus."""
    import hibiscus

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "train.csv"
        train.to_csv(file, index=False)
        test.to_csv(Path(folder) / "test.csv", index=False)
        method, target = "regress" if name in REGRESSION else "classify", str(train.columns[-1])
        data = {"target": target, "test": 0, "seed": seed}
        run = hibiscus.train(
            method, file, out=Path(folder) / "run", quiet=True, evaluate=False, **data, **options
        )
        predicted = run.predict(Path(folder) / "test.csv")
    truth = test.iloc[:, -1].to_numpy()
    if method == "regress":
        return score(name, predicted["value"].ravel(), truth)
    return 100 * statistics.mean(str(a) == str(b) for a, b in zip(predicted["label"], truth, strict=True))


def main() -> None:
    """Runs the tables named on the command line, and prints one line for each."""
    words = sys.argv[1:]
    options = dict(word.split("=", 1) for word in words if "=" in word)
    names = [word for word in words if "=" not in word] or list(TABLES)
    print(f"{'table':12}" + "".join(f"{model:>22}" for model in MODELS) + "   ranks   CPU s", flush=True)
    ranks: list[list[int]] = []
    for name in names:
        scores: dict[str, list[float]] = {model: [] for model in MODELS}
        seconds = 0.0
        for seed in SEEDS:
            first, second = halves(name, seed)
            for train, test in ((first, second), (second, first)):
                start = time.process_time()
                scores["hibiscus"].append(ours(name, train, test, seed, options))
                seconds += time.process_time() - start
                for model, value in peers(name, train, test, seed).items():
                    scores[model].append(value)
        means = [statistics.mean(scores[model]) for model in MODELS]
        order = sorted(means, reverse=name not in REGRESSION)
        ranks.append([order.index(mean) + 1 for mean in means])
        cells = [
            f"{mean:.3f} ± {statistics.stdev(scores[model]):.3f}"
            for model, mean in zip(MODELS, means, strict=True)
        ]
        print(
            f"{name:12}" + "".join(f"{cell:>22}" for cell in cells)
            + f"   {' '.join(map(str, ranks[-1])):7} {seconds / 10:6.1f}",
            flush=True,
        )  # fmt: skip
    mean_ranks = [statistics.mean(rank[index] for rank in ranks) for index in range(3)]
    print(f"{'mean rank':12}" + "".join(f"{rank:22.2f}" for rank in mean_ranks))


if __name__ == "__main__":
    main()
