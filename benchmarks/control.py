"""DQN on CartPole against stable-baselines3: steps per second with learning, seconds to solve it, and how
often each side did not solve it.

    python -m venv .venv-peers && .venv-peers/bin/pip install torch==2.13.0 stable-baselines3
    .venv/bin/python benchmarks/control.py

Hyper-parameters of rl-zoo: 128 updates of batch 64 on 256x256 units every 256 steps. Two of them differ:
stable-baselines3 has the discount factor 0.99 and a constant learning rate, as in rl-zoo; ours are the
defaults of `dqn`, 0.97 and a rate that decays linearly. So the seconds until solved compare two settings, not
two implementations of one. stable-baselines3 takes 51,200 steps, of which the first 1,000 are random; ours
takes 1,000 random steps and then 51,200, which makes 52,200.
It counts as solved when three evaluations in a row, one every 2,560 steps and of 20 episodes each, reach a
mean return of 475. Only the seconds of training count, not those of the evaluations. Each side runs in a
process of its own, in turn, with the same three seeds; the figures are medians.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PEERS = Path(__file__).resolve().parents[1] / ".venv-peers" / "bin" / "python"
SEEDS, EPOCHS, EPISODES, ENOUGH, IN_A_ROW, STEPS = (0, 1, 2), 20, 20, 475, 3, 2560


def solved(returns: list[float]) -> bool:
    """Whether the last three evaluations reach the threshold."""
    return len(returns) >= IN_A_ROW and min(returns[-IN_A_ROW:]) >= ENOUGH


def ours(seed: int) -> dict[str, float]:
    """Trains with Hibiscus until it is solved."""
    import torch

    from hibiscus.data.config import DataConfig
    from hibiscus.data.open import open_data
    from hibiscus.data.prepared import PreparedData
    from hibiscus.methods.control.dqn import DQN
    from hibiscus.runs.options import build_options
    from hibiscus.runs.prepare import fit_preparation, prepare_parts
    from hibiscus.training.callbacks import Callback
    from hibiscus.training.device import tune_process
    from hibiscus.training.log_file import LogFile
    from hibiscus.training.loop import Loop

    class Watch(Callback):
        """Counts training seconds up to each evaluation, and stops when it is solved."""

        seconds, returns = 0.0, []

        def on_epoch(self, loop, line):
            self.returns.append(line["val/mean_return"])
            if solved(self.returns):
                loop.stop_reason = "solved"

    tune_process()
    torch.set_flush_denormal(True)
    dataset, options = open_data("gym:CartPole-v1"), DataConfig()
    parts = prepare_parts(dataset, options, DQN)
    preparation = fit_preparation(dataset, parts["train"], DQN, options)
    torch.manual_seed(seed)
    method = DQN(build_options(DQN.Config, {"epochs": EPOCHS, "seed": seed}), preparation)
    method.to(torch.device("cpu"))
    watch = Watch()
    with tempfile.TemporaryDirectory() as folder:
        callbacks = {"log": LogFile(Path(folder) / "log.jsonl"), "watch": watch}
        loop = Loop(
            method, PreparedData(dataset, preparation, parts), callbacks, Path(folder), torch.device("cpu")
        )
        play = loop._train_round

        def timed(stage):
            start = time.perf_counter()
            play(stage)
            watch.seconds += time.perf_counter() - start

        loop._train_round = timed
        loop.run()
    steps = 1000 + STEPS * len(watch.returns)
    return {
        "steps_per_second": steps / watch.seconds,
        "solved_after": watch.seconds if solved(watch.returns) else float("inf"),
    }


def peer(seed: int) -> dict[str, float]:
    """Trains with stable-baselines3 until it is solved; runs in its own environment."""
    import gymnasium
    from stable_baselines3 import DQN
    from stable_baselines3.common.env_util import make_vec_env
    from stable_baselines3.common.evaluation import evaluate_policy

    model = DQN(
        "MlpPolicy",
        gymnasium.make("CartPole-v1"),
        learning_rate=2.3e-3,
        batch_size=64,
        buffer_size=100_000,
        learning_starts=1000,
        gamma=0.99,
        target_update_interval=10,
        train_freq=256,
        gradient_steps=128,
        exploration_fraction=0.16,
        exploration_final_eps=0.04,
        policy_kwargs={"net_arch": [256, 256]},
        seed=seed,
    )
    returns: list[float] = []
    seconds = 0.0

    def look(found, _):
        """Takes the time, and evaluates where it is due."""
        nonlocal seconds, begun
        if model.num_timesteps % STEPS == 0:
            seconds += time.perf_counter() - begun
            # All episodes side by side: how long an evaluation takes is not counted, and one by one they take
            #     a minute in all.
            returns.append(
                float(evaluate_policy(model, make_vec_env("CartPole-v1", EPISODES), EPISODES, warn=False)[0])
            )
            begun = time.perf_counter()
        return not solved(returns)

    begun = time.perf_counter()
    model.learn(EPOCHS * STEPS, callback=look)
    return {
        "steps_per_second": STEPS * len(returns) / seconds,
        "solved_after": seconds if solved(returns) else float("inf"),
    }


def main(words: list[str]) -> None:
    """Runs one side where `words` names it; else both in turn, and prints the rows."""
    sides = {"ours": (ours, Path(sys.executable)), "peer": (peer, PEERS)}
    if words[:1] and words[0].strip("-") in sides:
        print(json.dumps(sides[words[0].strip("-")][0](int(words[1]))))
        return
    if not PEERS.exists():
        print(
            f"stable-baselines3 is not at hand ({PEERS}); the head of this file says how to get it. Ours "
            "alone:"
        )
        del sides["peer"]
    found: dict[str, list[dict[str, float]]] = {name: [] for name in sides}
    for seed in SEEDS:
        for name, (_, python) in sides.items():
            out = subprocess.run(
                [str(python), __file__, f"--{name}", str(seed)], check=True, capture_output=True, text=True
            ).stdout
            found[name].append(json.loads(out.splitlines()[-1]))
    for title, key in (
        ("dqn, steps per second with learning", "steps_per_second"),
        ("dqn, training seconds until solved", "solved_after"),
    ):
        row = {name: statistics.median(one[key] for one in values) for name, values in found.items()}
        ratio = f"{row['ours'] / row['peer']:.2f}" if "peer" in row else "-"
        print(
            f"| {title} | {row.get('peer', float('nan')):,.1f} | {row['ours']:,.1f} | {ratio} |", flush=True
        )
    for name, values in found.items():
        unsolved = sum(one["solved_after"] == float("inf") for one in values)
        print(f"{name}: not solved with {unsolved} of {len(values)} seeds", flush=True)
    print(json.dumps(found) if "--json" in words else "", end="")


if __name__ == "__main__":
    main(sys.argv[1:])
