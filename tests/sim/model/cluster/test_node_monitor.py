"""The computed detection against one in which every heartbeat and every pass is an event."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import simpy
from hypothesis import given
from hypothesis import strategies as st

from sim.model.cluster import Phases
from sim.model.cluster.node_monitor import LATE_S, Detection, Passes, detect


class Simulated:
    """The monitor with nothing computed: a process per heartbeat kind and one that passes each period, on SimPy."""

    def __init__(self, leases: list[float], statuses: list[float], passes: list[float], grace_s: float) -> None:
        self.env, self.grace_s = simpy.Environment(initial_time=-1000.0), grace_s
        self.lease: float | None = None  # what stands in the API
        self.status: float | None = None
        self.saved: tuple[float | None, float | None] | None = None  # what the monitor saw last: lease, status
        self.probe, self.n4 = 0.0, False
        self.found: Detection | None = None
        self.env.process(self._beats(leases, "lease"))
        self.env.process(self._beats(statuses, "status"))
        self.env.process(self._monitor(passes))
        self.env.run()

    def _beats(self, beats: list[float], kind: str) -> Any:
        for beat in beats:
            yield self.env.timeout(beat - self.env.now)
            setattr(self, kind, beat)

    def _monitor(self, passes: list[float]) -> Any:
        for instant in passes:
            yield self.env.timeout(instant - self.env.now)
            if self.found is None:
                self._pass(instant)

    def _pass(self, now: float) -> None:
        """`tryUpdateNodeHealth`, line by line."""
        if self.saved is None:
            self.saved, self.probe = (self.lease, self.status), now
            return
        saved_lease, saved_status = self.saved
        health_lease = saved_lease
        news_by_status = self.status != saved_status
        if news_by_status:
            health_lease, self.probe, self.n4 = None, now, False
        if self.lease is not None and (saved_lease is None or saved_lease < self.lease):
            if not news_by_status:
                self.n4 = saved_lease is None and self.lease <= self.probe
            health_lease, self.probe = self.lease, now
        self.saved = (health_lease, self.status)
        if now > self.probe + self.grace_s - LATE_S:
            self.found = Detection(self.probe, now, self.n4)


millis = st.integers(0, 40_000)


def _instants(values: list[int]) -> list[float]:
    """Turn milliseconds into distinct ascending instants on a grid that no pass shares."""
    return [value / 1000.0 + 0.0003 for value in sorted(set(values))]


@given(
    leases=st.lists(millis, max_size=12).map(_instants),
    statuses=st.lists(millis, max_size=12).map(_instants),
    phase=st.integers(0, 4999),
    grace_s=st.sampled_from([7.0, 10.0, 12.0, 15.0, 20.0, 40.0, 50.0]),
)
def test_computed_and_simulated_detection_are_the_same(
    leases: list[float], statuses: list[float], phase: int, grace_s: float
) -> None:
    """For any heartbeats and phases, the replay equals a run with an event for each heartbeat and pass, exactly."""
    passes = [phase / 1000.0 + 5.0 * k for k in range(24)]
    assert detect(leases, statuses, passes, grace_s) == Simulated(leases, statuses, passes, grace_s).found


@given(st.integers(0, 10_000))
def test_the_cluster_detects_as_a_cluster_of_events_would(cluster_world: Callable[..., Any], seed: int) -> None:
    """The model's own drawn heartbeats, played as events, lead to the pass at which the model acts."""
    spec = {"cluster": {"preset": "lab-fast", "nodes": {"a": {}, "b": {}}}}
    world = cluster_world(spec, seed=seed, start_s=-50.0)
    world.at(0.0, world.cluster.stop_kubelet, "b", "killed")
    world.clock.advance(40.0)
    beats, passes = world.cluster.nodes["b"].beats, world.cluster._monitor.passes.between(-50.0, 40.0)
    first = next(p for p in passes if p >= beats.leases[0])
    found = Simulated(beats.leases, beats.statuses, [p for p in passes if p >= first], 12.0).found
    assert found is not None
    assert world.times("node_unknown", "node/b") == [found.unknown_pass]
    assert world.events[1][3] == {
        "pass_s": found.unknown_pass,
        "probe_s": found.probe_pass,
        "n4": found.old_lease_taken_as_news,
    }


def test_passes_are_a_lattice() -> None:
    """Passes come at start + k·period, the one at the very instant included."""
    passes = Passes(1.0, 5.0)
    assert [passes.next_s(t) for t in (-3.0, 1.0, 1.1, 6.0, 6.0001)] == [1.0, 1.0, 6.0, 6.0, 11.0]
    assert passes.between(0.0, 12.0) == [1.0, 6.0, 11.0, 16.0]


def test_listed_passes_come_first() -> None:
    """Passes that are given are taken as they are; after the last one the lattice goes on."""
    passes = Passes(0.0, 5.0, [-7.8, -2.8, 2.2])
    assert passes.between(-10.0, 8.0) == [-7.8, -2.8, 2.2, 7.2, 12.2]


def test_given_phases_are_used_once(cluster_world: Callable[..., Any]) -> None:
    """A node's given heartbeats decide its first fall only; the next one draws its own."""
    phases = Phases((1.0, 6.0, 11.0, 16.0), {"b": ((-1.0,), (-0.5,))})
    world = cluster_world({"cluster": {"preset": "lab-fast", "nodes": {"a": {}, "b": {}}}}, phases=phases)
    world.at(0.0, world.cluster.stop_kubelet, "b", "killed")
    world.at(100.0, world.cluster.start_kubelet, "b", "killed")
    world.at(200.0, world.cluster.stop_kubelet, "b", "killed")
    world.clock.advance(300.0)
    first, second = world.times("node_unknown", "node/b")
    assert first == 16.0
    assert 213.0 < second < 226.0
