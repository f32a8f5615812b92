"""What broke an objective, in words: during which fault, by which mechanism, how much, how long."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from sim.analysis.answers import Cause, Verdict
from sim.analysis.replication import Blame, Outage, Replication
from sim.quantities import show_duration
from sim.spec.probes import RECOVERIES, Probe

__all__ = ["causes_of"]

K = TypeVar("K")
MOST = 5  # causes named for one objective; further ones are under a few per cent

# an objective's metric and the gauges whose outages explain it
_GAUGES: dict[str, str] = {
    "node_ready_share": "node_ready",
    "capacity_ready_share": "node_ready",
    "control_plane_up_share": "control_plane_up_share",
    "pods_ready_share": "pods_ready_share",
    "workloads_available_share": "workloads_available_share",
    "endpoints_ready": "pods_ready",
    "pods_terminating": "pods_terminating",
    "pod_unavailable_s": "pods_ready",
}
_WORDS: dict[str, str] = {
    "node_ready": "{who} was not Ready",
    "control_plane_up_share": "the control plane did not answer or could not write",
    "pods_terminating": "up to {peak} pods were in Terminating",
    "pods_ready_share": "a share of up to {peak} of the pods that {who} wants was not ready",
    "workloads_available_share": "a share of up to {peak} of the workloads lacked a pod",
    "pods_ready": "{who} missed up to {peak} of its ready endpoints",
}
_WHOLE = ("pods_ready_share",)  # sampled of the cluster itself: the services' own are no parts of it
_DELAYS: dict[str, str] = {
    "node_unknown_s": "the control plane misses a lost node only after its grace period",
    "noticed_s": "nobody noticed earlier",
    "failover_s": "nobody had taken over earlier",
    "cost_per_hour": "the nodes cost that much",
    "wasted_work_share": "services worked for callers that had gone",
}


@dataclass(slots=True)
class _Sum:
    amount: float = 0.0
    longest_s: float = 0.0
    peak: float = 0.0
    runs: int = 0

    def add(self, amount: float, longest_s: float, peak: float = 0.0) -> None:
        self.amount += amount
        self.longest_s = max(self.longest_s, longest_s)
        self.peak = max(self.peak, peak)
        self.runs += 1


def causes_of(verdict: Verdict, probe: Probe, replications: Sequence[Replication]) -> list[Cause]:
    """Return what broke an objective in any replication; nothing where none was broken.

    The most frequent mechanism comes first, with its greatest part; then the others.
    """
    if not verdict.broken_share > 0:
        return []
    if probe.metric in _GAUGES:
        return _of_gauges(verdict, probe, replications)
    if any(replication.blames.get(verdict.objective) for replication in replications):
        return _of_calls(verdict, probe, replications)
    faults = dict.fromkeys(span.name for replication in replications for span in replication.faults)
    words = _DELAYS.get(probe.metric, "the steady state did not come back in time")
    return [_cause(verdict, " + ".join(faults), probe.metric, 0.0, 1.0, 0.0, f"{verdict.why}: {words}")]


def _of_calls(verdict: Verdict, probe: Probe, replications: Sequence[Replication]) -> list[Cause]:
    sums: dict[tuple[tuple[str, ...], str], _Sum] = {}
    for replication in replications:
        for blame in _told(replication.blames[verdict.objective], probe):
            sums.setdefault((blame.faults, blame.reason), _Sum()).add(blame.calls, blame.longest_s)
    total, n = sum(found.amount for found in sums.values()), len(replications)
    of_reason: dict[str, float] = {}
    for (_, reason), found in sums.items():
        of_reason[reason] = of_reason.get(reason, 0.0) + found.amount
    causes = []
    for (faults, reason), found in sorted(_greatest(sums.items()), key=lambda item: -of_reason[item[0][1]]):
        share, calls = found.amount / total, found.amount / n
        text = f"{_part(share)} bad calls ({_count(calls)} a run) ended in {reason} {_when(probe, faults, found)}"
        causes.append(_cause(verdict, " + ".join(faults), reason, calls, share, found.longest_s, text))
    return causes


def _of_gauges(verdict: Verdict, probe: Probe, replications: Sequence[Replication]) -> list[Cause]:
    sums: dict[tuple[str, tuple[str, ...]], _Sum] = {}
    gauge = _GAUGES[probe.metric]
    for outage in (outage for replication in replications for outage in replication.outages):
        if _explains(outage, gauge, probe):
            sums.setdefault((outage.subject, outage.faults), _Sum()).add(outage.lost, outage.longest_s, outage.peak)
    total, n = sum(found.amount for found in sums.values()), len(replications)
    causes = []
    for (subject, faults), found in _greatest(sums.items()):
        share = found.amount / total if total else math.nan
        words = _WORDS[gauge].format(who=subject, peak=f"{found.peak:.3g}")
        part = "" if share == 1 else f"{share * 100:.0f} % of it: "
        text = (
            f"{part}{words} for up to {show_duration(found.longest_s)} at a time, beginning {_while(faults)}, "
            f"in {'every run' if found.runs == n else f'{found.runs} of {n} runs'}"
        )
        causes.append(_cause(verdict, " + ".join(faults), f"{subject} {gauge}", 0.0, share, found.longest_s, text))
    return causes


def _told(blames: Sequence[Blame], probe: Probe) -> Sequence[Blame]:
    """Return those to tell of: a recovery is as long as that from one fault, and its calls count for that one only."""
    if probe.metric not in RECOVERIES or not blames:
        return blames
    worst = max(blames, key=lambda blame: blame.longest_s)
    return [blame for blame in blames if blame.faults == worst.faults]


def _explains(outage: Outage, gauge: str, probe: Probe) -> bool:
    parts = probe.of == "cluster" and gauge not in _WHOLE
    return outage.metric == gauge and (parts or probe.of == outage.subject)


def _greatest(sums: Iterable[tuple[K, _Sum]]) -> list[tuple[K, _Sum]]:
    return sorted(sums, key=lambda item: item[1].amount, reverse=True)[:MOST]


def _while(faults: Sequence[str]) -> str:
    if not faults:
        return "while no fault was on"
    return f"while {' and '.join(faults)} {'was' if len(faults) == 1 else 'were'} on"


def _when(probe: Probe, faults: Sequence[str], found: _Sum) -> str:
    lasted = show_duration(found.longest_s)
    if probe.metric not in RECOVERIES:
        return f"{_while(faults)}; the longest stretch lasted {lasted}"
    since = "ended" if probe.metric == "recovery_s" else "begun"
    return f"after {' and '.join(faults)} had {since}, the last of them up to {lasted} later"


def _part(share: float) -> str:
    return "all" if share == 1 else f"{min(share * 100, 99):.0f} % of the"


def _count(calls: float) -> str:
    return f"{calls:,.0f}" if calls >= 100 else f"{calls:.3g}"


def _cause(
    verdict: Verdict, fault: str, mechanism: str, calls: float, share: float, longest_s: float, text: str
) -> Cause:  # seven fields that differ, two that come from the verdict
    return Cause(verdict.option, verdict.objective, fault, mechanism, calls, share, longest_s, text)
