"""A workload as the model keeps it: its pods, its requests, its draws."""

from __future__ import annotations

from collections.abc import Callable
from math import log
from typing import Any

from sim.model.cluster.pods import Pod
from sim.plan.sampling import sampler
from sim.plan.streams import Stream
from sim.spec.workloads import Workload

__all__ = ["PROBE", "START", "STOP", "TIE", "Deployed", "exponential_s"]

START, STOP, TIE, PROBE = range(4)  # columns of a pod's row: what each uniform decides
_REACTIONS = 1024  # columns from here on: delays of whatever reacts to the pod, in their order
_A_LIFE = 16  # columns of one incarnation of the container


def exponential_s(u: float, mean_s: float) -> float:
    """Return an exponential delay by inversion of `u`; a mean of 0 is no delay."""
    return -mean_s * log(u) if mean_s else 0.0


class Deployed:
    """One workload in the cluster. A pod's draws are addressed by (workload, serial number of the pod)."""

    __slots__ = (
        "_desired", "active", "draws", "due", "name", "on_rows", "pods", "ready", "renewed", "request", "serial",
        "services", "spec", "starts", "stops", "syncs", "tolerates_s", "watch",
    )  # fmt: skip

    def __init__(self, name: str, of: Workload, services: tuple[str, ...], draws: Stream, toleration_s: float) -> None:
        self.name, self.spec, self.services, self.draws = name, of, services, draws
        self.request = (of.cpu, float(of.memory), float(of.gpu))
        self.watch: Callable[[Deployed], object] = _nobody  # hears when `ready` or `desired` changes
        self._desired = of.replicas
        self.ready = 0  # pods that are Ready and not terminating
        self.pods: dict[str, Pod] = {}  # objects that exist, also terminating ones
        self.active = 0  # of these, how many count as replicas (D1)
        self.serial = 0  # of the next pod
        self.renewed = 0  # in a rollout: the first serial of the new template
        self.syncs = 0  # of its replicas: the row of their draws
        self.due = False  # a sync of the replicas is planned
        self.on_rows: Any = []  # pods that hold requests, by node row; filled by the placement
        self.starts, self.stops = sampler(of.starts_in), sampler(of.stops_in)
        self.tolerates_s = _tolerates_s(of, toleration_s)

    @property
    def desired(self) -> int:
        """How many pods it should have."""
        return self._desired

    @desired.setter
    def desired(self, replicas: int) -> None:
        self._desired = replicas
        self.watch(self)

    def turned(self, by: int) -> None:
        """Count a pod that turned Ready (+1), or is so no longer (−1)."""
        self.ready += by
        self.watch(self)

    def new_pod(self, name: str | None = None) -> Pod:
        """Make a Pod object, pending."""
        pod = Pod(name or f"{self.name}-{self.serial}", self, self.serial, self.draws.row(self.serial))
        self.serial += 1
        self.pods[pod.name] = pod
        self.active += 1
        return pod

    def wants(self, node: str) -> bool:
        """Tell whether a DaemonSet wants a pod on a node: on all, or on those that it names."""
        return self.desired > 0 and (self.spec.place is None or node in self.spec.place)

    def draw(self, pod: Pod, purpose: int) -> float:
        """Return the uniform for one purpose of the pod's present incarnation."""
        return pod.draw(purpose + _A_LIFE * pod.incarnation)

    def reaction_s(self, pod: Pod, mean_s: float) -> float:
        """Return the next delay of something that reacts to the pod."""
        if not mean_s:
            return 0.0
        pod.reactions += 1
        return -mean_s * log(pod.draw(_REACTIONS + pod.reactions))


def _nobody(_: Deployed) -> None:
    return None


def _tolerates_s(of: Workload, toleration_s: float) -> float | None:
    """Return how long the pods stay on an unreachable node; None: for ever (N12).

    A file that says nothing gets the preset's toleration, as the API server's admission would add it.
    """
    if of.kind == "daemon":
        return None
    return of.tolerations.unreachable if "unreachable" in of.tolerations.model_fields_set else toleration_s
