"""Translate texts: python examples/translate.py pairs.csv [epochs], or without arguments German numbers."""

from __future__ import annotations

import sys

import hibiscus as hb


def main(path: str = "number-words", epochs: str = "12") -> None:
    """Trains on pairs of texts, and compares with translations without a network."""
    run = hb.train(
        "seq2seq", path, epochs=int(epochs), net="gru", width=64, learning_rate=8e-3, vocabulary_size=300
    )
    evaluation = run.evaluation()
    for name, metrics in {"this run": evaluation["metrics"], **evaluation["baselines"]}.items():
        print(f"{name}: BLEU {metrics['test/bleu']:.1f}, chrF {metrics['test/chrf']:.1f}")

    texts = ["dreihunderteinundvierzig", "neuntausendsieben", "achtundachtzig"]
    for text, translation in zip(texts, run.predict(texts)["translation"], strict=True):
        print(f"{text}: {translation}")
    print(run.report())


if __name__ == "__main__":
    main(*sys.argv[1:])
