"""What the methods reach on real data: trains each row over several seeds, one training at a time, and prints
mean and spread.

    .venv/bin/python benchmarks/accuracy.py                    all rows (about two hours on two cores)
    .venv/bin/python benchmarks/accuracy.py mnist-cnn adult    some rows
    .venv/bin/python benchmarks/accuracy.py --table            only the table of what has been run

Every run chooses its epoch on a validation part of the training data and touches the test part once. The data
lie in ../shared/data beside the repository; a row whose data are absent says so. Finished runs are kept in
runs/accuracy and not trained again. Exits with 6 where a target is not reached.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "data"
RUNS = ROOT / "runs" / "accuracy"
CIFAR = "batch_size=64 label_smoothing=0.1 flip=true crop=4 val=0.02"
RESNET20 = "net=resnet20 net.shortcut=projection"
FLOWERS = (
    f"{RESNET20} image_size=64 epochs=40 batch_size=64 flip=true crop=6 label_smoothing=0.1 augment=none"
)
ADULT = "target=income test_data={data}/tabular/adult_test.csv.gz"


@dataclass(frozen=True)
class Row:
    """One figure: what is trained, which metric, what it must reach."""

    name: str
    method: str
    data: str
    options: str
    metric: str
    target: float | None
    seeds: tuple[int, ...] = (0, 1, 2)
    higher_is_better: bool = True


MNIST, CIFAR10 = "mnist", "cifar10/cifar10_subset.npz"
ROWS = (
    Row("mnist-mlp", "classify", MNIST, "net=mlp epochs=10", "test/accuracy", 0.985),
    Row(
        "mnist-cnn",
        "classify",
        MNIST,
        "net=cnn epochs=10 augment=none label_smoothing=0",
        "test/accuracy",
        0.994,
    ),
    Row("mnist-lstm", "classify", MNIST, "net=lstm epochs=10", "test/accuracy", 0.985),
    Row("mnist-rnn", "classify", MNIST, "net=rnn epochs=10", "test/accuracy", 0.980),
    Row("adult", "classify", "tabular/adult_train.csv.gz", ADULT, "test/accuracy", 0.87),
    Row(
        "california",
        "regress",
        "tabular/california_housing.csv",
        "target=median_house_value",
        "test/rmse",
        None,
        (0, 1, 2),
        False,
    ),
    Row("cifar-resnet20-20", "classify", CIFAR10, f"{RESNET20} epochs=20 {CIFAR}", "test/accuracy", 0.86),
    Row("flowers", "classify", "flowers5", FLOWERS, "test/accuracy", 0.70),
    Row("mnist-ynetwork", "classify", MNIST, "net=ynetwork epochs=10 augment=none", "test/accuracy", 0.994),
    Row(
        "cifar-resnet20-40",
        "classify",
        CIFAR10,
        f"{RESNET20} epochs=40 cutout=8 tta_flip=true {CIFAR}",
        "test/accuracy",
        0.885,
    ),
    Row("omniglot-protonet", "protonet", "omniglot", "image_size=28", "test/few_shot_5way_1shot", 0.90),
    Row("mnist-iic", "iic", MNIST, "", "test/cluster_accuracy", 0.90),
    Row(
        "cifar-densenet",
        "classify",
        CIFAR10,
        f"net=densenet-bc-40-12 epochs=20 {CIFAR}",
        "test/accuracy",
        None,
        (0,),
    ),
)


def data_path(name: str) -> Path | None:
    """Where a row's data lie; the archives of flowers and Omniglot are unpacked once into runs/."""
    if name == "omniglot":
        packed, folder = DATA / "omniglot" / "omniglot_images.zip", ROOT / "runs" / "data"
        if packed.exists() and not (folder / name).exists():
            zipfile.ZipFile(packed).extractall(folder)
        return folder / name if packed.exists() else None
    if name != "flowers5":
        return DATA / name if (DATA / name).exists() else None
    archive, folder = DATA / "flowers" / "flowers5.tar.gz", ROOT / "runs" / "data"
    if not archive.exists():
        return None
    if not (folder / "flowers5").exists():
        with tarfile.open(archive) as packed:
            packed.extractall(folder, filter="data")
    return folder / "flowers5"


def train(row: Row, seed: int, path: Path) -> Path:
    """Trains one seed, or goes on with it, or finds it done."""
    out = RUNS / f"{row.name}-{seed}"
    if (out / "evaluation.json").exists():
        return out
    command = [str(ROOT / ".venv/bin/hibiscus")]
    if (out / "run.json").exists():
        command += ["resume", str(out)]
    else:
        words = row.options.format(data=DATA).split()
        command += ["train", row.method, str(path), *words, "--seed", str(seed), "--out", str(out)]
    subprocess.run([*command, "--quiet"], check=True, stdout=subprocess.DEVNULL)
    return out


def table(rows: list[Row]) -> tuple[str, list[str]]:
    """The results so far as a Markdown table, and what misses its target."""
    head = (
        "| row | data and options | metric | mean ± sd (seeds) | best baseline | target | parameters | "
        "minutes a run |"
    )
    lines = [head, "|---|---|---|---|---|---|---|---|"]
    missed = []
    for row in rows:
        outs = [
            RUNS / f"{row.name}-{seed}"
            for seed in row.seeds
            if (RUNS / f"{row.name}-{seed}" / "evaluation.json").exists()
        ]
        if not outs:
            continue
        found = [json.loads((out / "evaluation.json").read_text()) for out in outs]
        info = [json.loads((out / "run.json").read_text()) for out in outs]
        values = [one["metrics"][row.metric] for one in found]
        spread = statistics.stdev(values) if len(values) > 1 else float("nan")
        baselines = {baseline: metrics[row.metric] for baseline, metrics in found[0]["baselines"].items()}
        best = (max if row.higher_is_better else min)(baselines, key=lambda baseline: baselines[baseline])
        target = (
            row.target
            if row.target is not None
            else (0.75 * baselines["linear regression"] if row.name == "california" else None)
        )
        mean = statistics.mean(values)
        if target is not None and not (mean >= target if row.higher_is_better else mean <= target):
            missed.append(f"{row.name}: {mean:.5g}, target {target:.5g}")
        minutes = statistics.median(one["seconds"] for one in info) / 60
        count = sum(info[0]["parameters"].values())
        show = (lambda v: f"{v:.2%}") if row.higher_is_better else (lambda v: f"{v:,.0f}")
        lines.append(
            f"| {row.name} | `{row.method} {row.data} {row.options}` | {row.metric} | {show(mean)} ± "
            f"{show(spread)} ({len(values)}) "
            f"| {best}: {show(baselines[best])} | {show(target) if target is not None else '-'} | {count:,} "
            f"| {minutes:.1f} |"
        )
    return "\n".join(lines), missed


def main(words: list[str]) -> int:
    """Runs the named rows, or all."""
    names = [word for word in words if not word.startswith("-")]
    rows = [row for row in ROWS if not names or row.name in names]
    if "--table" not in words:
        for seed_place in range(3):
            for row in rows:
                path = data_path(row.data)
                if path is None:
                    print(f"{row.name}: its data are not at hand ({DATA / row.data})")
                elif seed_place < len(row.seeds):
                    out = train(row, row.seeds[seed_place], path)
                    metrics = json.loads((out / "evaluation.json").read_text())["metrics"]
                    print(row.name, row.seeds[seed_place], metrics[row.metric], flush=True)
    text, missed = table(rows)
    print(text)
    for line in missed:
        print(f"not reached: {line}")
    return 6 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
