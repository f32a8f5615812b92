"""One run as metrics ask for it: by subject (`client/NAME`, `service/NAME`, `node/NAME`, `cluster`) and periods."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from sim.analysis.calls import OK, Rows, call_metrics, call_ratios
from sim.analysis.detection import Delay, failover_delays, noticed_delays, service_failovers, unknown_delays
from sim.analysis.gauges import GAUGES, gauges, integral, mean, worst
from sim.analysis.recovery import Signs, call_signs, gauge_signs, recoveries, since, worst_recovery
from sim.analysis.replication import FaultSpan, Gauge
from sim.analysis.spans import Periods, fault_spans, inside
from sim.analysis.traffic import Traffic
from sim.record import Journal
from sim.spec.probes import Probe

__all__ = ["DEFAULT_TARGET", "View"]

DEFAULT_TARGET = 0.999  # of an error budget whose subject has no call_ok_share objective; source: issue 5, "99.9 %"


class View:
    """A run from t = 0 on: `traffic` holds its calls; `info`, `spans`, `gauges`, `delays` what else there is."""

    def __init__(self, journal: Journal) -> None:
        self.journal, self.info = journal, journal.info
        self.end_s: float = journal.info.duration_s
        self.traffic = Traffic(journal)

    @cached_property
    def spans(self) -> tuple[FaultSpan, ...]:
        """Return when faults were on."""
        return fault_spans(self.journal.events, self.end_s)

    @cached_property
    def gauges(self) -> dict[tuple[str, str], Gauge]:
        """Return the sampled gauges by (metric, subject)."""
        return gauges(self.journal.samples, self.end_s)

    @cached_property
    def steady(self) -> dict[str, Probe]:
        """Return the probes of the steady state."""
        return {name: Probe.model_validate(value) for name, value in self.info.steady.items()}

    @cached_property
    def objectives(self) -> dict[str, Probe]:
        """Return the objectives."""
        return {name: Probe.model_validate(value) for name, value in self.info.objectives.items()}

    def call_values(self, subject: str, periods: Periods) -> dict[str, float]:
        """Return the call metrics of a subject."""
        traffic = self.traffic
        calls, offered = traffic.within(subject, periods), traffic.offered_s(subject, periods)
        return call_metrics(calls, offered, len(traffic.answered_s(subject, periods)), periods)

    def ratios(self, subject: str, periods: Periods) -> dict[str, tuple[float, float]]:
        """Return (top, bottom) of the metrics that are ratios of sums."""
        calls = self.traffic.within(subject, periods)
        return call_ratios(calls) if len(calls) else {}

    def bad_calls(self, probe: Probe, periods: Periods) -> tuple[Rows, NDArray[np.bool_]]:
        """Return the subject's calls and which are bad for a probe: too slow for its times, failing for others."""
        calls = self.traffic.within(probe.of, periods)
        signs = call_signs(calls, probe)
        return calls, calls["outcome"] != OK if signs is None else signs.weights > 0

    def wasted(self, subject: str) -> tuple[float, float] | None:
        """Return (wasted, all) seconds of work of a service, or of all for `cluster`; None without work."""
        totals = self.journal.totals
        names = [name for name in totals if name.startswith("service/")] if subject == "cluster" else [subject]
        pairs = [
            (totals[name].get("wasted_s", 0.0), totals[name].get("busy_s", 0.0)) for name in names if name in totals
        ]
        wasted, busy = (sum(column) for column in zip(*pairs, strict=True)) if pairs else (0.0, 0.0)
        return (wasted, busy) if busy > 0 else None

    def gauge_value(self, subject: str, metric: str, periods: Periods, *, highest: bool = True) -> float:
        """Return a gauge's time average (shares), or its highest or lowest value (counts); NaN if not sampled."""
        gauge = self.gauges.get((GAUGES.get((subject.partition("/")[0], metric), ""), subject))
        if gauge is None:
            return float("nan")
        return mean(gauge, periods) if metric.endswith("_share") else worst(gauge, periods, highest=highest)

    def allowed(self, subject: str) -> float:
        """Return the failing share that a subject's call_ok_share objective allows; without one, of 99.9 %."""
        targets = [p.at_least for p in self.objectives.values() if p.of == subject and p.metric == "call_ok_share"]
        return 1.0 - next((target for target in targets if target is not None), DEFAULT_TARGET)

    def budget_spent(self, subject: str, periods: Periods) -> float:
        """Return the failing share over the allowed one; NaN without calls. Nothing allowed: 0 or infinity."""
        ok, count = self.ratios(subject, periods).get("call_ok_share", (0.0, 0.0))
        if not count:
            return float("nan")
        failing, allowed = 1.0 - ok / count, self.allowed(subject)
        return failing / allowed if allowed > 0 else (float("inf") if failing > 0 else 0.0)

    def pod_unavailable_s(self, subject: str, periods: Periods) -> float:
        """Return pod-seconds by which ready endpoints fell short of those at the plan's beginning; NaN if not sampled.

        `cluster`: of all services together. More than at the beginning does not make up for less.
        """
        mine = {
            key: gauge
            for key, gauge in self.gauges.items()
            if key[0] == "pods_ready" and subject in (key[1], "cluster")
        }
        missing = [Gauge(g.times_s, np.clip(g.values[0] - g.values, 0.0, None)) for g in mine.values()]
        return sum(integral(gauge, periods) for gauge in missing) if missing else float("nan")

    @cached_property
    def delays(self) -> dict[str, list[Delay]]:
        """Return node_unknown_s, noticed_s and failover_s, occurrence by occurrence."""
        events, spans = self.journal.events, self.spans
        ready = [(subject, gauge) for (metric, subject), gauge in self.gauges.items() if metric == "pods_ready"]
        failovers = failover_delays(events)
        for subject, gauge in ready:
            failovers += service_failovers(subject, gauge, spans)
        return {
            "node_unknown_s": unknown_delays(events, spans),
            "noticed_s": noticed_delays(events, spans),
            "failover_s": failovers,
        }

    def delay(self, subject: str, metric: str, periods: Periods) -> float:
        """Return the mean delay of what began within the periods; NaN where nothing did.

        `cluster`: of all nodes for node_unknown_s and noticed_s, of leaders alone for failover_s.
        """
        everyone = subject == "cluster" and metric != "failover_s"
        mine = [d for d in self.delays[metric] if everyone or d.subject == subject]
        within = inside(np.array([max(d.begin_s, 0.0) for d in mine], float), periods)
        took = [d.took_s for d, counts in zip(mine, within, strict=True) if counts]
        return float(np.mean(took)) if took else float("nan")

    def signs(self, subject: str) -> list[Signs]:
        """Return the steady state as signs: the probes on that subject, or all of them where none is."""
        probes = [p for p in self.steady.values() if p.of == subject] or list(self.steady.values())
        found = [self._sign(probe) for probe in probes]
        return [sign for sign in found if sign is not None]

    def _sign(self, probe: Probe) -> Signs | None:
        if probe.metric.startswith(("call_", "attempts_per_call")):
            return call_signs(self.traffic.of(probe.of), probe)
        gauge = self.gauges.get((GAUGES.get((probe.of.partition("/")[0], probe.metric), ""), probe.of))
        return gauge_signs(gauge, probe, self.end_s) if gauge is not None else None

    def recovery(self, subject: str, fault: str | None = None) -> tuple[float, float]:
        """Return (recovery_s, recovery_from_start_s): the longest over all faults, or over one fault's occurrences.

        (NaN, NaN) where the scenario names no steady state that the journal can show, or there was no fault.
        """
        signs = self.signs(subject)
        spans = [span for span in self.spans if fault in (None, span.name)]
        if not signs or not spans:
            return float("nan"), float("nan")
        found = [row for row in recoveries(signs, self.spans, self.end_s) if row[0] in spans]
        return worst_recovery(row[1] for row in found), worst_recovery(row[2] for row in found)

    def collapsed(self, subject: str) -> float:
        """Return 1 if the steady state never came back, 0 if it did; NaN without a steady state.

        Judged at the run's end, whatever the faults: bad in the last window, or nothing shows the contrary.
        """
        signs = self.signs(subject)
        if not signs:
            return float("nan")
        return float(np.isinf(since(signs, 0.0, self.end_s)))
