"""Probes of the cluster, read from what the observer knows: as old as the cluster's last word, unknown when too old.

Read at a moment, as recovery reads gauges (`sim.analysis.recovery.gauge_signs`): a share is out of its bound as soon as
it is below it, whatever its average.
"""

from __future__ import annotations

from collections.abc import Callable

from chaos.observer.facts import Fact, Facts
from chaos.probes.reading import Reading, known, unknown
from sim.spec.probes import Probe

__all__ = ["FactsNow", "FactsProbe", "fact_of"]

FactsNow = Callable[[], Facts]

_OF_CLUSTER: dict[str, Callable[[Facts], Fact]] = {
    "control_plane_up_share": lambda facts: facts.control_plane_up_share,
    "node_ready_share": lambda facts: facts.node_ready_share,
    "capacity_ready_share": lambda facts: facts.capacity_ready_share,
    "workloads_available_share": lambda facts: facts.workloads_available_share,
    "pods_terminating": lambda facts: facts.pods_terminating,
}


def fact_of(facts: Facts, subject: str, metric: str) -> Fact | None:
    """Return the fact that a probe asks for; None if observers know no such thing of that subject."""
    kind, _, name = subject.partition("/")
    if metric == "pods_ready_share":
        return facts.pods_ready_share.get(subject)
    if kind == "cluster":
        return _OF_CLUSTER[metric](facts) if metric in _OF_CLUSTER else None
    if (kind, metric) == ("service", "endpoints_ready"):
        return facts.pods_ready.get(name)
    return facts.nodes.get(name) if (kind, metric) == ("node", "node_ready_share") else None


class FactsProbe:
    """Reads one probe from the observer's facts."""

    def __init__(self, probe: Probe, facts: FactsNow) -> None:
        self._probe, self._facts = probe, facts

    def read(self, now_s: float) -> Reading:
        """Return the last confirmed value; unknown if nobody confirmed it for too long."""
        facts, probe = self._facts(), self._probe
        fact = fact_of(facts, probe.of, probe.metric)
        if fact is None:
            return unknown(f"{probe.metric} of {probe.of} is not observed while a run goes on", now_s)
        if fact.value is None:
            return unknown(_old(probe, fact.age_s), now_s)
        return known(fact.value, facts.at_s - fact.age_s, holds=probe.holds(fact.value))


def _old(probe: Probe, age_s: float) -> str:
    if age_s == float("inf"):
        return f"the cluster has not told {probe.metric} of {probe.of} yet"
    return f"the cluster last confirmed {probe.metric} of {probe.of} {age_s:.1f} s ago"
