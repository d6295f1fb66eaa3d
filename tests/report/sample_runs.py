"""Run folders as the tests need them: complete, hostile, with many players, a regression."""

import json
import math
import random
from pathlib import Path

from PIL import Image

NAMES = ["airplane", "bird", "car", "cat", "deer", "dog", "horse", "monkey", "ship", "truck"]
HOSTILE = [
    "<script>alert(1)</script>",
    "$x_1^2$ and $",
    "日本語のクラス",
    "quote\"'&amp;",
    "long " * 60,
    "\u202eright\x00to left",
    "]]>-->",
    "{{ 7*7 }}",
]


def make_info(names=NAMES, **changes):
    """A `run.json`."""
    info = {
        "format": 1,
        "method": "classify",
        "title": "Classification",
        "name": "classify-digits-001",
        "status": "done",
        "error": None,
        "seed": 0,
        "argv": ["/usr/bin/hibiscus", "train", "classify", "digits", "net=cnn", "epochs=40"],
        "started": "2026-11-24T03:00:00Z",
        "seconds": 42.1,
        "device": "cpu",
        "machine": "AMD EPYC, 2 cores",
        "versions": {"hibiscus": "0.1.0", "torch": "2.13.0", "python": "3.11.7"},
        "precision": "bfloat16",
        "threads": 2,
        "parameters": {"network": 274442},
        "data": {
            "name": "digits",
            "path": "digits",
            "kind": "images",
            "fields": {"image": "uint8 (8, 8, 1)", "label": "10 classes"},
            "parts": {"train": 1200, "val": 300, "test": 297},
            "classes": {
                name: {"train": 140 - 7 * i, "val": 30 - i, "test": 31 - i} for i, name in enumerate(names)
            },
            "notes": ["Images were resized to 32 x 32."],
            "skipped": [{"path": "bad.jpg", "reason": "truncated file"}],
            "fingerprint": "9f2c41aa7be0",
        },
        "config": {
            "net": "cnn",
            "epochs": 40,
            "learning_rate": 0.001,
            "batch": 128,
            "augment": True,
            "weight_decay": 1e-4,
        },
        "advice": [
            "Validation loss has risen since epoch 18: stop there, or add augmentation (augment=strong).",
            "cat and dog are mixed up most: more images of both would help more than a larger network.",
        ],
        "selection_metric": {"name": "accuracy", "higher_is_better": True},
        "best": {"epoch": 22, "value": 0.981},
    }
    return {**info, **changes}


def log(epochs=40, seed=0):
    """The lines of a training that begins to over-fit, as the loop writes them."""
    noise = random.Random(seed)
    lines = []
    for epoch in range(1, epochs + 1):
        train = 2.2 * math.exp(-epoch / 7) + 0.03
        val = 2.1 * math.exp(-epoch / 6) + 0.12 + 0.0012 * max(0, epoch - 18) ** 2
        lines.append(
            {
                "event": "rounds",
                "round": epoch * 10 - 5,
                "epoch": epoch,
                "stage": 0,
                "train/classifier.loss": train,
            }
        )
        lines.append(
            {
                "event": "epoch",
                "epoch": epoch,
                "round": epoch * 10,
                "stage": 0,
                "train/classifier.loss": train * noise.uniform(0.9, 1.1),
                "train/classifier.accuracy": 1 - 0.4 * train,
                "val/loss": val * noise.uniform(0.88, 1.12),
                "val/accuracy": 0.985 - 0.38 * val * noise.uniform(0.85, 1.15),
                "lr/classifier": 0.0005 * (1 + math.cos(math.pi * epoch / epochs)) + 1e-6,
                "seconds": 1.2,
                "items_per_second": 912.4,
            }
        )
    return lines


def evaluation(**changes):
    """An `evaluation.json`."""
    info = {
        "part": "test",
        "data": "digits",
        "checkpoint": "best",
        "epoch": 22,
        "selection_metric": {"name": "test/accuracy", "higher_is_better": True},
        "metrics": {
            "test/accuracy": 0.9798,
            "test/macro_f1": 0.9795,
            "test/nll": 0.0712,
            "test/top5_error": 0.0,
        },
        "baselines": {
            "majority class": {"test/accuracy": 0.1044, "test/macro_f1": 0.019},
            "linear model": {"test/accuracy": 0.9529},
        },
    }
    return {**info, **changes}


def matrix(names, scale=28):
    """A confusion matrix."""
    noise = random.Random(1)
    count = len(names)
    values = [
        [
            noise.choice([0, 0, 0, 0, 1, 2]) if i != j else noise.randint(scale - 5, scale)
            for j in range(count)
        ]
        for i in range(count)
    ]
    return {
        "kind": "matrix",
        "title": "Confusion matrix",
        "rows": names,
        "columns": names,
        "values": values,
        "note": "",
    }


def report_items(names=NAMES):
    """One report item of every kind."""
    xs = [i / 10 for i in range(11)]
    curve = {"name": "this run", "x": xs, "y": [x**1.2 for x in xs]}
    noise = random.Random(2)
    target = [noise.gauss(0, 1) for _ in range(300)]
    return [
        matrix(names),
        {
            "kind": "curve",
            "title": "Calibration",
            "x_label": "confidence",
            "y_label": "accuracy",
            "series": [curve],
            "diagonal": True,
            "note": "Above the dotted line the model is underconfident.",
        },
        {
            "kind": "scatter",
            "title": "Predicted and true",
            "x_label": "true",
            "y_label": "predicted",
            "x": target,
            "y": [t + noise.gauss(0, 0.2) for t in target],
            "diagonal": True,
            "note": "",
        },
        {
            "kind": "table",
            "title": "By class",
            "columns": ["class", "precision", "recall"],
            "rows": [[name, 0.98 - 0.01 * i, 0.97] for i, name in enumerate(names)],
            "note": "",
        },
        {
            "kind": "gallery",
            "title": "Most confident errors",
            "images": [f"item-04-{i:03d}.png" for i in range(12)],
            "captions": [f"{name}, predicted as {names[0]} (97 %)" for name in (names * 2)[:12]],
            "note": "The 12 errors with the highest confidence.",
        },
        {"kind": "hologram", "title": "From the future", "note": ""},
    ]


def image(path, side=8, seed=0):
    """A small image of noise in color."""
    noise = random.Random(seed)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.frombytes("RGB", (side, side), noise.randbytes(3 * side * side)).save(path)


def write(folder: Path, run, lines=None, measured=None, shown=None, samples=0, side=8) -> Path:
    """Writes a run folder of these parts; None leaves a file out."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "run.json").write_text(json.dumps(run))
    if lines is not None:
        (folder / "log.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    if measured is not None:
        (folder / "evaluation.json").write_text(json.dumps(measured))
    if shown is not None:
        (folder / "evaluation").mkdir(exist_ok=True)
        (folder / "evaluation" / "report_items.json").write_text(json.dumps({"report_items": shown}))
        for index in range(12):
            image(folder / "evaluation" / f"item-04-{index:03d}.png", side, index)
    for index in range(samples):
        image(folder / "samples" / f"epoch-{index:04d}.png", 64, index)
    return folder


def complete(folder: Path, names=NAMES, **changes) -> Path:
    """A finished, measured classification."""
    return write(folder, make_info(names, **changes), log(), evaluation(), report_items(names), samples=14)


def adversarial(folder: Path) -> Path:
    """A GAN with many terms, still running."""
    lines = []
    noise = random.Random(3)
    for epoch in range(1, 61):
        line = {"event": "epoch", "epoch": epoch, "round": epoch * 50, "stage": 0, "items_per_second": 300}
        for player in ("generator", "discriminator"):
            for term in (
                "loss",
                "adversarial",
                "penalty",
                "reconstruction",
                "cycle",
                "identity",
                "gradient_norm",
            ):
                line[f"train/{player}.{term}"] = noise.gauss(1, 0.2) * (2 if player == "generator" else 1)
            line[f"lr/{player}"] = 2e-4 if player == "generator" else 4e-4
        line["val/frechet"] = 90 * math.exp(-epoch / 20) + 12 + noise.gauss(0, 1)
        lines.append(line)
    lines[7]["train/generator.loss"] = None
    lines[8]["train/generator.loss"] = "NaN"
    selection_metric = {"name": "frechet", "higher_is_better": False}
    info = make_info(
        name="dcgan-faces-002",
        method="dcgan",
        title="DCGAN",
        status="running",
        selection_metric=selection_metric,
        best={"epoch": 58, "value": 16.61},
    )
    info["parameters"] = {"generator": 1_200_000, "discriminator": 700_000}
    return write(folder, info, lines, samples=5)


def regression(folder: Path, ours=0.42) -> Path:
    """A regression, where lower is better."""
    measured = evaluation(
        selection_metric={"name": "test/rmse", "higher_is_better": False},
        metrics={"test/rmse": ours, "test/mae": 0.31, "test/r2": 0.83},
        baselines={
            "mean": {"test/rmse": 1.02, "test/r2": 0.0},
            "linear model": {"test/rmse": 0.724, "test/r2": 0.5},
        },
        spread={"test/rmse": [ours - 0.02, ours + 0.02]},
    )
    info = make_info(
        name="regress-houses-001",
        title="Regression",
        method="regress",
        selection_metric={"name": "rmse", "higher_is_better": False},
    )
    return write(folder, info, log(), measured, report_items()[2:4])
