"""The tables of `docs/lab.md` between their markers, from the journals and simulated twins."""

from __future__ import annotations

from pathlib import Path
from statistics import median

from benchmarks.lab_coverage import Numbers, pooled, simulate
from benchmarks.timelines.faults import FAULTS, Fault
from sim.record import Event, Journal

__all__ = ["BEGIN", "END", "lines", "steps", "write"]

BEGIN = "<!-- timelines: written by `python -m benchmarks.timelines`, not by hand -->"
END = "<!-- /timelines -->"
DOCUMENT = Path(__file__).parents[2] / "docs" / "lab.md"
RUNS = 100  # simulated runs of each fault
NODE_STEPS = {
    "Unknown": "Unknown",
    "NoExecute": "NoExecute taint after Unknown",
    "endpoints out": "last endpoint not ready after Unknown",
    "eviction": "deletion after taint",
    "replacement": "created → in endpoints",
    "lease": "lease after undo",
    "Ready": "Ready after undo",
    "stuck pods gone": "stuck pods gone after undo",
}
"""Columns of the table of node faults, and what `lab_coverage` calls these steps."""


def write(folder: Path, document: Path = DOCUMENT) -> None:
    """Write the tables of the journals below `folder` between the markers of a document (at its end without them)."""
    text = document.read_text(encoding="utf-8")
    if BEGIN not in text:
        text = f"{text.rstrip()}\n\n{BEGIN}\n{END}\n"
    before, _, rest = text.partition(BEGIN)
    document.write_text("\n".join([before + BEGIN, *lines(folder), END + rest.partition(END)[2]]), encoding="utf-8")


def journals(folder: Path, name: str) -> list[Journal]:
    """Return the finished journals of a fault, in order."""
    found = [Journal.read(path) for path in sorted((folder / name).glob("[0-9][0-9]"))]
    return [journal for journal in found if journal.complete]


def lines(folder: Path) -> list[str]:
    """Return the tables of everything that was recorded."""
    found = {name: recorded for name in FAULTS if (recorded := journals(folder, name))}
    out = [
        "## Timelines recorded on the lab",
        "",
        "Recorded by `python -m benchmarks.timelines` (part of `make soak`; about 4 hours, and it goes on where it was",
        "interrupted). `benchmarks/timelines/FAULT/NN` holds a journal of each repetition, in the simulator's format.",
        "Seconds, min / median / max; `load`: the machine's at the fault (two cores; above 10 a pod starts slower).",
        f"In brackets: the simulator's 1 % / 50 % / 99 % of {RUNS} runs of the same fault with random phases.",
        "A lease counts as lost when nobody has renewed it for its 15 s: its leader gave up 5 s earlier (A8).",
        "",
    ]
    out += _nodes({name: each for name, each in found.items() if _is_node_loss(FAULTS[name])})
    out += _control({name: each for name, each in found.items() if FAULTS[name].aims_at != "node"})
    return out + _latency({name: each for name, each in found.items() if name.startswith("kubelet-latency")})


def _is_node_loss(fault: Fault) -> bool:
    return fault.aims_at == "node" and fault.kind != "latency"


def _rows(head: list[str], rows: list[list[str]]) -> list[str]:
    if not rows:
        return []
    return [f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows)] + [""]


def _nodes(found: dict[str, list[Journal]]) -> list[str]:
    rows = []
    for name, recorded in found.items():
        real, fault = pooled(map(steps, recorded)), FAULTS[name]
        held = [_end_s(journal) - _begin_s(journal) for journal in recorded]
        timings = "default" if fault.lab == "default" else "fast"
        drawn = pooled(simulate(fault.twin, timings, seed, held[seed % len(held)]) for seed in range(RUNS))
        cells = [_cell(real.get(step, []), drawn.get(step, [])) for step in NODE_STEPS.values()]
        rows.append([name, str(len(recorded)), _cell([_load(journal) for journal in recorded], []), *cells])
    return _rows(["fault", "n", "load", *NODE_STEPS], rows)


def _cell(real: list[float], drawn: list[float]) -> str:
    if not real:
        return "–"
    said = f"{min(real):.1f} / {median(real):.1f} / {max(real):.1f}"
    if not drawn:
        return said
    ordered = sorted(drawn)
    low, mid, high = (ordered[min(int(q * len(ordered)), len(ordered) - 1)] for q in (0.01, 0.5, 0.99))
    return f"{said} ({low:.1f} / {mid:.1f} / {high:.1f})"


def _begin_s(journal: Journal) -> float:
    return next(event.t_s for event in journal.events if event.kind == "fault_begin")


def _end_s(journal: Journal) -> float:
    return next(event.t_s for event in journal.events if event.kind == "fault_end")


def _load(journal: Journal) -> float:
    """Return the machine's one-minute load at the fault: what takes CPU, such as a pod's start, is slower above 10."""
    return float(next(event.detail["load1"] for event in journal.events if event.kind == "fault_begin"))


def _after(events: list[Event], kind: str, since_s: float, **said: object) -> list[float]:
    return [
        event.t_s
        for event in events
        if event.kind == kind and event.t_s >= since_s and all(event.detail.get(k) == v for k, v in said.items())
    ]


def steps(journal: Journal) -> Numbers:
    """Return the steps of a node's loss, each in seconds since what it is named after; not what nobody saw."""
    begin_s, end_s = _begin_s(journal), _end_s(journal)
    node = next(str(event.detail["target"]) for event in journal.events if event.kind == "fault_begin")
    of_node = [event for event in journal.events if event.subject == f"node/{node}"]
    of_pods = [event for event in journal.events if event.detail.get("node") == node]
    unknown = _after(of_node, "node_unknown", begin_s)[:1]
    taint = _after(of_node, "taint_noexecute", begin_s)[:1]
    deleting = [t_s for t_s in _after(of_pods, "pod_deleting", begin_s) if t_s < end_s]
    lost = {event.subject.removeprefix("pod/") for event in of_pods}
    out = [e.t_s for e in journal.events if e.kind == "endpoint_withdrawn" and e.detail["pod"] in lost]
    gone = _after(of_pods, "pod_gone", end_s)[: len(deleting)]
    return {
        "Unknown": _since(unknown, begin_s),
        "NoExecute taint after Unknown": _since(taint, *unknown),
        "last endpoint not ready after Unknown": _since([t for t in out if begin_s <= t < end_s][-1:], *unknown),
        "deletion after taint": _since(deleting[:1], *taint),
        "created → in endpoints": _replacements(journal.events, begin_s, end_s) if deleting else [],
        "lease after undo": _since(_after(of_node, "lease_renewed", end_s)[:1], end_s),
        "Ready after undo": _since(_after(of_node, "node_ready", end_s)[:1], end_s),
        "stuck pods gone after undo": _since(gone, end_s),
    }


def _since(times: list[float], *since_s: float) -> list[float]:
    return [t_s - since_s[0] for t_s in times] if since_s else []


def _replacements(events: list[Event], begin_s: float, end_s: float) -> list[float]:
    """Return how long each pod made during the fault took from its creation into its service."""
    made = {
        e.subject.removeprefix("pod/"): e.t_s for e in events if e.kind == "pod_created" and begin_s < e.t_s < end_s
    }
    served = {e.detail["pod"]: e.t_s for e in reversed(events) if e.kind == "endpoint_ready"}
    return [served[pod] - t_s for pod, t_s in made.items() if pod in served]


def _control(found: dict[str, list[Journal]]) -> list[str]:
    rows = []
    for name, recorded in found.items():
        real = pooled(map(_plane, recorded))
        load = _cell([_load(journal) for journal in recorded], [])
        rows.append([name, str(len(recorded)), load, *(_cell(real.get(step, []), []) for step in PLANE_STEPS)])
    return _rows(["fault", "n", "load", *PLANE_STEPS], rows)


PLANE_STEPS = (
    "writes fail",
    "writes work after undo",
    "longest time without writes",
    "datastore without a leader",
    "controller-manager's lease lost",
    "scheduler's lease lost",
    "new controller-manager after undo",
    "new scheduler after undo",
    "nodes Unknown [count]",
    "delete → stopped",
)


def _plane(journal: Journal) -> Numbers:
    events, begin_s, end_s = journal.events, _begin_s(journal), _end_s(journal)
    fails, works = _after(events, "writes_fail", begin_s), _after(events, "writes_work", begin_s)
    leaders = {who: _after(events, "leader_lost", begin_s, controller=who) for who in ("controller", "scheduler", None)}
    led = {who: _after(events, "leader_elected", begin_s, controller=who) for who in leaders}
    deleted = {e.subject: e.t_s for e in reversed(events) if e.kind == "pod_deleting" and e.t_s > begin_s}
    stopped = {e.subject: e.t_s for e in reversed(events) if e.kind == "pod_stopped" and e.t_s > begin_s}
    no_writes = [b - a for a, b in zip(fails, works, strict=False)]
    return {
        "writes fail": _since(fails[:1], begin_s),
        "writes work after undo": _since([t for t in works if t >= end_s][:1], end_s),
        "longest time without writes": [max(no_writes)] if no_writes else [],
        "datastore without a leader": _since(led[None][:1], *leaders[None][:1]),
        "controller-manager's lease lost": _since(leaders["controller"][:1], begin_s),
        "scheduler's lease lost": _since(leaders["scheduler"][:1], begin_s),
        "new controller-manager after undo": _since([t for t in led["controller"] if t >= end_s][:1], end_s),
        "new scheduler after undo": _since([t for t in led["scheduler"] if t >= end_s][:1], end_s),
        "nodes Unknown [count]": [float(len(_after(events, "node_unknown", begin_s)))],
        "delete → stopped": [stopped[pod] - t_s for pod, t_s in deleted.items() if pod in stopped],
    }


def _latency(found: dict[str, list[Journal]]) -> list[str]:
    """Return how heartbeats spread on a slow link: gaps while the fault was on, and how long pods took to stop."""
    rows = []
    for name, recorded in found.items():
        gaps: Numbers = pooled(map(_gaps, recorded))
        slow = pooled(map(_plane, recorded))
        cells = [_cell(gaps.get(metric, []), []) for metric in ("lease_gap_s", "status_gap_s")]
        rows.append(
            [
                name,
                str(len(recorded)),
                *cells,
                _cell(slow["delete → stopped"], []),
                _cell(slow["nodes Unknown [count]"], []),
            ]
        )
    head = ["fault", "n", "between lease renewals", "between status heartbeats", "delete → stopped"]
    return _rows([*head, "nodes Unknown [count]"], rows)


def _gaps(journal: Journal) -> Numbers:
    begin_s, end_s = _begin_s(journal), _end_s(journal)
    found: Numbers = {"lease_gap_s": [], "status_gap_s": []}
    for sample in journal.samples:
        if sample.metric in found and sample.t_s - sample.value >= begin_s and sample.t_s < end_s:
            found[sample.metric].append(sample.value)
    return found
