"""USPS in the look of MNIST without labels: how often a classifier that saw MNIST alone errs on USPS as it
is, and on it translated.

    .venv/bin/python benchmarks/translate.py           three seeds (on one core some six minutes each)
    .venv/bin/python benchmarks/translate.py 0         one seed

For each seed `classify` learns MNIST and `cyclegan` learns both sets of images; the classifier then reads the
2,007 test images of USPS, brought to MNIST's 28x28 pixels, as they are and translated, and only moved and
scaled as the translator's first layer does. The labels of USPS measure, and nothing else: the translator's
epoch is chosen by Fréchet distances on validation images in features learned without labels. Finished runs
are kept in runs/translate and not trained again. Exits with 6 where translation does not halve the mean
error. The data lie in ../shared/data beside the repository.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

import hibiscus as hb
from hibiscus.data.unpaired import bring_to_shape

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "data"
RUNS = ROOT / "runs" / "translate"
SHAPE = (28, 28, 1)
CLASSIFIER = {"net": "cnn", "epochs": 3}
TRANSLATOR = {"width": 16, "batch_size": 16, "epochs": 6, "align": True, "identity_weight": 0.5}


def trained(method: str, data: Path, seed: int, **options) -> hb.Run:
    """A finished run, trained if it is not there yet."""
    out = RUNS / f"{method}-{seed}"
    if (out / "evaluation.json").exists():
        return hb.load(out)
    if (out / "run.json").exists():
        return hb.resume(out)
    return hb.train(method, data, out=out, seed=seed, **options)


def moved(translator: hb.Run, images: np.ndarray) -> np.ndarray:
    """Images after the translator's first layer alone."""
    alignment = next(translator.networks["to_b"].children())
    aligned = alignment(torch.from_numpy(images).permute(0, 3, 1, 2) / 127.5 - 1)
    return translator.preparation["image"].decode(aligned)


def errors(seed: int) -> list[float]:
    """The classifier's error on USPS as it is, translated, and only moved."""
    usps = hb.open(DATA / "usps" / "usps.npz")
    test = usps.parts["test"]
    images = bring_to_shape(usps.fields["image"][test], SHAPE)
    truth = np.asarray(usps.fields["label"])[test].astype(str)
    classifier = trained("classify", DATA / "mnist", seed, **CLASSIFIER)
    translator = trained(
        "cyclegan", DATA / "usps" / "usps.npz", seed, target_domain=str(DATA / "mnist"), **TRANSLATOR
    )
    ways = (images, translator.predict(images)["image"], moved(translator, images))
    wrong = [float(np.mean(np.array(classifier.predict(x)["label"]).astype(str) != truth)) for x in ways]
    own = 1 - classifier.evaluate()["test/accuracy"]
    minutes = translator.info["seconds"] / 60
    print(f"seed {seed}: {said(wrong)}, MNIST itself {own:.2%}, {minutes:.1f} minutes", flush=True)
    return wrong


def said(wrong: Sequence[float]) -> str:
    """The three errors in words."""
    return "as it is {:.2%}, translated {:.2%}, only moved {:.2%}".format(*wrong)


def main(words: list[str]) -> int:
    """The seeds named, or three."""
    plain, translated, only = (
        statistics.mean(column) for column in zip(*map(errors, map(int, words or "012")), strict=True)
    )
    print(f"mean: {said((plain, translated, only))}")
    return 0 if translated <= plain / 2 else 6


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
