"""The world: clock, network, cluster, traffic, faults and repairs, tied together for one run."""

from __future__ import annotations

from sim.model.clock import Clock
from sim.model.cluster import ClusterModel
from sim.model.cluster.endpoints import Endpoint
from sim.model.holds import Holds, Scaled, Slowed
from sim.model.network import Network
from sim.model.repair import Repairs
from sim.model.timeline import timeline
from sim.model.traffic import Traffic
from sim.plan.plan import Plan
from sim.record import Recorder

__all__ = ["World"]


class World:
    """One simulated world: `start()` builds it, `run()` takes it to the end of the plan."""

    def __init__(self, plan: Plan, recorder: Recorder) -> None:
        self.plan, self.recorder = plan, recorder
        self.clock = Clock(initial_time=0.0 - plan.scenario.run.warmup)  # and never -0.0
        self.network = Network(self.clock, plan)
        self.cluster = ClusterModel(self.clock, plan, recorder, self.network, self)
        self.traffic = Traffic(self.clock, plan, recorder, self.network, self.cluster.endpoints)
        self.holds, self.slowed = Holds(), Slowed(self.traffic.slow)
        self.scaled = Scaled(self.cluster.operations.scale, lambda name: plan.scenario.workloads[name].replicas)
        self.repairs = Repairs(self)

    def container_started(self, endpoint: Endpoint) -> None:
        """Open the server of a pod whose container runs now (a hook of the cluster)."""
        self.traffic.container_started(endpoint)

    def container_stopped(self, endpoint: Endpoint, how: str) -> None:
        """Close the server of a pod whose container is gone (a hook of the cluster)."""
        self.traffic.container_stopped(endpoint, how)

    def start(self) -> None:
        """Place and start what runs at the beginning of the warm-up; nothing has happened yet."""
        self.recorder.total("cluster", "cost_per_hour", self._cost_per_hour())
        self.cluster.start()
        self.traffic.start()
        for name, fault in self.plan.faults.items():
            self.clock.live(timeline(self, name, fault))

    def run(self) -> None:
        """Let time pass to the end of the plan, and write the totals."""
        self.clock.advance(self.plan.scenario.run.duration)
        self.traffic.totals()

    def _cost_per_hour(self) -> float:
        return sum(node.cost_per_hour for node in self.plan.scenario.cluster.nodes.values())
