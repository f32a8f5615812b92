"""Pods whose Node object is gone: force deleted 40–80 s later (N16)."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

from sim.model.cluster.lifecycle import Lifecycle
from sim.model.cluster.pods import Pod, State
from sim.model.cluster.state import ClusterState

__all__ = ["PodGc", "collected_s"]


def collected_s(removed_s: float, phase_s: float, period_s: float, quarantine_s: float) -> float:
    """Return the pass that force deletes the pods of a Node removed at `removed_s`.

    Passes at phase + k·period. The first pass after the removal finds the node missing and puts it into quarantine;
    the first one after that has passed deletes.
    """
    found_s = _pass_s(removed_s, phase_s, period_s)
    return _pass_s(found_s + quarantine_s, phase_s, period_s)


def _pass_s(at_s: float, phase_s: float, period_s: float) -> float:
    return phase_s + period_s * ceil((at_s - phase_s) / period_s - 1e-9)


class PodGc:
    """The pod garbage collector of the controller-manager."""

    def __init__(self, state: ClusterState, lifecycle: Lifecycle, phase_s: float) -> None:
        self._state, self._lifecycle, self._phase_s = state, lifecycle, phase_s

    def node_removed(self, pods: Sequence[Pod]) -> None:
        """Plan the end of the pods that were on a Node whose object has just been deleted."""
        timings = self._state.timings
        at_s = collected_s(
            self._state.clock.now, self._phase_s, timings["podgc_period_s"], timings["podgc_quarantine_s"]
        )
        self._state.clock.at(at_s, self._pass, tuple(pods))

    def _pass(self, pods: tuple[Pod, ...]) -> None:
        self._state.controller.when_open(self._collect, pods)

    def _collect(self, pods: tuple[Pod, ...]) -> None:
        for pod in pods:
            if pod.state is not State.GONE and not (pod.node is not None and pod.node.exists):
                self._lifecycle.force(pod)
