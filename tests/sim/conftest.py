"""Results made by hand: what pictures, tables and stories are tried on."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from sim.analysis.answers import Cause, Difference, Ranking, SummaryRow, Verdict
from sim.analysis.comparison import Comparison, OptionResult
from sim.analysis.replication import LATENCY_EDGES_S, FaultSpan, Replication, Series
from sim.policy.steps import FAILURES
from sim.record import Journal, RunInfo
from sim.record.journal import InMemory
from sim.record.rows import ATTEMPT, CALL, Event, Sample
from sim.spec.probes import Probe

DAY_S = 86400.0
NAN = float("nan")
PODS = [f"apps-{number}" for number in range(8)]


class Made(SimpleNamespace):
    """Answers made by hand, in the place of a comparison or simulation that would work them out."""

    to_json = Comparison.to_json


def made_replication(option: str, seed: int, failing: float, away_s: float) -> Replication:
    """Return a replication of three days in which a share of calls fails while a fault is on."""
    edges_s = np.linspace(0.0, 3 * DAY_S, 145)
    draws = np.random.default_rng([seed, len(option)])
    offered = np.full(144, 6.0)
    during = edges_s[:-1] < away_s
    failed = np.where(during, draws.binomial(6, failing, 144), 0).astype(float)
    unknown = np.where(during, draws.binomial(1, failing, 144), 0).clip(0, offered - failed).astype(float)
    ok = offered - failed - unknown
    series = Series(offered, ok, failed, unknown, offered * 2, ok)
    took_s = draws.lognormal(np.log(0.04 * (1 + 3 * failing)), 0.9, 5000)
    fault = FaultSpan("styx-kubelet", "kubelet_stop", "styx", 0.0, away_s, away_s < 3 * DAY_S)
    counts, _ = np.histogram(took_s, LATENCY_EDGES_S)
    return Replication(
        "k3s-audit", option, seed, "sim", 3 * DAY_S, {}, {}, {}, edges_s, {"client/bootstrapper": series},
        {"client/bootstrapper": counts.astype(np.int64)}, {}, (fault,), {}, (),
    )  # fmt: skip


def made_result(option: str, failing: float, away_s: float) -> OptionResult:
    """Return an option with five replications; the fault's length differs between them."""
    replications = tuple(made_replication(option, seed, failing, away_s * (1 - 0.1 * seed)) for seed in range(5))
    return OptionResult(option, f"What {option} does.", replications)


def made_verdict(
    option: str, objective: str, probe: Probe, value: float, low: float, high: float, word: Any
) -> Verdict:
    """Return a verdict about a made objective."""
    bound = "≥ 99.9%" if probe.at_least is not None else "≤ 5s"
    unit = "share" if probe.at_least is not None else "s"
    return Verdict(option, objective, probe.of, probe.metric, bound, unit, value, low, high, word, 0.5, 30, "")


OPTIONS = {  # how many calls fail while the fault is on, and how long that is
    "as-audited": (0.55, 3 * DAY_S),
    "p0": (0.5, 1.2 * DAY_S),
    "p0-client": (0.52, 3 * DAY_S),
    "p1-client": (0.02, DAY_S),
    "p1-alerts": (0.5, 0.2 * DAY_S),
    "p1": (0.01, 0.2 * DAY_S),
    "p2-ha-control-plane": (0.01, 0.2 * DAY_S),
    "p2-auto-recovery": (0.008, 0.01 * DAY_S),
    "all": (0.0, 0.01 * DAY_S),
}


def made_rows() -> tuple[SummaryRow, ...]:
    """Return two summary rows: one with everything, one with a recovery that never came."""
    ok = SummaryRow(
        "k3s-audit", "p0", "sim", "all", "client/bootstrapper", "call_ok_share", "share", 0.44, 0.2, 0.6, 30
    )
    return ok, replace(ok, metric="recovery_s", unit="s", value=float("inf"), ci_low=NAN, ci_high=float("inf"))


@pytest.fixture
def made_comparison() -> Any:
    """A comparison of nine options with three objectives: broken, undecided and held ones among them."""
    return comparison()


def comparison() -> Any:
    """Return what the fixture of nearly the same name gives."""
    objectives = {
        "answers": Probe(of="client/bootstrapper", metric="call_ok_share", at_least=0.999),
        "recovers": Probe(of="client/bootstrapper", metric="recovery_s", at_most=5.0),
        "capacity": Probe(of="cluster", metric="node_ready_share", at_least=0.999),
    }
    verdicts: list[Verdict] = []
    shares = (0.41, 0.44, 0.4102, 0.987, 0.45, 0.9935, 0.9935, 0.9991, 1.0)
    recoveries = (float("inf"), 240.0, float("inf"), 31.0, 180.0, 8.0, 8.0, 4.9, 0.0)
    for option, share, recovery_s in zip(OPTIONS, shares, recoveries, strict=True):
        low, high = share - (1 - share) * 0.4, min(share + (1 - share) * 0.3, 1.0)
        word = "broken" if high < 0.999 else "held" if low > 0.999 else "undecided"
        verdicts.append(made_verdict(option, "answers", objectives["answers"], share, low, high, word))
        word = "broken" if recovery_s > 6 else "undecided" if recovery_s > 4 else "held"
        low, high = recovery_s * 0.7, recovery_s * 1.4
        verdicts.append(made_verdict(option, "recovers", objectives["recovers"], recovery_s, low, high, word))
        verdicts.append(made_verdict(option, "capacity", objectives["capacity"], 0.667, 0.667, 0.667, "broken"))
    first = verdicts[0]
    differences = [
        Difference(
            "answers", "call_ok_share", "share", v.option, "as-audited", v.value - first.value, v.ci_low - first.value,
            v.ci_high - first.value, abs(v.value - first.value) < 0.01, 30,
        )
        for v in verdicts if v.objective == "answers" and v.option != "as-audited"
    ]  # fmt: skip
    ranking = Ranking(
        "answers", "call_ok_share", "share", "all", 0.001, ("p2-auto-recovery",), tuple(OPTIONS),
        "all is best, or within 0.10 % of the best, with 95 % confidence; p2-auto-recovery may be the best as well",
    )  # fmt: skip
    cause = Cause("as-audited", "answers", "route-flap", "unreachable", 700.0, 0.71, 200.0,
                  "71 % of failed calls ended in unreachable while fault route-flap was on, longest 3m20s")  # fmt: skip
    return Made(
        scenario="k3s-audit", why="What does each of the audit's remedies buy, if the same happens again?",
        results=tuple(made_result(option, *made) for option, made in OPTIONS.items()), objectives=objectives, steady={},
        not_modelled={"p2-mesh": "comes with the mesh"},
        assumptions={"attempts": "The audit counts 1195+ failed attempts and does not say over which period. " * 2},
        interrupted=False, note="30 replications, as the scenario says", verdicts=tuple(verdicts),
        differences=tuple(differences), rankings=(ranking,), causes=(cause,), rows=made_rows(),
        builds_on=steps_between(differences), steps=tuple(differences),
    )  # fmt: skip


def steps_between(differences: list[Difference]) -> tuple[tuple[str, str], ...]:
    """Return what each option of some differences builds on: here always what it was held against."""
    return tuple((row.option, row.against) for row in differences)


def event(t_s: float, kind: str, subject: str, /, **detail: Any) -> Event:
    """Return an event."""
    return Event(t_s, kind, subject, detail)


def events() -> list[Event]:
    """Return what happens when a node with eight pods is lost for twenty minutes, default timings."""
    start_s = -60.0
    told: list[Event] = []
    for number in range(24):
        pod, node = f"apps-{number}", ("styx", "tethys", "calypso")[number // 8]
        told += [
            event(start_s, kind, f"pod/{pod}", node=node, workload="apps")
            for kind in ("pod_created", "pod_scheduled", "pod_started", "pod_ready")
        ]
        told.append(event(start_s, "endpoint_ready", "service/apps", pod=pod))
    told.append(event(0.0, "fault_begin", "fault/styx-kubelet", kind="kubelet_stop", target="styx"))
    told.append(event(0.0, "kubelet_stopped", "node/styx", how="killed"))
    told.append(event(0.0, "fault_begin", "fault/route-flap", kind="flap", target="bootstrapper->label-studio"))
    told.append(event(47.6, "node_unknown", "node/styx", pass_s=47.6, probe_s=-2.4, n4=False))
    told.append(event(47.61, "taint_noschedule", "node/styx", taint="node.kubernetes.io/unreachable"))
    told += [event(47.7, "pod_not_ready", f"pod/{pod}", node="styx", workload="apps") for pod in PODS]
    told += [event(47.75, "endpoint_withdrawn", "service/apps", pod=pod) for pod in PODS]
    told.append(event(47.8, "taint_noexecute", "node/styx", taint="node.kubernetes.io/unreachable"))
    told += [event(347.8, "pod_deleting", f"pod/{pod}", node="styx", workload="apps") for pod in PODS]
    for at in range(len(PODS)):
        new = f"apps-{24 + at}"
        where = {"node": "tethys" if at % 2 else "calypso", "workload": "apps"}
        told += [
            event(347.9, "pod_created", f"pod/{new}", workload="apps"),
            event(347.9, "pod_scheduled", f"pod/{new}", **where),
        ]
        told += [
            event(349.0 + 0.1 * at, "pod_started", f"pod/{new}", **where),
            event(357.0 + at, "pod_ready", f"pod/{new}", **where),
        ]
        told.append(event(357.0 + at, "endpoint_ready", "service/apps", pod=new))
    told.append(event(1200.0, "noticed", "fault/styx-kubelet", by="person"))
    told.append(event(1500.0, "repaired", "fault/styx-kubelet", by="person"))
    told.append(event(1500.0, "kubelet_started", "node/styx", how="killed"))
    told.append(event(1500.0, "fault_end", "fault/styx-kubelet", kind="kubelet_stop", target="styx"))
    told.append(event(1500.6, "lease_renewed", "node/styx"))
    told.append(event(1501.1, "node_ready", "node/styx"))
    told.append(event(1501.1, "taint_gone", "node/styx", taint="NoSchedule"))
    told += [event(1505.0, "pod_gone", f"pod/{pod}", node="styx", workload="apps") for pod in PODS]
    return sorted(told, key=lambda each: each.t_s)


def journal(duration_s: float = 7200.0) -> Journal:
    """Return a journal with those events, and calls of two clients, one of them traced."""
    info = RunInfo(
        "node-lost", "What happens to the pods of a lost node?", "as-written", 7, "sim", duration_s, 60.0,
        clients=("users", "wget"), services=("apps",), endpoints=["apps-8", "apps-0"],
    )  # fmt: skip
    code = {reason: number for number, reason in enumerate(("ok", *FAILURES))}
    calls = np.array(
        [(10.0, 0.04, 5, 0, 0, 1, 0, 0), (60.0, 34.5, 6, 0, 0, 3, 0, 0), (100.0, 9.0, 0, 1, 0, 1, 2, code["timeout"])],
        dtype=CALL,
    )
    attempts = np.array(
        [
            (60.0, NAN, 30.0, 6, 0, 0, 1, 0, code["dial_timeout"]),
            (90.2, NAN, 0.001, 6, 0, 1, -1, 0, code["unreachable"]),
            (92.4, 1.002, 2.1, 6, 0, 2, 0, 0, code["ok"]),
        ],
        dtype=ATTEMPT,
    )
    samples = [Sample(-60.0, "node_ready", f"node/{node}", 1.0) for node in ("tethys", "styx", "calypso")]
    return Journal(info, InMemory(calls, attempts, events(), samples), {})


@pytest.fixture
def made_journal() -> Journal:
    """A run in which node styx was lost for twenty-five minutes."""
    return journal()
