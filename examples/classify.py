"""Classify images, a table or arrays: python examples/classify.py photos/ [epochs]."""

from __future__ import annotations

import sys

import hibiscus as hb


def main(path: str = "digits", epochs: str = "10") -> None:
    """Trains a classifier, prints its accuracy beside the baselines, predicts, and takes out the plain
    PyTorch module.
    """
    data = hb.open(path)
    print(data)

    run = hb.train("classify", data, epochs=int(epochs))
    result = run.evaluation()
    print(f"accuracy {result['metrics']['test/accuracy']:.3f}")
    for baseline, metrics in result["baselines"].items():
        print(f"  {baseline} {metrics['test/accuracy']:.3f}")

    if "image" in data.fields:
        predictions = run.predict(data.fields["image"][:3])
        print("the first three are", predictions["label"])
    network = run.networks["network"]
    print(f"{type(network).__name__} with {sum(p.numel() for p in network.parameters()):,} parameters")
    print(run.report())


if __name__ == "__main__":
    main(*sys.argv[1:])
