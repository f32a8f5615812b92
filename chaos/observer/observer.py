"""Watches a real cluster and writes what it sees as the simulator writes what it does.

One thread for each resource of each namespace, one that asks whether the control plane is up, one that finds leases
that nobody renews. All of them end within STOP_S of `stop`, or write nothing any more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from threading import Event, Thread
from time import monotonic
from types import TracebackType
from typing import Any

from chaos.clock import RunClock
from chaos.kube.api import Kube
from chaos.observer import pulse
from chaos.observer.facts import Fact, Facts
from chaos.observer.following import WATCH_S, Following, View
from chaos.observer.leases import Leaders, NodeLeases
from chaos.observer.names import KINDS, Names
from chaos.observer.nodes import Nodes
from chaos.observer.notes import Journalled, Notes
from chaos.observer.pods import Pods
from chaos.observer.slices import Slices
from chaos.observer.workloads import Workloads

__all__ = ["STALE_S", "STOP_S", "Observer"]

STALE_S = (
    WATCH_S + 3.0
)  # a watch that ended well confirms each WATCH_S; assumption: 3 s for the next one to be answered
PULSE_STALE_S = pulse.EVERY_S + pulse.LIMIT_S + 1.0
STOP_S = 1.0
TICK_S = 0.25  # how late a lease that ran out may be found


class Observer:
    """Watches from `start` to `stop`; a context manager of both.

    `lock`: that of the recorder, if others write to it too. `pulse_path`: an object
    that may be read (or refused) by this user.
    """

    def __init__(
        self,
        api: Kube,
        names: Names,
        recorder: Journalled,
        clock: RunClock,
        *,
        pulse_path: str = "/api/v1/namespaces/default",
        lock: AbstractContextManager[Any] | None = None,
    ) -> None:
        self._names, self._clock = names, clock
        self._notes = Notes(recorder, clock, lock)
        self._nodes, self._pods = Nodes(self._notes, names), Pods(self._notes, names)
        self._slices, self._workloads = Slices(self._notes, names), Workloads(self._notes, names)
        self._leaders, self._leases = Leaders(self._notes), NodeLeases(self._notes, names)
        self._pulse = pulse.Pulse(api, pulse_path, self._notes)
        self._following = self._followed(api)
        self._stop = Event()
        self._threads: list[Thread] = []

    def start(self) -> Observer:
        """Begin to watch."""
        work: list[Callable[[], None]] = [lambda: self._pulse.beat(pulse.EVERY_S, self._stop), self._tick]
        work += [self._of(following) for each in self._following.values() for following in each]
        self._threads = [
            Thread(target=each, name=f"observer-{number}", daemon=True) for number, each in enumerate(work)
        ]
        for thread in self._threads:
            thread.start()
        return self

    def stop(self) -> None:
        """End within STOP_S. A thread that waits for an answer ends at its own limit, and writes nothing more."""
        self._stop.set()
        self._notes.close()
        until_s = monotonic() + STOP_S
        for thread in self._threads:
            thread.join(max(0.0, until_s - monotonic()))

    def __enter__(self) -> Observer:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def whole(self, limit_s: float) -> bool:
        """Return whether every resource has been listed, waiting for that for at most `limit_s`."""
        until_s = monotonic() + limit_s
        while monotonic() < until_s and not self._stop.wait(0.02):
            if all(each.confirmed_s > float("-inf") for some in self._following.values() for each in some):
                return True
        return False

    def facts(self) -> Facts:
        """Return what is known now, each with its age; what nobody confirmed for STALE_S is unknown."""
        with self._notes.lock:
            now_s = self._clock.now()
            nodes, workloads = self._age_s("nodes", now_s), self._age_s("workloads", now_s)
            share = self._nodes.ready_count / self._nodes.count if self._nodes.count else 0.0
            ready = {name: self._slices.ready_count(name) for name in self._names.services.values()}
            asked_s, is_up = now_s - self._pulse.asked_s, self._pulse.up
            return Facts(
                at_s=now_s,
                control_plane_up_share=_fact(float(bool(is_up)), asked_s, PULSE_STALE_S),
                nodes_ready=_fact(self._nodes.ready_count, nodes),
                node_ready_share=_fact(share, nodes),
                pods_ready={name: _fact(count, self._age_s("slices", now_s)) for name, count in ready.items()},
                pods_ready_share={of: _fact(each, workloads) for of, each in self._ready_shares().items()},
                workloads_available_share=_fact(self._workloads.available_share, workloads),
                pods_terminating=_fact(self._pods.terminating_count, self._age_s("pods", now_s)),
                nodes={name: _fact(is_ready, nodes) for name, is_ready in self._nodes.ready.items()},
                capacity_ready_share=_fact(self._nodes.capacity_share, nodes),
            )

    def _ready_shares(self) -> dict[str, float]:
        named = {f"service/{each}": self._workloads.pods_ready_share_of(each) for each in self._names.behind}
        return {"cluster": self._workloads.pods_ready_share} | {of: s for of, s in named.items() if s is not None}

    def _age_s(self, what: str, now_s: float) -> float:
        return now_s - min((each.confirmed_s for each in self._following[what]), default=float("-inf"))

    def _of(self, following: Following) -> Callable[[], None]:
        return lambda: following.run(self._stop)

    def _tick(self) -> None:
        while not self._stop.wait(TICK_S):
            self._notes.take(self._leaders.tick)

    def _followed(self, api: Kube) -> dict[str, tuple[Following, ...]]:
        def follow(view: View, paths: Iterable[str]) -> tuple[Following, ...]:
            return tuple(Following(api, path, view, self._notes) for path in paths)

        spaces, names = self._names.namespaces, self._names
        has_nodes = ("/api/v1/nodes",) if names.nodes else ()
        leases = "/apis/coordination.k8s.io/v1/namespaces/{}/leases"
        kinds = tuple(dict.fromkeys(kind for space in spaces for kind in names.kinds(space)))
        of_kind = {
            kind: [f"/apis/apps/v1/namespaces/{space}/{KINDS[kind]}" for space in spaces if kind in names.kinds(space)]
            for kind in kinds
        }
        return {
            "nodes": follow(self._nodes, has_nodes),
            "pods": follow(self._pods, [f"/api/v1/namespaces/{space}/pods" for space in spaces]),
            "slices": follow(
                self._slices, [f"/apis/discovery.k8s.io/v1/namespaces/{space}/endpointslices" for space in spaces]
            ),
            "workloads": tuple(
                each for kind, paths in of_kind.items() for each in follow(self._workloads.of(kind), paths)
            ),
            "leaders": follow(self._leaders, [leases.format("kube-system")]),
            "leases": follow(self._leases, [leases.format("kube-node-lease")] if names.nodes else []),
        }


def _fact(value: float, age_s: float, stale_s: float = STALE_S) -> Fact:
    return Fact(value if age_s <= stale_s else None, age_s)
