"""What clients of the lab's ClusterIP see of a fault: the measured runs beside the simulated ones.

Three clients on node 1, as in the lab: `new` dials for each of its 50 requests/s and waits 1 s, `ka` sends as many over
kept connections, and twelve `hold` keep a connection each, ask twice a second and wait for ever.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import numpy as np

from sim.record.rows import REASONS
from sim.run import simulate
from sim.spec.scenario import Scenario

__all__ = ["FAULTS", "HELD", "Seen", "scenario", "seen", "tables"]

HELD = 12
RUNS = 40
FAULTS: dict[str, dict[str, Any]] = {
    "link": {"kind": "kubelet_stop", "node": "n3", "how": "cut"},
    "node-cut": {"kind": "node_loss", "node": "n3", "how": "cut"},
    "node-kill": {"kind": "node_loss", "node": "n3", "how": "killed"},
}


class Seen(NamedTuple):
    """What one run's clients saw of a fault at t = 0; seconds, None where nothing of the kind happened."""

    unknown_s: float
    lost_share: float  # of `new`'s requests between the fault and Unknown
    last_after_unknown_s: float | None  # when the last request of `new` that failed was sent
    how: tuple[str, ...]  # `new`'s failures
    kept_failed: int  # of `ka`
    held_hung: int  # connections of `hold` with a request that took more than half a second
    held_after_undo_s: float | None  # when the last of these was answered
    held_errors: int


def scenario(fault: str, for_s: float, after_s: float = 60.0) -> Scenario:
    """Return the lab with its clients and one fault at t = 0 that is undone after `for_s`."""
    hold = {"from": "n1", "to": "web", "arrivals": {"closed": {"workers": 1, "think": 0.5}}, "transport": "hold"}
    steady = {"from": "n1", "to": "web", "arrivals": {"every": 0.02}}
    return Scenario.model_validate(
        {
            "version": 1,
            "name": "lab-clients",
            "why": "what the measured cluster's clients saw",
            "run": {"duration": for_s + after_s, "warmup": 10},
            "cluster": {
                "preset": "lab-fast",
                "control_plane": {"servers": ["control"], "datastore": "etcd"},
                "nodes": {"n1": {}, "n2": {}, "n3": {}, "control": {"cordoned": True}},
            },
            "workloads": {
                "web": {
                    "replicas": 6,
                    "readiness": {"period": 2},
                    "starts_in": {"lognormal": {"p50": 1.7, "p99": 5.6}},
                    "stops_in": {"lognormal": {"p50": 0.95, "p99": 2.0}},
                    "serves": {"takes": 0.001},
                }
            },
            "services": {"web": {"of": "web"}},
            "transports": {
                "new": {"total_timeout": 1, "keep_alive": False},
                "ka": {"total_timeout": 1},
                "hold": {"dial_timeout": None, "idle_timeout": None},
            },
            "clients": {
                "new": steady | {"transport": "new"},
                "ka": steady | {"transport": "ka"},
                **{f"hold-{k}": hold for k in range(HELD)},
            },
            "faults": {"fault": FAULTS[fault] | {"at": 0, "for": for_s}},
        }
    )


def seen(fault: str, for_s: float, seed: int) -> Seen:
    """Return what the clients of one simulated run saw."""
    journal = simulate(scenario(fault, for_s), "lab", seed)
    unknown = next(event.t_s for event in journal.events if event.kind == "node_unknown")
    calls = journal.calls[journal.calls["t_s"] >= 0.0]
    of = calls["client"]
    new, kept, held = calls[of == 0], calls[of == 1], calls[of >= 2]
    lost, hung = new[new["outcome"] != 0], held[held["took_s"] > 0.5]
    ends = hung["t_s"] + hung["took_s"]
    return Seen(
        unknown_s=unknown,
        lost_share=float(np.mean(new[new["t_s"] < unknown]["outcome"] != 0)),
        last_after_unknown_s=float(lost["t_s"].max()) - unknown if len(lost) else None,
        how=tuple(sorted({REASONS[reason] for reason in lost["reason"]})),
        kept_failed=int(np.count_nonzero(kept["outcome"])),
        held_hung=len(np.unique(hung["client"])),
        held_after_undo_s=float(ends.max()) - for_s if len(hung) else None,
        held_errors=int(np.count_nonzero(held["outcome"])),
    )


def measured(row: dict[str, Any]) -> Seen:
    """Return the same of a measured row (`tests/data/README.md`)."""
    new, held = row["new"], row["hold_connections"]
    return Seen(
        row["node_unknown"], new["lost_share_until_unknown"], new["last_failure_after_unknown"], tuple(new["how"]),
        row["ka"]["failed"], held["hung"], held["last_answer_after_undo"], held["errors"],
    )  # fmt: skip


LINES: tuple[tuple[str, Callable[[Seen], float | None]], ...] = (
    ("new connections lost until Unknown [share]", lambda it: it.lost_share),
    ("last lost one sent, after Unknown [s]", lambda it: it.last_after_unknown_s),
    ("requests lost over kept connections", lambda it: it.kept_failed),
    (f"held connections that hung, of {HELD}", lambda it: it.held_hung),
    ("last of these answered, after undo [s]", lambda it: it.held_after_undo_s),
    ("errors on held connections", lambda it: it.held_errors),
)


def tables(path: Path) -> list[str]:
    """Return one markdown table for each fault and length of outage: measured and simulated min / median / max."""
    rows = json.loads(path.read_text(encoding="utf-8"))["rows"]
    out: list[str] = []
    for fault in FAULTS:
        for long in (False, True):
            group = [row for row in rows if row["fault"] == fault and (row["undo"] > 45) == long]
            if group:
                drawn = [seen(fault, group[seed % len(group)]["undo"], seed) for seed in range(RUNS)]
                out += _table(f"{fault}, out {'60' if long else '25–36'} s", list(map(measured, group)), drawn)
    return out


def _table(title: str, real: Sequence[Seen], drawn: Sequence[Seen]) -> list[str]:
    lines = [
        f"### Clients: {title} ({len(real)} measured)",
        "",
        "| what clients see | measured min / median / max | simulated min / median / max |",
        "|---|---|---|",
    ]
    lines += [f"| {name} | {_spread(map(of, real))} | {_spread(map(of, drawn))} |" for name, of in LINES]
    told = [", ".join(sorted({word for it in many for word in it.how})) or "–" for many in (real, drawn)]
    return [*lines, f"| how new connections failed | {told[0]} | {told[1]} |", ""]


def _spread(values: Any) -> str:
    there = [value for value in values if value is not None]
    return f"{min(there):.3g} / {median(there):.3g} / {max(there):.3g}" if there else "–"
