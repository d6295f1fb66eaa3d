"""Windows of series: Hibiscus beside a per-window `Dataset` with `DataLoader`, and `forecast` beside a
hand-written loop.

    .venv/bin/python benchmarks/series_windows.py            all three
    .venv/bin/python benchmarks/series_windows.py windows    shuffled batches of 128 windows of ETTh1
    .venv/bin/python benchmarks/series_windows.py lstm       ms of a training step of an LSTM
    .venv/bin/python benchmarks/series_windows.py train      ETTh1, horizon 96, with the defaults

`windows` gives CPU milliseconds of an epoch, the mean of five on one thread, and the memory by which a
process grew, as the median of three processes. The other side is what tutorials show, a `__getitem__` that
makes tensors of slices of the array. `lstm` is the median of three processes, with the plain loop in the
faster of float32 and bfloat16; its windows are indexed from a view of the series, as someone who knows
PyTorch writes it. The data lie in ../shared/data beside the repository.
"""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any

from comparison import answer, clock, median_ms, plain_precision, timed_rounds

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "timeseries" / "ETTh1.csv"
SPLIT = "2017-06-26,2017-10-24,2018-02-21"
HORIZON, BATCH, EPOCHS, STEPS, TURNS = 96, 128, 5, 60, 3
WINDOWS = ((24, 12), (96, 24), (336, HORIZON))  # steps before a forecast, and of it
LENGTH = 96  # of the windows of the LSTM
LSTM = {"net": "lstm", "input_length": LENGTH, "loss": "mse", "batch_size": BATCH}


def prepared() -> Any:
    """ETTh1 with the customary parts."""
    from hibiscus.data.config import DataConfig
    from hibiscus.data.open import open_data
    from hibiscus.data.prepared import PreparedData
    from hibiscus.methods.series.forecast import Forecast
    from hibiscus.runs.prepare import fit_preparation, prepare_parts

    config = DataConfig(split_at=SPLIT, horizon=HORIZON)
    dataset = open_data(str(DATA), **config.opening())
    parts = prepare_parts(dataset, config, Forecast)
    return PreparedData(dataset, fit_preparation(dataset, parts["train"], Forecast, config), parts)


def epoch(side: str, length: int, horizon: int) -> tuple[float, float]:
    """CPU seconds for all windows of the training part once, on average over some epochs, and the growth of
    the process in MB.
    """
    import torch

    from hibiscus.data.series.grid import series_grid
    from hibiscus.data.series.series_windows import Windows

    torch.set_num_threads(1)
    grid = series_grid(prepared())
    windows = Windows(grid, length, horizon)
    count = len(windows.origins("train"))
    loader = per_window(grid.values[: count + length + horizon - 1], length, horizon)
    total, before, start = 0, _peak(), time.process_time()
    if side == "ours":
        source = windows.source("train", BATCH, 0)
        for _ in range(EPOCHS * -(-count // BATCH)):
            total += len(source.next()["series"])
    else:
        for _ in range(EPOCHS):
            total += sum(len(series) for series, _ in loader)
    seconds = (time.process_time() - start) / EPOCHS
    assert total == EPOCHS * count, (total, count)
    return seconds, _peak() - before


def per_window(values: Any, length: int, horizon: int) -> Any:
    """One window at a time, batches by the default `collate_fn`."""
    import torch
    from torch.utils.data import DataLoader, Dataset

    class Slices(Dataset):
        def __len__(self) -> int:
            return len(values) - length - horizon + 1

        def __getitem__(self, item: int) -> Any:
            middle = item + length
            return torch.tensor(values[item:middle]), torch.tensor(values[middle : middle + horizon])

    return DataLoader(Slices(), BATCH, shuffle=True)


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def plain_lstm(precision: str) -> float:
    """Median ms of a step of the hand-written loop."""
    import torch
    from torch import nn
    from torch.nn import functional

    from hibiscus.data.series.grid import series_grid

    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    values = torch.from_numpy(series_grid(prepared()).values[:8640])
    windows = values.unfold(0, LENGTH + HORIZON, 1).transpose(1, 2)  # (windows, steps, variables)
    variables = values.shape[1]
    lstm, head = nn.LSTM(variables, 64, batch_first=True), nn.Linear(64, HORIZON * variables)
    optimizer = torch.optim.Adam([*lstm.parameters(), *head.parameters()], lr=1e-3, fused=True)
    order, times = torch.randperm(len(windows)), []
    for step in range(STEPS):
        start = clock()
        batch = windows[order[step * BATCH % 8000 :][:BATCH]]
        x, y = batch[:, :LENGTH], batch[:, LENGTH:]
        with plain_precision(precision):
            forecast = head(lstm(x)[0][:, -1]).view(-1, HORIZON, variables)
            loss = functional.mse_loss(forecast.float(), y)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        times.append(clock() - start)
    return median_ms(times)


def our_lstm(compiled: bool) -> float:
    """Median ms of a step of Hibiscus's loop, batches and log included."""
    from hibiscus.methods.series.forecast import Forecast

    return timed_rounds(Forecast, prepared(), {**LSTM, "compile": compiled}, STEPS)[0]


def train() -> None:
    """Trains with the defaults, and prints the time and the test metrics."""
    import torch

    import hibiscus

    torch.set_num_threads(1)
    start, real = time.process_time(), time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        run = hibiscus.train("forecast", DATA, split_at=SPLIT, horizon=HORIZON, out=Path(folder) / "run")
        seconds, real = time.process_time() - start, time.perf_counter() - real
        metrics = {name: run.evaluate()[name] for name in ("test/standardized_mse", "test/standardized_mae")}
    print(f"ETTh1, horizon {HORIZON}: {seconds:.1f} CPU s, {real:.1f} s with evaluation; {metrics}")


def compare_windows(length: int, horizon: int) -> None:
    """Runs both sides in turn in processes of their own, and prints a row."""
    sides: dict[str, list[tuple[float, ...]]] = {"ours": [], "plain": []}
    for _ in range(TURNS):
        for side, rows in sides.items():
            call = [sys.executable, __file__, f"--epoch-{side}", str(length), str(horizon)]
            out = subprocess.run(call, check=True, capture_output=True, text=True).stdout
            rows.append(tuple(map(float, out.split()[-2:])))
    (ours, grown), (plain, other) = (
        (statistics.median(column) for column in zip(*rows, strict=True)) for rows in sides.values()
    )
    times = f"{1000 * plain:.1f} | {1000 * ours:.1f} | {plain / ours:.1f}"
    print(f"| {length} + {horizon} steps | {times} | {other:.1f} | {grown:.1f} |", flush=True)


if __name__ == "__main__":
    words = sys.argv[1:]
    if words and words[0].startswith("--epoch-"):
        print(*epoch(words[0].removeprefix("--epoch-"), int(words[1]), int(words[2])))
        sys.exit()
    chosen = {"windows", "lstm", "train"} & set(words) or {"windows", "lstm", "train"}
    if "windows" in chosen:
        print("| windows | one at a time, ms | Hibiscus, ms | ratio | memory, MB | Hibiscus, MB |")
        print("|---|---|---|---|---|---|")
        for sizes in WINDOWS:
            compare_windows(*sizes)
    if "lstm" in chosen:
        answer([__file__, "lstm"], words, "LSTM", partial(plain_lstm), partial(our_lstm))
    if "train" in chosen:
        train()
