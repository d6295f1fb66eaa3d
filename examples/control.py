"""Learn to act in an environment with DQN: python examples/control.py gym:CartPole-v1 [epochs]."""

from __future__ import annotations

import sys

import hibiscus as hb


def main(environment: str = "gym:CartPole-v1", epochs: str = "20") -> None:
    """Trains an agent, and prints its mean return on start states that training never saw beside a random
    policy.
    """
    run = hb.train("dqn", environment, epochs=int(epochs))
    result = run.evaluation()
    print(f"mean return {result['metrics']['test/mean_return']:.1f}")
    for baseline, metrics in result["baselines"].items():
        print(f"  {baseline} {metrics['test/mean_return']:.1f}")
    print(run.report())


if __name__ == "__main__":
    main(*sys.argv[1:])
