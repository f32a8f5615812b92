"""The whole world, small: what tests build it from, and how they read what happened in it."""

from __future__ import annotations

from typing import Any

from sim.model.world import World
from sim.plan.plan import Plan
from sim.record import Journal, Recorder, RunInfo
from sim.record.rows import REASONS
from sim.spec.scenario import Scenario

__all__ = ["Run", "mean_of", "reasons", "scenario", "times"]

INSTANT = {  # of the control plane: nobody has to wait for anything to be noticed
    "apiserver_start_min_s": 0.0,
    "apiserver_start_max_s": 0.0,
    "etcd_resume_max_s": 0.0,
    "etcd_election_s": 1e-3,
    "etcd_heartbeat_s": 1e-4,
    "etcd_one_way_s": 0.0,
    "etcd_fsync_s": 0.0,
}


def scenario(duration: float = 100.0, warmup: float = 0.0, **parts: Any) -> Scenario:
    """Return a scenario of three nodes, `a` the server, without latency between them, unless `parts` says otherwise."""
    cluster = {"nodes": {"a": {}, "b": {}, "c": {}}, "links": {"default": {"latency": 0.0}}}
    data: dict[str, Any] = {"version": 1, "name": "whole", "why": "a test", "cluster": cluster}
    return Scenario.model_validate(data | {"run": {"duration": duration, "warmup": warmup}} | parts)


class Run:
    """One run that a test can look into: `advance(at_s)` takes it so far, `finish()` gives the journal."""

    def __init__(self, of: Scenario, seed: int = 1, trace: bool = False) -> None:
        self.recorder = Recorder(RunInfo.of(of, "as-written", seed), trace=trace)
        self.world = World(Plan(of, "as-written", seed), self.recorder)
        self.world.start()

    def advance(self, at_s: float) -> World:
        """Let time pass up to and including an instant."""
        self.world.clock.advance(at_s)
        return self.world

    def finish(self) -> Journal:
        """Let time pass to the end."""
        self.world.run()
        return self.recorder.finish()


def times(journal: Journal, kind: str, subject: str = "") -> list[float]:
    """Return when events of a kind happened to subjects that begin so, to the microsecond."""
    return [round(e.t_s, 6) for e in journal.events if e.kind == kind and e.subject.startswith(subject)]


def mean_of(journal: Journal, metric: str, subject: str = "cluster") -> float:
    """Return the mean of a gauge over the run, warm-up excluded."""
    held, since_s, area = 0.0, 0.0, 0.0
    for sample in journal.samples:
        if (sample.metric, sample.subject) == (metric, subject):
            at_s = max(0.0, sample.t_s)
            area, held, since_s = area + held * (at_s - since_s), sample.value, at_s
    return (area + held * (journal.info.duration_s - since_s)) / journal.info.duration_s


def reasons(journal: Journal, client: str) -> list[str]:
    """Return how each call of a client ended, by number."""
    index = journal.info.clients.index(client)
    rows = sorted((int(row["number"]), REASONS[row["reason"]]) for row in journal.calls if row["client"] == index)
    return [reason for _, reason in rows]
