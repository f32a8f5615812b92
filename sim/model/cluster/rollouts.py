"""A rollout's waves: which pods of the old template go next (D4), by each kind of workload's own rule.

Pods whose serial is below `Deployed.renewed` are of the old template. Sources, Kubernetes 1.34.4: Deployment
`pkg/controller/deployment/rolling.go`, StatefulSet `pkg/controller/statefulset/stateful_set_control.go`
`updateStatefulSetAfterInvariantEstablished`, DaemonSet `pkg/controller/daemon/update.go` `rollingUpdate`.
"""

from __future__ import annotations

from collections.abc import Callable
from math import ceil, floor

from sim.model.cluster.pods import Pod, State
from sim.model.cluster.workloads import Deployed

__all__ = ["fresh_wanted", "least_useful_first", "next_to_go", "old_pods", "room"]

_SHARE = 0.25  # of the replicas, for surge and for unavailable (D4: `apps/v1/defaults.go`)
_RANK = {State.PENDING: 0, State.STARTING: 1, State.NOT_READY: 2, State.READY: 3}


def room(replicas: int) -> tuple[int, int]:
    """Return how many pods a Deployment's rollout may have beyond its replicas, and how many may be missing.

    25 % each, the first rounded up, the second down; both 0: one may be missing. Source: Kubernetes 1.34.4
    `pkg/controller/deployment/util/deployment_util.go` `ResolveFenceposts`.
    """
    surge, unavailable = ceil(_SHARE * replicas), floor(_SHARE * replicas)
    return surge, unavailable if surge or unavailable else 1


def least_useful_first(pods: list[Pod]) -> list[Pod]:
    """Return pods in the order in which they are given up: pending, starting, not ready, ready; newest first."""
    return sorted(pods, key=lambda pod: (_RANK[pod.state], -pod.serial))


def old_pods(deployed: Deployed) -> list[Pod]:
    """Return the pods of the old template that are not on their way out."""
    return [pod for pod in deployed.pods.values() if pod.active and pod.serial < deployed.renewed]


def fresh_wanted(deployed: Deployed) -> int:
    """Return how many pods a Deployment makes now; in a rollout some beyond its replicas (`NewRSNewReplicas`)."""
    if not deployed.renewed:
        return deployed.desired - deployed.active
    fresh = deployed.active - len(old_pods(deployed))
    return min(deployed.desired + room(deployed.desired)[0] - deployed.active, deployed.desired - fresh)


def next_to_go(deployed: Deployed, nodes: list[str]) -> list[Pod]:
    """Return the old pods that the controller deletes now. `nodes`: those that exist, which a DaemonSet looks at."""
    if deployed.spec.kind == "daemon":
        return _daemons(deployed, nodes)
    return _RULES[deployed.spec.kind](deployed)


def _replicas(deployed: Deployed) -> list[Pod]:
    """`reconcileOldReplicaSets`: what is not ready first, then as many as may be missing."""
    old = least_useful_first(old_pods(deployed))
    active = [pod for pod in deployed.pods.values() if pod.active]
    least = deployed.desired - room(deployed.desired)[1]
    fresh_not_ready = sum(not pod.ready and pod.serial >= deployed.renewed for pod in active)
    most = len(active) - least - fresh_not_ready
    if most <= 0:
        return []
    idle = [pod for pod in old if not pod.ready][:most]
    spare = max(0, deployed.ready - least)
    return idle + [pod for pod in old if pod.ready][:spare]


def _in_order(deployed: Deployed) -> list[Pod]:
    """A StatefulSet: the highest ordinal of the old ones, and none while one of its pods is not ready."""
    pods = [deployed.pods.get(f"{deployed.name}-{ordinal}") for ordinal in range(deployed.desired)]
    ready = [pod for pod in pods if pod is not None and pod.ready]
    return [pod for pod in ready if pod.serial < deployed.renewed][-1:] if len(ready) == len(pods) else []


def _daemons(deployed: Deployed, nodes: list[str]) -> list[Pod]:
    """A DaemonSet: old pods that are not ready at once, of the others one while no node lacks a ready pod."""
    old = old_pods(deployed)
    idle = [pod for pod in old if not pod.ready]
    whole = deployed.ready >= sum(deployed.wants(node) for node in nodes)
    return idle + ([pod for pod in old if pod.ready][:1] if whole else [])


_RULES: dict[str, Callable[[Deployed], list[Pod]]] = {"deployment": _replicas, "stateful": _in_order}
