"""Few-shot classification with prototypical networks: python examples/few_shot.py signs/ [epochs].

Validation and test hold classes that training never shows.
"""

from __future__ import annotations

import sys

import hibiscus as hb


def main(path: str = "digits", epochs: str = "10") -> None:
    """Trains an embedding on episodes, and prints the accuracy on new classes from one and from five examples
    of each.
    """
    run = hb.train("protonet", path, epochs=int(epochs), way=4, episodes=50, eval_way=2, eval_episodes=100)
    result = run.evaluation()
    for name, value in result["metrics"].items():
        print(f"{name} {value:.3f}")
    for baseline, metrics in result["baselines"].items():
        print(f"  {baseline}", {name: round(value, 3) for name, value in metrics.items()})
    print(run.report())


if __name__ == "__main__":
    main(*sys.argv[1:])
