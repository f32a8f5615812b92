"""Whether an objective was kept: held, broken or undecided, by its interval, and why, in one sentence."""

from __future__ import annotations

import math
from collections.abc import Sequence

from sim.analysis.answers import Verdict, VerdictWord
from sim.analysis.estimate import of_objective
from sim.analysis.intervals import Interval, exact_share
from sim.analysis.reading import show, show_exact, show_interval
from sim.analysis.replication import Reading, Replication
from sim.quantities import show_duration
from sim.spec.probes import Probe, metric_unit

__all__ = ["TOLERATED", "bound_of", "verdict_of"]

TOLERATED = 0.05  # assumption: an objective of each run is broken once more than one run in twenty surely breaks it


def bound_of(probe: Probe) -> str:
    """Return a bound as people write it: `≥ 99.9 %`, `≤ 5s in every 30s, from 1h`."""
    unit = metric_unit(probe.metric)
    sign, limit = ("≥", probe.at_least) if probe.at_least is not None else ("≤", probe.at_most or 0.0)
    words = f"{sign} {show_exact(limit, unit)}"
    if probe.every is not None:
        words += f" in every {show_duration(probe.every)}"
    if probe.from_:
        words += f", from {show_duration(probe.from_)}"
    return words if probe.until is None else f"{words}, until {show_duration(probe.until)}"


def verdict_of(
    option: str, name: str, probe: Probe, replications: Sequence[Replication], level: float = 0.95
) -> Verdict:
    """Return the verdict of one option about one objective."""
    readings = [replication.readings[f"objectives.{name}"] for replication in replications]
    known = [reading for reading in readings if not math.isnan(reading.value)]
    broken = sum(reading.broken for reading in known)
    found = of_objective(replications, name, probe.metric, probe.of, level)
    word = _word(probe, found, known, level)
    return Verdict(
        option=option,
        objective=name,
        of=probe.of,
        metric=probe.metric,
        bound=bound_of(probe),
        unit=metric_unit(probe.metric),
        value=found.value,
        ci_low=found.low,
        ci_high=found.high,
        verdict=word,
        broken_share=broken / len(known) if known else math.nan,
        n=found.n,
        why=_why(probe, found, word, known),
    )


def _word(probe: Probe, found: Interval, known: Sequence[Reading], level: float) -> VerdictWord:
    if not known:
        return "undecided"
    if len(known) == 1:
        return "broken" if known[0].broken else "held"
    if any(math.isinf(reading.value) for reading in known):
        broken = exact_share(sum(reading.broken for reading in known), len(known), level)
        return "broken" if broken.low > TOLERATED else "undecided"
    if probe.holds(found.low) and probe.holds(found.high):
        return "held"
    if not math.isnan(found.low) and not (probe.holds(found.low) or probe.holds(found.high)):
        return "broken"
    return "undecided"


def _why(probe: Probe, found: Interval, word: VerdictWord, known: Sequence[Reading]) -> str:
    if not known:
        return "nothing to read: no call and no event that this objective is about"
    unit = metric_unit(probe.metric)
    runs = f"broken in {sum(reading.broken for reading in known)} of {len(known)} runs"
    never = sum(math.isinf(reading.value) for reading in known)
    if never:
        return f"never in {never} of {len(known)} runs; {runs}"
    if len(known) == 1:
        return f"{show(found.value, unit)} in the one run made: no interval"
    if found.method == "all alike":
        return f"{show(found.value, unit)} in each of {len(known)} runs"
    interval = show_interval(found.low, found.high, unit)
    how = {"held": "lies within", "broken": "lies beyond", "undecided": "contains"}[word]
    return f"{show(found.value, unit)}; the interval {interval} {how} the bound; {runs}"
