"""From a journal of any size to a small value: every metric of every subject and phase, and what pictures need."""

from __future__ import annotations

import math

from sim.analysis.blame import outages
from sim.analysis.breakers import blamed
from sim.analysis.gauges import GAUGES, LOWEST, ON_DEMAND
from sim.analysis.probing import read, read_steady
from sim.analysis.replication import Key, Replication
from sim.analysis.series import edges_s, latency_counts, series_of
from sim.analysis.spans import ALL, Periods, phases
from sim.analysis.view import View
from sim.record import Journal

__all__ = ["reduce"]

DELAYS = ("node_unknown_s", "noticed_s", "failover_s")


def reduce(journal: Journal) -> Replication:
    """Return the replication of a run. Only t ≥ 0 counts; calls in flight at the end are no rows and don't."""
    view, info = View(journal), journal.info
    periods_of = phases(view.spans, view.end_s)
    values: dict[Key, float] = {}
    ratios: dict[Key, tuple[float, float]] = {}
    for phase, periods in periods_of.items():
        _call_values(view, phase, periods, values, ratios)
        _cluster_values(view, phase, periods, values)
    _run_values(view, values, ratios)
    edges, run = edges_s(view.end_s), periods_of[ALL]
    return Replication(
        scenario=info.scenario,
        option=info.option,
        seed=info.seed,
        source=info.source,
        duration_s=info.duration_s,
        values={key: value for key, value in values.items() if not math.isnan(value)},
        ratios=ratios,
        readings={f"objectives.{name}": read(view, probe) for name, probe in view.objectives.items()}
        | {f"steady.{name}": read_steady(view, probe) for name, probe in view.steady.items()},
        edges_s=edges,
        series={
            name: series_of(
                view.traffic.within(name, run),
                view.traffic.offered_s(name, run),
                view.traffic.answered_s(name, run),
                edges,
            )
            for name in view.traffic.clients
        },
        latency={name: latency_counts(view.traffic.within(name, run)) for name in view.traffic.clients},
        gauges=view.gauges,
        faults=view.spans,
        blames={name: blamed(view, probe) for name, probe in view.objectives.items()},
        outages=tuple(outages(view.gauges, view.spans, view.end_s)),
        allowed={subject: view.allowed(subject) for subject in view.traffic.subjects},
    )


def _call_values(
    view: View, phase: str, periods: Periods, values: dict[Key, float], ratios: dict[Key, tuple[float, float]]
) -> None:
    for subject in view.traffic.subjects:
        if not len(view.traffic.of(subject)):
            continue
        found = view.call_values(subject, periods) | {"budget_spent_share": view.budget_spent(subject, periods)}
        values |= {(phase, subject, metric): value for metric, value in found.items()}
        ratios |= {(phase, subject, metric): pair for metric, pair in view.ratios(subject, periods).items()}


def _cluster_values(view: View, phase: str, periods: Periods, values: dict[Key, float]) -> None:
    nodes = [subject for metric, subject in view.gauges if metric == "node_ready"]
    services = [subject for metric, subject in view.gauges if metric == "pods_ready"]
    of_kind = {"node": nodes, "service": services, "cluster": ["cluster"]}
    for (kind, metric), sampled in GAUGES.items():
        for subject in of_kind[kind]:
            if (sampled, subject) in view.gauges or sampled not in ON_DEMAND:
                highest = metric not in LOWEST
                values[phase, subject, metric] = view.gauge_value(subject, metric, periods, highest=highest)
    for subject in [*services, "cluster"]:
        values[phase, subject, "pod_unavailable_s"] = view.pod_unavailable_s(subject, periods)
    for metric in DELAYS:
        for subject in [*nodes, *services, "cluster"]:
            values[phase, subject, metric] = view.delay(subject, metric, periods)


def _run_values(view: View, values: dict[Key, float], ratios: dict[Key, tuple[float, float]]) -> None:
    """Fill in what is of the run as a whole, or of one fault."""
    subjects = [probe.of for probe in (*view.steady.values(), *view.objectives.values())]
    for subject in dict.fromkeys([*subjects, "cluster"]):
        values[ALL, subject, "collapsed_share"] = view.collapsed(subject)
        _recovery_values(view, subject, values)
    for subject in [*(f"service/{name}" for name in view.info.services), "cluster"]:
        if (pair := view.wasted(subject)) is not None:
            ratios[ALL, subject, "wasted_work_share"] = pair
            values[ALL, subject, "wasted_work_share"] = pair[0] / pair[1]
    cost = view.journal.totals.get("cluster", {}).get("cost_per_hour", float("nan"))
    values[ALL, "cluster", "cost_per_hour"] = cost


def _recovery_values(view: View, subject: str, values: dict[Key, float]) -> None:
    for fault in [None, *dict.fromkeys(span.name for span in view.spans)]:
        phase = ALL if fault is None else f"fault:{fault}"
        from_end, from_start = view.recovery(subject, fault)
        values[phase, subject, "recovery_s"] = from_end
        values[phase, subject, "recovery_from_start_s"] = from_start
