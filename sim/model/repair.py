"""Who ends a fault: a person after noticing, a watchdog, a replacement. Each is a SimPy process; the first one wins."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import simpy
from simpy import Event

from sim.model.timeline import end_once
from sim.plan.sampling import sampler
from sim.plan.streams import Stream
from sim.plan.targets import nodes_hit
from sim.spec import faults as spec
from sim.spec.repair import Alert, Cordon, Repair, Replacement, Watchdog

if TYPE_CHECKING:
    from sim.model.world import World

__all__ = ["Repairs"]

Process = Generator[Event, Any, None]
# columns of a repair's stream: what each uniform decides (row = occurrence)
_NOTICED, _SCRAPE, _EVALUATION, _ROUTING, _RESPONSE, _FORCE, _FIXED = range(7)
_WORKS, _AFTER, _RESTARTS, _REPLACE_AFTER, _REPLACE_TAKES, _CORDON = range(7, 13)


class Repairs:
    """Begins the repairs of a fault when the fault begins. Crews are shared by all faults that name them."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.crews = {
            name: simpy.Resource(world.clock, capacity=crew.size) for name, crew in world.plan.scenario.crews.items()
        }
        self._healthier = world.clock.event()
        world.cluster.on_ready(self._ready)

    def _ready(self, _node: str) -> None:
        happened, self._healthier = self._healthier, self.world.clock.event()
        happened.succeed()

    def healthier(self) -> Event:
        """Return an event that fires when the next node turns Ready again."""
        return self._healthier

    def begin(self, name: str, fault: spec.FaultBase, occurrence: int, over: Event) -> None:
        """Start everybody who may end this occurrence of the fault; each succeeds `over` when done."""
        repair = self.world.plan.scenario.repair.get(name)
        if repair is None:
            return
        case = _Case(self, name, fault, repair, occurrence, over)
        for process in case.processes():
            self.world.clock.live(process)


class _Case:
    """One occurrence of one fault, and those who work on it."""

    def __init__(
        self, repairs: Repairs, name: str, fault: spec.FaultBase, repair: Repair, occurrence: int, over: Event
    ) -> None:
        self.repairs, self.world, self.name, self.repair = repairs, repairs.world, name, repair
        self.row, self.over = occurrence, over
        self.draws: Stream = self.world.plan.stream(f"repair/{name}")
        self.nodes = nodes_hit(self.world.plan.scenario, fault)

    def processes(self) -> list[Process]:
        """Return those whom the scenario names."""
        repair, found = self.repair, list[Process]()
        if repair.noticed is not None:
            found.append(self._person())
        if repair.watchdog is not None:
            found.append(self._watchdog(repair.watchdog))
        if repair.replacement is not None:
            found += [self._replacement(node, repair.replacement) for node in self.nodes]
        if repair.cordon is not None:
            found += [self._cordon(node, repair.cordon) for node in self.nodes]
        return found

    def _draw(self, column: int) -> float:
        return self.draws.uniform(self.row, column)

    def _event(self, kind: str, **detail: Any) -> None:
        self.world.recorder.event(self.world.clock.now, kind, f"fault/{self.name}", detail)

    def _sleep(self, for_s: float) -> Event:
        return self.world.clock.timeout(for_s)

    def _person(self) -> Process:
        """Notice, (wait for the crew,) force delete, repair."""
        noticed = self.repair.noticed
        if isinstance(noticed, Alert):
            yield from self._alerted(noticed)
        elif noticed is not None:
            yield self._sleep(sampler(noticed).one(self._draw(_NOTICED)))
        if self.over.triggered:
            return
        self._event("noticed", by="alert" if isinstance(noticed, Alert) else "person")
        if self.repair.force_delete:
            self.world.clock.live(self._force_delete())
        crew = self.repairs.crews[self.repair.crew] if self.repair.crew else None
        with crew.request() if crew is not None else nullcontext() as turn:
            if turn is not None:
                yield turn
            if not self.over.triggered:
                yield self._sleep(sampler(self.repair.fixed).one(self._draw(_FIXED)))
        if not self.over.triggered:
            self._event("repaired", by="person")
            end_once(self.over)

    def _alerted(self, alert: Alert) -> Process:
        """Wait until the alert has reached somebody who acts.

        Alert time = Unknown + U(0, scrape) + U(0, evaluation) + `for` (rounded up to whole evaluations) + routing +
        response. Source: Prometheus and Alertmanager documentation; kubernetes-mixin.
        """
        if self.nodes:
            yield self._unknown(self.nodes[0])
        pending_s = -(-alert.for_ // alert.evaluation) * alert.evaluation if alert.evaluation else alert.for_
        delay_s = alert.scrape * self._draw(_SCRAPE) + alert.evaluation * self._draw(_EVALUATION) + pending_s
        delay_s += sampler(alert.routing).one(self._draw(_ROUTING)) + sampler(alert.response).one(self._draw(_RESPONSE))
        yield self._sleep(delay_s)

    def _force_delete(self) -> Process:
        yield self._sleep(sampler(self.repair.force_delete_after).one(self._draw(_FORCE)))
        for node in self.nodes:
            self.world.cluster.force_delete(node)

    def _watchdog(self, watchdog: Watchdog) -> Process:
        """Restart what stopped, if this is one of the cases in which that works."""
        if self._draw(_WORKS) >= watchdog.works:
            return
        yield self._sleep(sampler(watchdog.after).one(self._draw(_AFTER)))
        if self.over.triggered:
            return
        self._event("noticed", by="watchdog")
        yield self._sleep(sampler(watchdog.restarts_in).one(self._draw(_RESTARTS)))
        if not self.over.triggered:
            self._event("repaired", by="watchdog")
            end_once(self.over)

    def _replacement(self, node: str, replacement: Replacement) -> Process:
        """Delete the Node object and let a new machine join under its name, once not too many are unhealthy.

        Source: Cluster API, MachineHealthCheck `maxUnhealthy`: remediation waits while more are unhealthy.
        """
        yield self._unknown(node)
        yield self._sleep(sampler(replacement.after).one(self._draw(_REPLACE_AFTER)))
        cluster = self.world.cluster
        while not self.over.triggered and cluster.unhealthy_share() > replacement.stops_above:
            yield self.repairs.healthier() | self.over
        if self.over.triggered:
            return
        self._event("noticed", by="replacement")
        cluster.remove_node(node)
        yield self._sleep(sampler(replacement.takes).one(self._draw(_REPLACE_TAKES)))
        if not self.over.triggered:
            self._event("repaired", by="replacement")
            end_once(self.over)
        cluster.add_node(node)

    def _cordon(self, node: str, cordon: Cordon) -> Process:
        yield self._unknown(node)
        yield self._sleep(sampler(cordon.after).one(self._draw(_CORDON)))
        if self.over.triggered:
            return
        self.world.cluster.cordon(node)
        yield self.over
        self.world.cluster.uncordon(node)

    def _unknown(self, node: str) -> Event:
        """Return an event that fires when the control plane has found the node Unknown (or the fault is over)."""
        found = self.world.clock.event()
        self.world.cluster.once_unknown(node, lambda: end_once(found))
        return found | self.over
