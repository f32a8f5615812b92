"""Every fault of the vocabulary, and by what it is raised for real. A new one is one line here."""

from __future__ import annotations

from chaos.deeds.noop import Nothing
from chaos.faults.base import Means, MeansOf, Scene, Unsupported
from chaos.faults.control_plane import apiserver_loss, dns_failure, member_loss
from chaos.faults.lost_nodes import nodes_lost
from chaos.faults.nodes import cordon, drain, kubelet_stop
from chaos.faults.pods import pod_kill
from chaos.faults.streams import flap, on_links, partition
from chaos.faults.workloads import rollout_restart, scale
from sim.spec import faults as spec
from sim.spec.unsupported import unsupported

__all__ = ["MEANS", "means"]


def _noop(_scene: Scene, _fault: spec.Noop) -> Means:
    return Means("nothing, by way of the ledger", (Nothing(),))


def _overload(_scene: Scene, fault: spec.Overload) -> Means:
    return Means(f"load of our own on {fault.service}", ())


MEANS: dict[type[spec.FaultBase], MeansOf | Unsupported] = {
    spec.Noop: _noop,
    spec.Latency: on_links,
    spec.Bandwidth: on_links,
    spec.Blackhole: on_links,
    spec.Loss: on_links,
    spec.Refuse: on_links,
    spec.Unreachable: on_links,
    spec.Reset: on_links,
    spec.SlowClose: on_links,
    spec.Slicer: on_links,
    spec.LimitData: on_links,
    spec.Flap: flap,
    spec.Partition: partition,
    spec.KubeletStop: kubelet_stop,
    spec.NodeLoss: nodes_lost,
    spec.ZoneLoss: nodes_lost,
    spec.PodKill: pod_kill,
    spec.Scale: scale,
    spec.ScaleToZero: scale,
    spec.RolloutRestart: rollout_restart,
    spec.Cordon: cordon,
    spec.Drain: drain,
    spec.MemberLoss: member_loss,
    spec.ApiserverLoss: apiserver_loss,
    spec.SlowDisk: unsupported(
        "to slow a disk needs the kernel of the datastore's machine (dm-delay, a cgroup's io limit), which is not ours"
    ),
    spec.DnsFailure: dns_failure,
    spec.ClockSkew: unsupported(
        "a clock belongs to a whole machine, and a wrong one harms what no experiment names; no deed sets it"
    ),
    spec.ServiceSlow: unsupported(
        "pods can't be made slow from outside of them: latency on the service's link is no stand-in, since it holds no "
        "worker of theirs; raise latency there if that is what is meant"
    ),
    spec.Overload: _overload,
}
"""Fault → what returns its means in a scene, or why no environment can do it."""


def means(scene: Scene, fault: spec.FaultBase) -> Means | Unsupported:
    """Return by what a fault is raised there now; asks the cluster, changes nothing. Raises KubeError, UsageError."""
    row = MEANS[type(fault)]
    return row if isinstance(row, Unsupported) else row(scene, fault)
