"""How many replications are enough: until the intervals of a metric are as narrow as was asked for."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from sim.analysis.estimate import summary_rows
from sim.analysis.replication import Replication
from sim.errors import UsageError
from sim.spec.probes import METRICS, Probe
from sim.spec.probes import metric_unit as unit

__all__ = ["FEWEST", "LEVEL", "MOST", "Precision", "looks", "widest"]

FEWEST, MOST = 10, 1000  # replications of an option where a precision decides
LEVEL = 0.95
_EXAMPLES = {
    "share": "call_ok_share=0.1%",
    "s": "call_p99_s=250ms",
    "1/s": "goodput_per_s=2/s",
    "count": "attempts_per_call=0.01",
    "1/h": "cost_per_hour=0.1",
}


@dataclass(frozen=True, slots=True)
class Precision:
    """Stop when every option's interval of a metric is no wider than ± `half_width` (in the metric's unit)."""

    metric: str
    half_width: float

    @classmethod
    def parse(cls, text: str) -> Precision:
        """Return the precision that `METRIC=HALFWIDTH` asks for. Raises UsageError."""
        metric, _, width = text.partition("=")
        if metric not in METRICS:
            raise UsageError(f"precision: '{metric}' is no metric; accepted: {', '.join(METRICS)}")
        half = _in_unit(metric, width)
        if not half:
            raise UsageError(
                f"precision: '{text}'; accepted: METRIC=HALFWIDTH above 0, such as {_EXAMPLES[unit(metric)]}"
            )
        return cls(metric, half)


def _in_unit(metric: str, text: str) -> float | None:
    """Read a number in a metric's unit, as bounds of objectives are read; None if it is none."""
    try:
        number: float | str = float(text)
    except ValueError:
        number = text
    if isinstance(number, float) and unit(metric) in ("s", "1/s"):
        return None  # a bare number of what?
    try:
        return Probe.model_validate({"of": "cluster", "metric": metric, "at_most": number}).at_most
    except ValidationError:
        return None


def looks() -> Iterator[tuple[int, float]]:
    """Yield (replications, level) of each look at the intervals: 10, 15, 22, … up to MOST.

    Who looks again and again stops on a lucky day. Look k is at level 1 − α_k, α_k = 0.05 · 6 / (π k)²; these sum to
    0.05 over all looks (Bonferroni with Euler's Σ 1/k²), so that the interval at the stop holds at 95 %.
    """
    count, look = FEWEST, 1
    while True:
        yield count, 1 - (1 - LEVEL) * 6 / (math.pi * look) ** 2
        if count == MOST:
            return
        count, look = min(math.floor(count * 1.5), MOST), look + 1


def widest(
    options: Mapping[str, Sequence[Replication]], metric: str, objectives: Mapping[str, Probe], level: float
) -> float:
    """Return the widest half interval of a metric over options, of the subjects that objectives name (or all)."""
    named = {probe.of: None for probe in objectives.values() if probe.metric == metric}
    widths = [
        (row.ci_high - row.ci_low) / 2
        for replications in options.values()
        for row in summary_rows(replications, level, metric)
        if row.phase == "all" and (not named or row.subject in named)
    ]
    return max((math.inf if math.isnan(width) else width for width in widths), default=math.inf)
