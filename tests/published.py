"""How published results are held against ours, and what their tests share.

Two simulations agree within 3·√(se_a² + se_b²) + 0.5 %, a simulation and an exact value within 3·se + 0.2 %. Where our
runs are few, the 3 is Student's: a standard error of six runs is not known well (5.5 then says what 3 says of many).
Each test says how many runs it makes; where that is fewer than were published, the full number is marked `soak`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
from scipy.stats import t as student

from sim.record import Journal

__all__ = ["OPEN", "agrees_with", "exact", "full", "goodput_per_s", "same_share"]

OPEN = {"idle_per_host_max": 10**6, "idle_max": 10**6}
"""Connections are kept without a limit: where links take no time, the network is not there."""


def _mean(values: Sequence[float]) -> tuple[float, float, float]:
    """Return mean, standard error, and the error's multiple that holds the mean as surely as 3 of a normal one."""
    three = float(student.ppf(0.99865, len(values) - 1))
    return float(np.mean(values)), float(np.std(values, ddof=1)) / math.sqrt(len(values)), three


def exact(values: Sequence[float], value: float, power: float = 0.02, slack: float = 0.002) -> None:
    """Hold the mean of independent runs to an exact value; a standard error above `power` of it would say nothing."""
    mean, error, three = _mean(values)
    assert error <= power * abs(value), f"no power: standard error {error:g} of {value:g}"
    assert abs(mean - value) <= three * error + slack * abs(value), f"{mean:g} ± {error:g}, exact {value:g}"


def agrees_with(values: Sequence[float], published: float, error: float, slack: float = 0.005) -> None:
    """Hold the mean of our runs to a published mean and its standard error."""
    mean, ours, three = _mean(values)
    assert abs(mean - published) <= math.hypot(three * ours, 3 * error) + slack * abs(published), (
        f"{mean:g} ± {ours:g}, published {published:g} ± {error:g}"
    )


def same_share(hits: int, runs: int, share: float, of: int) -> None:
    """Hold the share of our runs in which something happened to a published share of so many runs."""
    pooled = (hits + share * of) / (runs + of)
    error = math.sqrt(pooled * (1 - pooled) * (1 / runs + 1 / of))
    assert abs(hits / runs - share) <= 3 * error + 0.005, f"{hits} of {runs}, published {share:g} of {of}"


def full(*cases: object, few: int, many: int) -> list[object]:
    """Return the cases twice: with few runs for every day, and with as many as were published for the soak."""
    return [
        pytest.param(
            *case, runs, marks=() if runs == few else pytest.mark.soak, id=f"{'-'.join(map(str, case))}-{runs}"
        )
        for runs in (few, many)
        for case in cases
    ]


def goodput_per_s(journal: Journal, begin_s: float, end_s: float) -> float:
    """Return the calls/s that came back ok in a window, by the moment of their answer."""
    calls = journal.calls
    ends = (calls["t_s"] + calls["took_s"])[calls["outcome"] == 0]
    return float(((ends >= begin_s) & (ends < end_s)).sum()) / (end_s - begin_s)
