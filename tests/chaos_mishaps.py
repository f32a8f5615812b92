"""Runs to which something happens in the middle: how it is arranged, how the run ended, and how late that was."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from chaos_runs import BINDING, ENDS_S, Ending, Runs, scenario
from lab_cluster import Cluster, wait_for

__all__ = [
    "APISERVER",
    "BOUND_S",
    "FEWER",
    "SLOW",
    "TOXIPROXY",
    "Mishap",
    "bound",
    "events",
    "mishap",
    "runs_on",
    "thaw",
    "told",
]

BOUND_S = 30.0  # the criterion of issue 8: planned time + 30 s
WARMUP_S = 2.5  # of `chaos_runs.scenario`
APISERVER, TOXIPROXY = "kube-apiserver-server-1", "toxiproxy-services"
SLOW = {"kind": "latency", "path": "client->front", "added": "100ms", "at": "500ms", "for": "3s"}
FEWER = {"kind": "scale", "workload": "stock", "replicas": 2, "at": "500ms", "for": "3s"}


class Mishap(NamedTuple):
    """How a run ended to which something had happened.

    `late_s`: after its planned end, with its reports; `outcome`: the runner's word (chaos.runner.outcome).
    """

    ending: Ending
    late_s: float
    outcome: str


def runs_on(steady: Cluster, folder: Path, patched: pytest.MonkeyPatch) -> Iterator[Runs]:
    """Yield runs on a lab that is whole; afterwards nobody is frozen, and nothing is owed."""
    patched.setenv("XDG_STATE_HOME", str(steady.state))
    made = Runs(steady, folder)
    yield made
    for component in (APISERVER, TOXIPROXY):
        thaw(steady, component)
    made.undo()  # for the test after one that failed
    made.hands.close()


def thaw(steady: Cluster, component: str) -> None:
    """Let a component go on that was frozen; one that is not is left alone."""
    pid = steady.status()[component]["pid"]
    if pid is not None:
        os.kill(pid, signal.SIGCONT)


def bound(runs: Runs, **changes: Any) -> None:
    """Change the binding of the runs to come."""
    (runs.folder / "binding.yaml").write_text(json.dumps(BINDING | changes))


def told(faults: dict[str, Any], duration_s: float = 5.0, **changes: Any) -> dict[str, Any]:
    """Return a scenario with these faults, whole; the clients and workloads are those of `chaos_runs`."""
    return scenario((), duration_s) | {"faults": faults} | changes


def mishap(runs: Runs, what: dict[str, Any], after: tuple[str, str] | None, act: Callable[[], object]) -> Mishap:
    """Run a scenario; act once the ledger has this line (deed, state), or with None once it has begun."""
    duration_s = float(what["run"]["duration"].removesuffix("s"))
    with runs.run(what, {}) as process:
        ledger = runs.out / "ledger.jsonl"
        wait_for(lambda: ledger.exists() or process.poll() is not None, ENDS_S, "the run has begun")
        assert ledger.exists(), runs.ended(process)
        began_s = time.monotonic()
        if after is not None:
            runs.wait_for(*after)
        act()
        ending = runs.ended(process)
    late_s = time.monotonic() - began_s - duration_s - WARMUP_S
    (end,) = events(runs, "run_end")
    return Mishap(ending, round(late_s, 1), end["outcome"])


def events(runs: Runs, kind: str) -> list[dict[str, Any]]:
    """Return the details of the journal's events of a kind."""
    rows = map(json.loads, (runs.out / "events.jsonl").read_text().splitlines())
    return [detail for _, what, _, detail, _ in rows if what == kind]
