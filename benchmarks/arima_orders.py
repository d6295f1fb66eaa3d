"""How often the orders of simulated processes are recovered: 50 draws each of AR(2), MA(1) and two SARIMA.

    .venv/bin/python benchmarks/arima_orders.py            the search of the report: AICc, ties to fewer terms
    .venv/bin/python benchmarks/arima_orders.py aic 0      plain AIC, which overestimates orders by design
    .venv/bin/python benchmarks/arima_orders.py aicc 4     fewer terms within 4 of the lowest AICc

A draw counts as recovered if p, d, q and the seasonal P, D, Q are all those of the process. The search tries
p and q up to 5, P and Q up to 2, and takes d and D from tests.
"""

from __future__ import annotations

import sys
import time
from typing import Literal

from hibiscus.evaluation.arima_orders import TIE, search_orders
from hibiscus.series import simulate_arma, simulate_sarima

DRAWS, FIRST, STEPS, SEASON = 50, 100, 400, 12
PROCESSES = {
    "AR(2)": ((2, 0, 0, 0, 0, 0), 1, lambda seed: simulate_arma(STEPS, ar=(1.0, -0.5), seed=seed)),
    "MA(1)": ((0, 0, 1, 0, 0, 0), 1, lambda seed: simulate_arma(STEPS, ma=(0.6,), seed=seed)),
    "SARIMA(1,0,0)(0,1,1)12": (
        (1, 0, 0, 0, 1, 1),
        SEASON,
        lambda seed: simulate_sarima(
            STEPS, ar=(0.6,), season=SEASON, seasonal_ma=(-0.6,), seasonal_difference=1, seed=seed
        ),
    ),
    "SARIMA(0,1,1)(0,1,1)12": (
        (0, 1, 1, 0, 1, 1),
        SEASON,
        lambda seed: simulate_sarima(
            STEPS,
            ma=(-0.4,),
            difference=1,
            season=SEASON,
            seasonal_ma=(-0.6,),
            seasonal_difference=1,
            seed=seed,
        ),
    ),
}


def main(criterion: str = "aicc", tie: str = str(TIE), only: str = "") -> None:
    """Prints how many draws are recovered, and the CPU seconds; of the processes whose name begins so."""
    for name, (true, season, simulate) in PROCESSES.items():
        if not name.startswith(only):
            continue
        start, recovered = time.process_time(), 0
        for seed in range(FIRST, FIRST + DRAWS):
            series = simulate(seed).series
            kind: Literal["aic", "aicc"] = "aic" if criterion == "aic" else "aicc"
            found = search_orders(series, season, kind, float(tie)).order
            recovered += (found.p, found.d, found.q, found.P, found.D, found.Q) == true
        seconds = time.process_time() - start
        print(f"{name}: {recovered} of {DRAWS} draws by {criterion}, ties within {tie}, {seconds:.0f} s")


if __name__ == "__main__":
    main(*sys.argv[1:])
