"""Confidence intervals over replications that hold near 1, for few failures, and for skewed values.

One replication is one independent observation: calls within a run are correlated, so nothing here takes them for
independent. Every interval says how it was made. Sources: Law, Simulation Modeling and Analysis (2015), ch. 4 and 9 (t
of replication means, ratios); Clopper and Pearson, Biometrika 26 (1934); Korn and Graubard, Survey Methodology 24
(1998) (Clopper–Pearson at the effective sample size of clustered data); Efron and Tibshirani, An Introduction to the
Bootstrap (1993), ch. 12 (bootstrap-t); David and Nagaraja, Order Statistics (2003), 7.1 (median).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from sim.analysis.replication import Floats

__all__ = [
    "FEW",
    "Interval",
    "clopper_pearson",
    "exact_share",
    "mean_interval",
    "median_interval",
    "ratio_interval",
    "share_interval",
    "t_factor",
]

FEW = 10  # failures in all, below which replication means say too little about their own scatter (docs/design.md 8)
_SKEWED = 0.5  # |sample skewness| from which a symmetric interval is refused
_ENOUGH = 8  # replications that a bootstrap needs to say anything
_RESAMPLES = 999
_NAN = float("nan")


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate with its bounds; NaN bounds where one replication allows none. `method` says how it was made."""

    value: float
    low: float
    high: float
    n: int
    method: str


def t_factor(n: int, level: float = 0.95) -> float:
    """Return the quantile of Student's t with n − 1 degrees of freedom for a two-sided level."""
    return float(special.stdtrit(n - 1, (1 + level) / 2))


def clopper_pearson(successes: float, trials: float, level: float = 0.95) -> tuple[float, float]:
    """Return the exact interval of a share; fractional counts are what effective sample sizes need."""
    tail = (1 - level) / 2
    low = float(special.betaincinv(successes, trials - successes + 1, tail)) if successes > 0 else 0.0
    high = float(special.betaincinv(successes + 1, trials - successes, 1 - tail)) if successes < trials else 1.0
    return low, high


def exact_share(broken: int, n: int, level: float = 0.95) -> Interval:
    """Return the share of replications that did something, by Clopper–Pearson: replications are independent."""
    return Interval(broken / n, *clopper_pearson(broken, n, level), n, "Clopper-Pearson")


def mean_interval(values: Sequence[float] | Floats, level: float = 0.95) -> Interval:
    """Return the mean of one number per replication: Student's t, or bootstrap-t where the numbers are skewed."""
    x = np.asarray(values, float)
    n = len(x)
    if n < 2 or not np.isfinite(x).all():
        return Interval(float(x.mean()) if n else _NAN, _NAN, _NAN, n, "none")
    centre, spread = float(x.mean()), float(x.std(ddof=1))
    if spread <= abs(centre) * 1e-12:
        return Interval(centre, centre, centre, n, "all alike")
    skewness = float((((x - centre) / spread) ** 3).mean())
    half = t_factor(n, level) * spread / math.sqrt(n)
    if n < _ENOUGH or abs(skewness) < _SKEWED:
        return Interval(centre, centre - half, centre + half, n, "t")
    low, high = _bootstrap_t(x, level)
    # a bootstrap that never drew the rare value knows less than t: it may widen, never narrow
    return Interval(centre, min(low, centre - half), max(high, centre + half), n, "bootstrap-t")


def _bootstrap_t(x: Floats, level: float) -> tuple[float, float]:
    """Return the studentised bootstrap interval of a mean; the resamples are the same at every call."""
    n = len(x)
    picks = np.random.default_rng(n).integers(0, n, (_RESAMPLES, n))
    drawn = x[picks]
    spreads = drawn.std(axis=1, ddof=1)
    floor = x.std(ddof=1) * 0.2  # a resample of nearly equal values has no scale of its own
    ratios = (drawn.mean(axis=1) - x.mean()) / np.maximum(spreads, floor)
    tail = (1 - level) / 2
    low, high = np.quantile(ratios, [tail, 1 - tail])
    scale = float(x.std(ddof=1))
    return float(x.mean() - high * scale), float(x.mean() - low * scale)


def median_interval(values: Sequence[float] | Floats, level: float = 0.95) -> Interval:
    """Return the median and its order-statistic interval; infinite values (what never came) keep their place."""
    x = np.sort(np.asarray(values, float))
    n = len(x)
    centre = float(np.quantile(x, 0.5, method="inverted_cdf")) if n else _NAN
    counts = np.arange(n + 1)
    below = special.bdtr(counts, n, 0.5)  # P(at most k of n lie below the median)
    usable = np.flatnonzero(below <= (1 - level) / 2)
    if not len(usable):
        return Interval(centre, _NAN, _NAN, n, "none")
    rank = int(usable[-1])
    return Interval(centre, float(x[rank]), float(x[n - 1 - rank]), n, "median by order")


def ratio_interval(tops: Sequence[float], bottoms: Sequence[float], level: float = 0.95) -> Interval:
    """Return Σ top / Σ bottom over replications whose bottoms differ, by the delta method on replications.

    What remains of each after the common ratio, top − ratio · bottom, is as independent as the replications are.
    """
    top, bottom = np.asarray(tops, float), np.asarray(bottoms, float)
    n, total = len(top), float(bottom.sum())
    if n == 0 or total <= 0:
        return Interval(_NAN, _NAN, _NAN, n, "none")
    ratio = float(top.sum()) / total
    around = mean_interval((top - ratio * bottom) / bottom.mean(), level)
    if around.method == "all alike" or float(np.ptp(top - ratio * bottom)) <= 1e-12 * max(
        abs(float(top.max())), 1e-300
    ):
        return Interval(ratio, ratio, ratio, n, "all alike") if n > 1 else Interval(ratio, _NAN, _NAN, n, "none")
    return Interval(ratio, ratio + around.low, ratio + around.high, n, around.method)


def share_interval(tops: Sequence[float], bottoms: Sequence[float], level: float = 0.95) -> Interval:
    """Return the interval of a share of calls, Σ top / Σ bottom, which may lie near 0 or 1.

    Clopper–Pearson at the effective number of calls: p (1 − p) over the variance of the share as replications show it,
    adjusted for having estimated that variance (Korn and Graubard) from few replications with failures (Kish, Survey
    Sampling, 1965). The rarer outcome seen under FEW times in all: never more than the calls there were. It cannot
    cover what no replication has shown (a collapse in one run of a hundred, in thirty runs): `collapsed_share` has its
    own exact interval.
    """
    top, bottom = np.asarray(tops, float), np.asarray(bottoms, float)
    used = bottom > 0
    top, bottom = top[used], bottom[used]
    n, total = len(top), float(bottom.sum())
    if n < 2:
        return Interval(float(top.sum()) / total if n else _NAN, _NAN, _NAN, n, "none")
    share = float(top.sum()) / total
    few = min(top.sum(), (bottom - top).sum()) < FEW
    variance = _ratio_variance(top, bottom, share)
    if variance <= 0 and not few:
        return Interval(share, share, share, n, "all alike")
    rarer = min(top, bottom - top, key=np.sum)
    effective = _effective(share, variance, _freedom(rarer), level) if variance > 0 else total
    if few:
        effective = min(effective, total)
    return Interval(share, *clopper_pearson(share * effective, effective, level), n, "Clopper-Pearson, clustered")


def _ratio_variance(top: Floats, bottom: Floats, share: float) -> float:
    """Return the estimated variance of the pooled share, replications as clusters (delta method)."""
    n = len(top)
    left = top - share * bottom
    return float((left**2).sum()) * n / (n - 1) / float(bottom.sum()) ** 2


def _freedom(rarer: Floats) -> float:
    """Return how many replications the estimate of scatter really rests on: Kish's effective number of those that had
    the rarer outcome, (Σf)² / Σf², at most n − 1, and at least 2 (with 1 the interval would say nothing at all).
    """
    effective = float(rarer.sum()) ** 2 / float((rarer**2).sum())
    return min(len(rarer) - 1.0, max(effective, 2.0))


def _effective(share: float, variance: float, freedom: float, level: float) -> float:
    """Return how many independent calls tell as much as these clustered ones.

    Korn and Graubard (1998) shrink it by (z/t)², since the variance was estimated, too.
    """
    shrink = float(special.ndtri((1 + level) / 2) / special.stdtrit(freedom, (1 + level) / 2)) ** 2
    return share * (1 - share) / variance * shrink
