"""Holds the simulated cluster against the measured one: prints the table of `docs/reality.md`.

`python -m benchmarks.lab_coverage LAB_TIMELINES_JSON > docs/reality.md` reads the measured rows (their form:
`tests/data/README.md`), simulates each fault many times with random phases, and sets the measured minimum, median and
maximum beside the simulated 1 %, 50 % and 99 % quantiles.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import lab_clients
from sim.model.clock import Clock
from sim.model.cluster import ClusterModel, Phases
from sim.plan.plan import Plan
from sim.record.rows import Event
from sim.spec.scenario import Scenario

__all__ = ["Lab", "lab", "main", "table"]

RUNS = 400
QUIET_S = 300.0  # before each simulated fault


@dataclass
class Lab:
    """One simulated lab cluster: a recorder that keeps its events, a network without faults, no traffic."""

    clock: Clock
    events: list[Event] = field(default_factory=list)
    cluster: ClusterModel = field(init=False)

    def event(self, t_s: float, kind: str, subject: str, detail: Any = None, planned_s: float | None = None) -> None:
        self.events.append(Event(t_s, kind, subject, detail or {}, planned_s))

    def sample(self, t_s: float, metric: str, subject: str, value: float) -> None:
        pass

    def reachable(self, src: str, dst: str) -> bool:  # noqa: ARG002  (a network without faults)
        return True

    def set_host(self, node: str, state: str) -> None:
        pass

    def watch(self, fn: Callable[[str], None]) -> None:
        pass

    def container_started(self, endpoint: Any) -> None:
        endpoint.server = self

    def container_stopped(self, endpoint: Any, how: str) -> None:  # noqa: ARG002  (nobody listens)
        endpoint.server = None

    def first(self, kind: str, subject: str = "", after_s: float = -1e9) -> float | None:
        return next(
            (e.t_s for e in self.events if e.kind == kind and e.subject.startswith(subject) and e.t_s >= after_s), None
        )

    def times(self, kind: str, subject: str = "", after_s: float = -1e9) -> list[float]:
        return [e.t_s for e in self.events if e.kind == kind and e.subject.startswith(subject) and e.t_s >= after_s]


def scenario(timings: str) -> Scenario:
    """Return the lab: three nodes, a control plane beside them, six pods probed each 2 s behind one ClusterIP."""
    return Scenario.model_validate(
        {
            "version": 1,
            "name": "lab",
            "why": "the measured cluster",
            "run": {"duration": 2000},
            "cluster": {
                "preset": f"lab-{timings}",
                "control_plane": {"servers": ["control"], "datastore": "etcd"},
                "nodes": {"n1": {}, "n2": {}, "n3": {}, "control": {"cordoned": True}},
            },
            "workloads": {
                "web": {
                    "replicas": 6,
                    "readiness": {"period": 2},
                    "starts_in": {"lognormal": {"p50": 1.7, "p99": 5.6}},  # what its pods took, on a busy machine
                    "stops_in": {"lognormal": {"p50": 0.95, "p99": 2.0}},
                }
            },
            "services": {"web": {"of": "web"}},
        }
    )


def lab(timings: str, seed: int, phases: Phases | None = None, start_s: float = -QUIET_S) -> Lab:
    """Build and start one simulated lab cluster."""
    it = Lab(Clock(initial_time=start_s))
    it.cluster = ClusterModel(it.clock, Plan(scenario(timings), "lab", seed), it, it, it, phases=phases)
    it.cluster.start()
    it.clock.advance(-1e-9)
    it.events.clear()
    return it


HOW = {"link": "cut", "kubelet-kill": "killed", "kubelet-stop": "stopped"}
LOSS = {"node-cut": "cut", "node-kill": "killed"}
Numbers = dict[str, list[float]]


def simulate(fault: str, timings: str, seed: int, undo_s: float) -> Numbers:
    """Return what one simulated fault at t = 0, undone at `undo_s`, did; names as in `measured`."""
    it = lab(timings, seed)
    cluster = it.cluster
    if fault in HOW:
        cluster.stop_kubelet("n3", HOW[fault])  # type: ignore[arg-type]
        it.clock.at(undo_s, lambda _: cluster.start_kubelet("n3", HOW[fault]))  # type: ignore[arg-type]
    else:
        cluster.lose_node("n3", LOSS[fault])  # type: ignore[arg-type]
        it.clock.at(undo_s, lambda _: cluster.return_node("n3", LOSS[fault]))  # type: ignore[arg-type]
    it.clock.advance(undo_s + 200.0)
    unknown = it.first("node_unknown", "node/n3")
    if unknown is None or unknown > undo_s:
        return {}
    taint = it.first("taint_noexecute", "node/n3")
    ready = it.first("node_ready", "node/n3", undo_s)
    gone = [e.t_s for e in it.events if e.kind == "taint_gone" and "NoExecute" in e.detail["taint"]]
    deleting = it.times("pod_deleting")
    created = [t for t in it.times("pod_created") if t < undo_s]
    added = it.times("endpoint_ready", after_s=min(created, default=unknown))
    found: Numbers = {
        "Unknown": [unknown],
        "NoExecute taint after Unknown": _minus([taint], unknown),
        "last endpoint not ready after Unknown": _minus(it.times("endpoint_withdrawn")[1:2], unknown),
        "deletion after taint": _minus(deleting[:1], taint),
        "created → in endpoints": [b - a for a, b in zip(created, added, strict=False)] if deleting else [],
        "lease after undo": _minus([it.first("lease_renewed", "node/n3", undo_s)], undo_s),
        "Ready after undo": _minus([ready], undo_s),
        "NoExecute gone after Ready": _minus(gone[:1], ready),
        "stuck pods gone after undo": _minus(it.times("pod_gone", after_s=undo_s)[:2] if deleting else [], undo_s),
    }
    return found


def _minus(times: Iterable[float | None], since: float | None) -> list[float]:
    return [t - since for t in times if t is not None and since is not None]


def measured(row: dict[str, Any]) -> Numbers:
    """Return the same numbers of a measured row."""
    t = row["times"]
    undo, unknown, taint, ready = t["undo"], t["node_unknown"], t["taint_noexecute"], t["node_ready"]
    return {
        "Unknown": _minus([unknown], 0.0),
        "NoExecute taint after Unknown": _minus([taint], unknown),
        "last endpoint not ready after Unknown": _minus([max(t["endpoint_not_ready"])], unknown),
        "deletion after taint": _minus([min((x for x in t["pods_deleting"] if x), default=None)], taint),
        "created → in endpoints": [
            b - a for a, b in zip(t["new_created"], t["new_endpoint_ready"], strict=True) if a and b
        ],
        "lease after undo": _minus([t["lease_renewed"]], undo),
        "Ready after undo": _minus([ready], undo),
        "NoExecute gone after Ready": _minus([t["taint_noexecute_gone"]], ready),
        "stuck pods gone after undo": _minus(t["old_pods_gone"], undo),
    }


CONTROL = (
    "controller-manager's lease lost",
    "scheduler's lease lost",
    "writes work after undo",
    "new controller-manager leads, after writes work",
    "new scheduler leads, after writes work",
    "delete → stopped, per node",
    "all replacements ready after writes work",
)


def simulate_control(fault: str, how: str, seed: int, undo_s: float) -> Numbers:
    """Return what a dead API server or datastore did; a pod of each node is deleted once writes work again."""
    it = lab("fast", seed)
    cluster = it.cluster
    if fault == "api-kill":
        cluster.stop_apiserver("all", how)  # type: ignore[arg-type]
        it.clock.at(undo_s, lambda _: cluster.start_apiserver("all"))
    else:
        cluster.stop_member("control")
        it.clock.at(undo_s, lambda _: cluster.start_member("control"))
    cluster.kill_pods("web", 3)  # a write: it waits for the first moment at which writes work
    it.clock.advance(undo_s + 300.0)
    works = it.times("pod_deleting")[0]
    led = {e.detail["controller"]: e.t_s for e in it.events if e.kind == "leader_elected"}
    lost = {e.detail["controller"]: e.t_s for e in it.events if e.kind == "leader_lost"}
    return {
        CONTROL[0]: _minus([lost.get("controller")], 0.0),
        CONTROL[1]: _minus([lost.get("scheduler")], 0.0),
        CONTROL[2]: [works - undo_s],
        CONTROL[3]: _minus([led.get("controller")], works),
        CONTROL[4]: _minus([led.get("scheduler")], works),
        CONTROL[5]: _minus(it.times("pod_stopped"), works),
        CONTROL[6]: _minus([max(it.times("pod_ready", after_s=works), default=None)], works),
    }


def measured_control(row: dict[str, Any]) -> Numbers:
    """Return the same numbers of a measured row."""
    plane, undo = row["control_plane"], row["times"]["undo"]
    works = plane["writes_ok_again"]
    exits, leads = plane["exits"], plane["leader_changes"]
    return {
        CONTROL[0]: exits["kcm"][:1],
        CONTROL[1]: exits["sched"][:1],
        CONTROL[2]: [works - undo],
        CONTROL[3]: _minus(leads["kcm"][:1], works),
        CONTROL[4]: _minus(leads["sched"][:1], works) if undo > 15 else [],
        CONTROL[5]: list(plane["pod_stopped_after_delete"].values()),
        CONTROL[6]: [plane["last_replacement_ready"] - works],
    }


def pooled(many: Iterable[Numbers]) -> Numbers:
    """Put the numbers of many runs together."""
    together: Numbers = {}
    for numbers in many:
        for name, values in numbers.items():
            together.setdefault(name, []).extend(values)
    return together


def table(title: str, real: Numbers, simulated: Numbers, runs: int) -> list[str]:
    """Return one markdown table: one row per step, its measured and simulated spread in seconds, is it covered."""
    lines = [
        f"### {title} ({runs} measured)",
        "",
        "| step [s] | n | measured min / median / max | simulated p1 / p50 / p99 | covered |",
        "|---|---|---|---|---|",
    ]
    for name, values in real.items():
        drawn = sorted(simulated.get(name, []))
        if not values or not drawn:
            continue
        low, mid, high = (drawn[min(int(q * len(drawn)), len(drawn) - 1)] for q in (0.01, 0.5, 0.99))
        outside = sum(not low - 0.03 <= value <= high + 0.03 for value in values)
        verdict = "yes" if not outside else f"{len(values) - outside} of {len(values)}"
        spread = f"{min(values):.2f} / {median(values):.2f} / {max(values):.2f}"
        lines.append(f"| {name} | {len(values)} | {spread} | {low:.2f} / {mid:.2f} / {high:.2f} | {verdict} |")
    return [*lines, ""]


def groups(rows: list[dict[str, Any]]) -> dict[tuple[str, str, str], list[dict[str, Any]]]:
    """Return the measured rows by (timings, fault, length of the outage), those of one kind together."""
    found: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for row in rows:
        if row["fault"] in HOW or row["fault"] in LOSS:
            undo = row["times"]["undo"]
            length = (
                f"out about {10 * round(undo / 10)} s" if row["timings"] == "default" or undo > 45 else "out 24–36 s"
            )
            found.setdefault((row["timings"], row["fault"], length), []).append(row)
    return found


def main(path: str) -> None:
    """Print the whole document."""
    rows = json.loads(Path(path).read_text(encoding="utf-8"))["rows"]
    out: list[str] = [PREFACE]
    for (timings, fault, length), group in sorted(groups(rows).items()):
        undos = [row["times"]["undo"] for row in group]
        drawn = pooled(simulate(fault, timings, seed, undos[seed % len(undos)]) for seed in range(RUNS))
        out += table(f"{timings}: {fault}, {length}", pooled(map(measured, group)), drawn, len(group))
    for title, fault, how, pick in CONTROL_GROUPS:
        group = [row for row in rows if row["fault"] == fault and pick(row)]
        undos = [row["times"]["undo"] for row in group]
        drawn = pooled(simulate_control(fault, how, seed, undos[seed % len(undos)]) for seed in range(RUNS))
        out += table(title, pooled(map(measured_control, group)), drawn, len(group))
    out += lab_clients.tables(Path(path).with_name("lab-clients.json"))
    print("\n".join(out))


CONTROL_GROUPS: tuple[tuple[str, str, str, Callable[[dict[str, Any]], bool]], ...] = (
    (
        "API server killed for 60 s, refused",
        "api-kill",
        "refused",
        lambda r: not r["nodes_through_proxy"] and r["hold"] == 60,
    ),
    (
        "API server killed for 20 s, refused",
        "api-kill",
        "refused",
        lambda r: not r["nodes_through_proxy"] and r["hold"] == 20,
    ),
    (
        "API server killed for 60 s, all behind enabled proxies",
        "api-kill",
        "eof",
        lambda r: r["nodes_through_proxy"] and r["control_plane_through_proxy"],
    ),
    ("etcd stopped for 10 s", "etcd-stop", "stall", lambda r: r["hold"] == 10),
    ("etcd stopped for 30 s", "etcd-stop", "stall", lambda r: r["hold"] == 30),
)


PREFACE = """# The simulated cluster against a measured one

Printed by `python -m benchmarks.lab_coverage tests/data/lab-timelines.json > docs/reality.md`; the measured rows and
their fields: `tests/data/README.md`. Kubernetes 1.34.4, three nodes, six pods probed each 2 s behind one ClusterIP.
`fast`: status 2 s, lease renewed each 2.5 s, grace 12 s, toleration 5 s; `default`: Kubernetes' own.

**Given a row's phases** (last heartbeats, monitor passes) the model names the very pass that set Unknown, N4 included,
in all 35 rows that hold them (`tests/theory/test_lab_rows.py`). **Given random phases**, the tables below set the
measured minimum, median and maximum beside the simulated 1 %, 50 % and 99 % quantiles of 400 runs. "covered": every
measured value lies within the simulated 1 % to 99 % (± 0.03 s); else how many do.

Where it does not cover, and why:

- *Unknown, one row at 24.65 s*: the real monitor's period is 5 s plus the time of a pass (L1), 5.01–5.1 s on a busy
  machine, so that three of them are 0.1 s longer than here, where passes stand on a lattice of 5 s.
- *Stuck pods gone 46 s after a refused link came back*: the kubelet's back-off remembers its step for two minutes (L3);
  the lab repeated its faults faster than that. Here each run starts rested. (In one run of the simulator the memory is
  kept: a link that flaps each minute keeps its kubelet at the cap.)
- *A pod stopped in 1.1 s or 2.36 s*: how long a container takes to stop is the workload's own (`stops_in`).
- *Ready 0.5 s and 29 s after a cut of 60 s* (two rows): what a dial under way does when the wire comes back depends on
  ARP and ICMP on one segment, which is not modelled.
- *A killed node's pods* (start 5.6 s, stuck pods gone after 8.7 s): at a load of 14 on two cores.
- *Stopped, out 75 s* (one row): Ready at 3.38 s; that its connection had died meanwhile is presumed, not traced.
- *Deletion 5.42 s after the taint* (one of all rows), *NoExecute gone 5.32 s after Ready* (one): slow writes.
- *The scheduler leads 15.24 s after*: just under the 1 % quantile; one row.
- *etcd stopped for 10 s*: one of two schedulers gave up its lease though writes came back in time; not traced.

**What clients see** (the last tables: 40 simulated runs each; `tests/theory/test_lab_clients.py`): nothing of a kubelet
without its API server; of a cut or killed node a third of the new connections is lost until about a second after
Unknown, by time-out or refusal; connections held to a cut node hang until it is back. Where it differs, and why:

- *Held connections go on within 9 s of the undo, simulated up to the outage's length later*: on the lab's one segment a
  failed ARP undoes TCP's back-off (RFC 6069); the model resends as over a router (W5), the longer and more common case.
- *66 new connections failed long after Unknown* (one run of twelve): old connection-tracking entries, not modelled.
- *Up to four requests on kept connections to a killed node were refused, simulated at most one*: here a request that
  finds its connection dead is sent once more (W10), and one dial at a time rarely meets the dead node.
- *A last loss 2.24 s after Unknown*: at a load of 14.

## Tables
"""

if __name__ == "__main__":
    main(*sys.argv[1:])
