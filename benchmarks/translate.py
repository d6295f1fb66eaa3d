"""USPS in the look of MNIST without labels: how often a classifier that saw MNIST alone errs on USPS as it is, and on it translated.

    .venv/bin/python benchmarks/translate.py           three seeds (on one core about half an hour each)
    .venv/bin/python benchmarks/translate.py 0         one seed

For each seed `classify` learns MNIST and `cyclegan` learns both sets of pictures; the classifier then reads the 2,007 test pictures of
USPS, brought to MNIST's 28x28 pixels, as they are and translated. The labels of USPS measure, and nothing else: the translator's epoch
is chosen by Fréchet distances on validation pictures in features learned without labels. Finished runs are kept in runs/translate and
not trained again. Exits with 6 where translation does not halve the mean error. The data lie in ../shared/data beside the repository.
"""

from __future__ import annotations

import statistics
import sys
from pathlib import Path

import numpy as np

import hibiscus as hb
from hibiscus.data.domains import bring_to_shape

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "data"
RUNS = ROOT / "runs" / "translate"
CLASSIFIER = {"net": "cnn", "epochs": 3}
TRANSLATOR = {"width": 16, "batch_size": 16, "epochs": 12}


def trained(method: str, data: Path, seed: int, **options) -> hb.Run:
    """A finished run, trained if it is not there yet."""
    out = RUNS / f"{method}-{seed}"
    if (out / "evaluation.json").exists():
        return hb.load(out)
    if (out / "run.json").exists():
        return hb.resume(out)
    return hb.train(method, data, out=out, seed=seed, **options)


def errors(seed: int) -> tuple[float, float, float]:
    """The classifier's error on USPS as it is, translated, and on MNIST's own test part."""
    usps = hb.open(DATA / "usps" / "usps.npz")
    test = usps.parts["test"]
    pictures = bring_to_shape(usps.fields["image"][test], (28, 28, 1))
    truth = np.asarray(usps.fields["label"])[test].astype(str)
    classifier = trained("classify", DATA / "mnist", seed, **CLASSIFIER)
    translator = trained("cyclegan", DATA / "usps" / "usps.npz", seed, to=str(DATA / "mnist"), **TRANSLATOR)
    translated = translator.predict(pictures)["image"]
    wrong = [float(np.mean(np.array(classifier.predict(x)["label"]).astype(str) != truth)) for x in (pictures, translated)]
    minutes = translator.facts["seconds"] / 60
    own = 1 - classifier.evaluate()["test/accuracy"]
    print(f"seed {seed}: as it is {wrong[0]:.2%}, translated {wrong[1]:.2%}, MNIST itself {own:.2%}, {minutes:.1f} minutes", flush=True)
    return wrong[0], wrong[1], own


def main(words: list[str]) -> int:
    """The seeds named, or three."""
    plain, translated, _ = zip(*(errors(int(word)) for word in words or ["0", "1", "2"]), strict=True)
    print(f"mean: as it is {statistics.mean(plain):.2%}, translated {statistics.mean(translated):.2%}")
    return 0 if statistics.mean(translated) <= statistics.mean(plain) / 2 else 6


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
