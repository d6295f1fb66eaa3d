"""Classify texts: python examples/classify_texts.py reviews.csv [epochs] [target]."""

from __future__ import annotations

import sys

import pandas

import hibiscus as hb

GOOD, BAD = ("smart", "moving", "warm", "funny"), ("dull", "flat", "tired", "clumsy")


def reviews() -> pandas.DataFrame:
    """A few hundred short reviews, which tell an example from a real table."""
    texts = [
        (f"a {word} story, {'and' if word in pair else 'but'} {number} minutes long", label)
        for number in range(80, 110)
        for label, pair in (("pos", GOOD), ("neg", BAD))
        for word in pair
    ]
    return pandas.DataFrame(texts, columns=["text", "label"])


def main(path: str = "", epochs: str = "4", target: str = "label") -> None:
    """Trains a classifier, prints its accuracy beside the baselines, predicts, and explains a prediction."""
    run = hb.train("classify", path or reviews(), target=target, epochs=int(epochs))
    result = run.evaluation()
    print(f"accuracy {result['metrics']['test/accuracy']:.3f}")
    for baseline, metrics in result["baselines"].items():
        print(f"  {baseline} {metrics['test/accuracy']:.3f}")

    text = "a smart story, but the end is dull"
    print(text, "->", run.predict(text)["label"][0])
    explained = run.visualize(text, ["integrated-gradients"]).tokens[0]
    for token, value in zip(explained.tokens[0], explained.values[0], strict=True):
        print(f"  {token:10} {value:+.2f} for {explained.names[0]}")
    print(run.report())


if __name__ == "__main__":
    main(*sys.argv[1:])
