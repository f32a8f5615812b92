"""How a kubelet comes back to its API server, by how it lost it: H3, H7, H12, L3, K15, and what the lab measured.

Three things come back on their own: the lease (a retry loop), the node's Ready (needs the kubelet's node watch and
then its next status), and the pods (need its pod watch).
"""

from __future__ import annotations

from collections.abc import Callable
from math import log
from typing import NamedTuple

from sim.model.cluster.backoff import Backoff, lease_retry_s
from sim.model.cluster.nodes import Node, Regime
from sim.model.cluster.workloads import exponential_s

__all__ = ["Return", "comes_back"]

Timings = dict[str, float]

# columns of a node's fall: what each uniform decides
_DUE, _START, _STATUS, _SYNC, _FLOW, _LAG = range(80, 86)
_NODE_WATCH, _POD_WATCH, _STEPS = 128, 192, 60
_LEASE_SHARE = 0.7  # of what a start takes beyond the least, the lease waits for this much (lab: 0.4–2.0 s)
_SYN_WAIT_S = 8.0  # W2: a dial under way sends its next SYN at most 8 s later, within the 19 s that matter


class Return(NamedTuple):
    """When the first lease renewal, Ready = True, and the pod watch are back (run clock, seconds)."""

    lease_s: float
    ready_s: float
    pods_s: float


def comes_back(node: Node, up_s: float, server_restarted: bool, timings: Timings) -> Return:
    """Return when a node that lost its API server at `node.lost_s` is back, if nothing hinders it from `up_s` on."""
    assert node.regime is not None
    return _RETURNS[node.regime](node, up_s, server_restarted, timings)


def _started(node: Node, up_s: float, timings: Timings, what: str) -> Return:
    """Registration (H9) with the first lease, then the first status, then the pods are synced."""
    low, high, first_s = timings[f"{what}_min_s"], timings[f"{what}_max_s"], timings["kubelet_lease_s"]
    took_s = low + (high - low) * node.draw(_START) ** 3  # lab: most are quick, few take long
    lease_s = first_s + _LEASE_SHARE * (took_s - low)
    sync_s = timings["kubelet_sync_s"] * (0.5 - log(node.draw(_SYNC)))
    return Return(up_s + lease_s, up_s + took_s, up_s + took_s + sync_s)


def _killed(node: Node, up_s: float, _: bool, timings: Timings) -> Return:
    return _started(node, up_s, timings, "kubelet_start")


def _died(node: Node, up_s: float, _: bool, timings: Timings) -> Return:
    return _started(node, up_s, timings, "node_start")


def _stopped(node: Node, up_s: float, _: bool, timings: Timings) -> Return:
    """All its timers are due at once, and Ready comes with the next status; a dead connection is dialled anew first."""
    lag_s = exponential_s(node.draw(_LAG), timings["reaction_mean_s"])
    pods_s = up_s + lag_s
    if up_s - node.lost_s > timings["dead_connection_s"]:
        lag_s += timings["watch_backoff_first_s"] * (0.5 + node.draw(_FLOW))
        pods_s = _watch_s(
            node, node.pod_watch, up_s, up_s + 2.0 * timings["watch_backoff_first_s"], False, _POD_WATCH, timings
        )
    status_s = timings["status_s"] * (1.0 + timings["heartbeat_jitter_share"] * node.draw(_STATUS))
    return Return(up_s + lag_s, up_s + lag_s + status_s, pods_s)


def _watch_s(
    node: Node, watch: Backoff, lost_s: float, up_s: float, again: bool, column: int, timings: Timings
) -> float:
    """Return when a watch is back: the rest of a back-off step, and one more where the old version is too old."""
    back_s = watch.back_s(lost_s, up_s, node.draw, column)
    too_old = again and node.draw(column + _STEPS + 1) < timings["watch_too_old_share"]
    if too_old or back_s - node.lost_s > timings["watch_cache_s"]:
        back_s += watch.step_s(node.draw(column + _STEPS))  # lab 5, lab 10
        watch.last_s = back_s
    return back_s


def _watched(node: Node, lost_s: float, up_s: float, again: bool, timings: Timings, due_s: float) -> Return:
    """The lease by H3, the rest by each watch's own back-off (H12)."""
    lease_s = lease_retry_s(due_s, up_s, timings["lease_retry_first_s"], timings["lease_retry_cap_s"])
    watch_s = _watch_s(node, node.node_watch, lost_s, up_s, again, _NODE_WATCH, timings)
    pods_s = _watch_s(node, node.pod_watch, lost_s, up_s, again, _POD_WATCH, timings)
    return Return(lease_s, watch_s + timings["status_s"] * node.draw(_STATUS), pods_s)


def _due_s(node: Node, timings: Timings) -> float:
    """Return when the first renewal after the loss was due."""
    last_s = node.beats.leases[-1] if node.beats.leases else node.lost_s
    due_s = last_s + timings["lease_renew_s"] * (1.0 + timings["heartbeat_jitter_share"] * node.draw(_DUE))
    return max(due_s, node.lost_s)


def _refused(node: Node, up_s: float, server_restarted: bool, timings: Timings) -> Return:
    return _watched(node, node.lost_s, up_s, server_restarted, timings, _due_s(node, timings))


def _eof(node: Node, up_s: float, _: bool, timings: Timings) -> Return:
    """The dial works and ends at once: GETs are repeated each second (A7), so watches are back within one."""
    lease_s = lease_retry_s(_due_s(node, timings), up_s, timings["lease_retry_first_s"], timings["lease_retry_cap_s"])
    pods_s = up_s + timings["eof_retry_s"] * node.draw(_FLOW)
    return Return(lease_s, pods_s + timings["status_s"] * node.draw(_STATUS), pods_s)


def _silent(node: Node, up_s: float, server_restarted: bool, timings: Timings) -> Return:
    """Silence: TCP resumes at a resend, at most as late again as the outage was long, unless H7 closed the flow."""
    outage_s, dead_s = up_s - node.lost_s, timings["dead_connection_s"]
    if outage_s < dead_s:
        at_s = up_s + node.draw(_FLOW) * min(outage_s, dead_s - outage_s)
        lag_s = 0.2 * node.draw(_LAG)
        return Return(at_s, at_s + lag_s, at_s + lag_s)
    dial_s = _SYN_WAIT_S * node.draw(_FLOW)
    dead_s -= timings["status_s"] * node.draw(_LAG)  # counted from the last frame (H7)
    back = _watched(node, node.lost_s + dead_s, up_s, server_restarted, timings, node.lost_s + dead_s)
    return Return(back.lease_s, back.ready_s + dial_s, back.pods_s + dial_s)


def _switched(node: Node, up_s: float, _: bool, timings: Timings) -> Return:
    """Another server took over: the lease at once, watches after their first step (K15)."""
    first_s = timings["watch_backoff_first_s"]
    pods_s = up_s + first_s * (1.0 + node.draw(_FLOW))
    return Return(up_s + 0.2 * node.draw(_LAG), pods_s + timings["status_s"] * node.draw(_STATUS), pods_s)


_RETURNS: dict[Regime, Callable[[Node, float, bool, Timings], Return]] = {
    "died": _died,
    "killed": _killed,
    "stopped": _stopped,
    "cut": _refused,
    "refused": _refused,
    "eof": _eof,
    "silent": _silent,
    "switched": _switched,
}
