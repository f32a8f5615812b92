"""Breaks and mends parts of a lab by hand: stops and starts a component or a whole node, cuts and joins a network."""

from __future__ import annotations

import signal
from collections.abc import Iterable
from dataclasses import replace

from chaos.lab import cgroups, network
from chaos.lab.component import Component
from chaos.lab.errors import LabError
from chaos.lab.plan import components
from chaos.lab.process import signal_process, wait_until_gone
from chaos.lab.record import Lab
from chaos.lab.roster import Roster
from chaos.lab.site import Site
from chaos.lab.starting import Told, start
from sim.errors import UsageError

__all__ = ["WAYS", "cut", "join", "restart_target", "start_target", "stop_target"]

WAYS = {"term": signal.SIGTERM, "kill": signal.SIGKILL, "freeze": signal.SIGSTOP}
TERM_LIMIT_S = 10.0  # then it is killed. assumption: a kubelet or an API server ends within 2 s when nothing hangs
NODE_KINDS = ("containerd", "kubelet", "kube-proxy")  # what dies with a node; its link stays, it is no part of it


def stop_target(lab: Lab, target: str, how: str = "term") -> tuple[str, ...]:
    """Stop a component, or everything on a node with its pods, and return the names of what was stopped.

    `how`: `term` (and `kill` if it does not end within TERM_LIMIT_S), `kill`, or `freeze` (`start` thaws it). A node is
    killed or frozen as one, pods included; its addresses still answer, with a reset. Nothing that is stopped is brought
    back but by `start`. Raises UsageError for an unknown target or way, NoSuchLab.
    """
    signalled = _way(how)
    site = lab.site()
    chosen = _chosen(site, target)
    for component in chosen:
        _stop(component, lab.roster, signalled, how)
    if target in site.shape.node_names:
        _stop_pods(site, chosen, how)
    return tuple(component.name for component in chosen)


def start_target(lab: Lab, target: str, told: Told) -> tuple[str, ...]:
    """Start (or thaw) a component or a node, wait until it is ready, and return the names of what was started."""
    site = lab.site()
    chosen = _chosen(site, target)
    for component in chosen:
        _thaw(component, lab.roster)
    if target in site.shape.node_names:
        for pid in _node_members(site, chosen, target):
            _signal(pid, signal.SIGCONT)
    start(site, chosen, lab.roster, told)
    return tuple(component.name for component in chosen)


def restart_target(lab: Lab, target: str, told: Told) -> tuple[str, ...]:
    """Kill a component or a node and start it again: a toxiproxy comes back with all its proxies healthy."""
    stop_target(lab, target, "kill")
    return start_target(lab, target, told)


def cut(lab: Lab, place: str) -> None:
    """Cut the network of a node (or a server): silence both ways, its own links stay up."""
    network.cut(lab.site().places, _place(lab.site(), place))


def join(lab: Lab, place: str) -> None:
    """Give a cut node (or server) its network back."""
    network.join(lab.site().places, _place(lab.site(), place))


def _place(site: Site, name: str) -> str:
    known = [place.name for place in (*site.places.nodes, *site.places.servers) if place.netns]
    if name not in known:
        raise UsageError(f"{name!r} has no network of its own; accepted: {', '.join(known) or 'nothing in this lab'}")
    return name


def _chosen(site: Site, target: str) -> tuple[Component, ...]:
    everything = {component.name: component for component in components(site) if not component.is_task}
    if target in everything:
        return (everything[target],)
    nodes = [place.name for place in site.places.nodes]
    if target in nodes:
        return tuple(c for c in everything.values() if c.place == target and c.kind in NODE_KINDS)
    accepted = ", ".join((*nodes, *everything))
    raise UsageError(f"{target!r} is neither a component nor a node of lab {site.shape.name!r}; accepted: {accepted}")


def _way(how: str) -> int:
    if how not in WAYS:
        raise UsageError(f"--how: {how!r} is no way to stop something; accepted: {', '.join(WAYS)}")
    return WAYS[how]


def _stop(component: Component, roster: Roster, signalled: int, how: str) -> None:
    with roster.lock(component.name):
        entry = roster.get(component.name)
        if entry is None:
            return
        roster.put(component.name, replace(entry, wanted=False, how=how))  # first, or the supervisor brings it back
        if not signal_process(entry.process, signalled) or how == "freeze":
            return
        if not wait_until_gone(entry.process, TERM_LIMIT_S):
            signal_process(entry.process, signal.SIGKILL)
            if not wait_until_gone(entry.process, TERM_LIMIT_S):
                raise LabError(f"{component.name} (process {entry.process.pid}) does not end, not even by SIGKILL")


def _thaw(component: Component, roster: Roster) -> None:
    with roster.lock(component.name):
        entry = roster.get(component.name)
        if entry is not None:
            signal_process(entry.process, signal.SIGCONT)
            roster.put(component.name, replace(entry, wanted=True, how=""))


def _stop_pods(site: Site, chosen: Iterable[Component], how: str) -> None:
    """Stop what lives on a node beside its components: shims (in the cgroup of their containerd) and pods."""
    node = next(iter(chosen)).place
    if how == "freeze":
        for pid in _node_members(site, chosen, node):
            _signal(pid, signal.SIGSTOP)
        return
    for below in (*(component.name for component in chosen), node):
        if left := cgroups.kill(site.cgroup, below):
            raise LabError(f"{node}: processes {', '.join(map(str, left))} do not end, not even by SIGKILL")


def _node_members(site: Site, chosen: Iterable[Component], node: str) -> list[int]:
    below = (*(component.name for component in chosen), node)
    return [pid for part in below for pid in cgroups.members(site.cgroup, part)]


def _signal(pid: int, number: int) -> None:
    import contextlib
    import os

    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)
