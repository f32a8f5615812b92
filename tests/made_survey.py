"""A survey made by hand: three policies under two adversities, so that who is better is known beforehand."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from sim.analysis.comparison import Comparison, OptionResult
from sim.analysis.replication import LATENCY_EDGES_S, FaultSpan, Replication, Series
from sim.analysis.survey import Compared, Survey

__all__ = ["CALLERS", "SUCCESS", "replication", "results", "survey"]

CALLERS = "client/callers"
CALLS, BINS, DURATION_S = 1000, 120, 120.0
SUCCESS: dict[str, dict[str, float]] = {  # by scenario and policy
    "calm": {"none": 1.0, "plain": 1.0, "budget": 1.0},
    "storm": {"none": 0.9, "plain": 0.2, "budget": 0.9},
}


def replication(scenario: str, option: str, seed: int, success: float, lost: bool) -> Replication:
    """Return a run in which that share of 1,000 calls was answered; a policy that is lost stays so after the fault."""
    ok = float(round(CALLS * success)) + (seed % 3 if 0 < success < 1 else 0)
    tries = 3.0 if option == "plain" and scenario == "storm" else 1.0
    values = {
        "call_ok_share": ok / CALLS, "attempts_per_call": tries, "call_p50_s": 0.04, "call_p99_s": tries + 0.01 * seed,
        "call_p999_s": 2 * tries, "offered_peak_per_s": 25.0 * tries, "collapsed_share": float(lost),
        "recovery_s": math.inf if lost else 0.5 * seed if scenario == "storm" else math.nan,
    }  # fmt: skip
    ratios = {"call_ok_share": (ok, float(CALLS)), "attempts_per_call": (tries * CALLS, float(CALLS))}
    offered = np.full(BINS, CALLS / BINS)
    good = offered * success
    none = np.zeros(BINS)
    series = Series(offered, good, offered - good, none, offered * tries, good)
    edges_s = np.linspace(0.0, DURATION_S, BINS + 1)
    faults = (FaultSpan("hang", "service_slow", "api", 20.0, 30.0, True),) if scenario == "storm" else ()
    return Replication(
        scenario, option, seed, "sim", DURATION_S,
        {("all", CALLERS, metric): value for metric, value in values.items() if not math.isnan(value)}
        | {("all", "cluster", "wasted_work_share"): 0.1 * tries},
        {("all", CALLERS, metric): pair for metric, pair in ratios.items()},
        {}, edges_s, {CALLERS: series}, {CALLERS: np.zeros(len(LATENCY_EDGES_S) - 1, np.int64)}, {}, faults, {}, (),
    )  # fmt: skip


def results(scenario: str, shares: Mapping[str, float], count: int = 10) -> tuple[OptionResult, ...]:
    """Return that many runs of each policy; where less than half is answered, they are lost."""
    return tuple(
        OptionResult(
            option, "", tuple(replication(scenario, option, seed, share, share < 0.5) for seed in range(count))
        )
        for option, share in shares.items()
    )


def survey(*, interrupted: bool = False, count: int = 10) -> Survey:
    """Return the survey: nobody differs in the calm, `plain` is lost in the storm."""
    comparisons = tuple(
        Comparison(name, f"Why {name}?", results(name, shares, count), {}, {}, {}, {"size": "One server."}, interrupted)
        for name, shares in SUCCESS.items()
    )
    policies = tuple(Compared(name, f"does what {name} does", f"library {name} 1.0") for name in SUCCESS["calm"])
    return Survey(comparisons, CALLERS, policies, (*SUCCESS, "never-made") if interrupted else tuple(SUCCESS))
