"""Faults of the control plane: API servers and datastore members that are gone, where the environment has commands."""

from __future__ import annotations

from chaos.binding import BoundServer, Touch
from chaos.deeds import Deed
from chaos.deeds.command import Command
from chaos.deeds.down import DisableProxy
from chaos.faults.base import Means, Scene, Unsupported
from chaos.faults.leader import leader
from chaos.faults.links import allows
from chaos.faults.nodes import runs
from chaos.faults.workloads import scaled
from sim.spec import faults as spec

__all__ = ["apiserver_loss", "dns_failure", "member_loss"]

KILL = ("--how", "kill")
DNS = "dns"  # the name under `workloads` by which a binding says what answers the cluster's DNS
COREDNS = "coredns"  # the component of a lab that does


def apiserver_loss(scene: Scene, fault: spec.ApiserverLoss) -> Means | Unsupported:
    """Return the death of API servers; with `refused` the proxies before them refuse first, else they close (eof).

    The order counts: clients that are refused back off for up to a minute, those that see an end are back in seconds.
    Source: kubernetes 1.34.4, client-go 0.34.4 tools/cache/reflector.go, isWatchErrorRetriable and its back-off.
    """
    servers = scene.hands.binding.servers
    names = tuple(servers) if fault.server == "all" else (fault.server,)
    deeds: list[Deed] = []
    for name in names:
        found = _without_apiserver(scene, name, servers.get(name), refuses=fault.how == "refused")
        if isinstance(found, Unsupported):
            return found
        deeds += found
    how = f"kill {', '.join(deed.target for deed in deeds if isinstance(deed, Command))} ({fault.how})"
    return Means(how, tuple(dict.fromkeys(deeds)), takes_api=len(names) >= len(servers))


def _without_apiserver(
    scene: Scene, name: str, server: BoundServer | None, *, refuses: bool
) -> tuple[Deed, ...] | Unsupported:
    binding = scene.hands.binding
    if server is None or server.apiserver is None:
        return _unknown(scene, name, "apiserver")
    links = server.links if refuses else ()
    if not runs(binding, "stop", "start", Touch("component", server.apiserver)):
        return _no_command(server.apiserver)
    if not allows(binding, *(Touch("link", link) for link in links)):
        return Unsupported(f"servers.{name}.links: not all of {', '.join(links)} are in allow.links")
    killed = Command(verb="stop", back="start", target=server.apiserver, more=KILL)
    return (*(DisableProxy(link=link) for link in links), killed)


def member_loss(scene: Scene, fault: spec.MemberLoss) -> Means | Unsupported:
    """Return the death of a datastore member: of a server by name, or of who leads at this moment."""
    binding = scene.hands.binding
    found = leader(binding) if fault.member == "leader" else fault.member
    if isinstance(found, Unsupported):
        return found
    server = binding.servers.get(found)
    if server is None or server.member is None:
        return _unknown(scene, found, "member")
    if not runs(binding, "stop", "start", Touch("component", server.member)):
        return _no_command(server.member)
    deed = Command(verb="stop", back="start", target=server.member, more=KILL)
    members = sum(each.member is not None for each in binding.servers.values())
    has_majority = members - 1 > members // 2
    said = "" if fault.member != "leader" else f"; {found} leads now"
    return Means(f"kill {server.member}{said}", (deed,), takes_api=not has_majority)


def dns_failure(scene: Scene, _fault: spec.DnsFailure) -> Means | Unsupported:
    """Return the loss of what answers the cluster's DNS: a workload `dns` scaled to zero, or a lab's component."""
    binding = scene.hands.binding
    if DNS in binding.workloads:
        return scaled(scene, DNS, 0)
    if runs(binding, "stop", "start", Touch("component", COREDNS)):
        return Means(f"kill {COREDNS}", (Command(verb="stop", back="start", target=COREDNS, more=KILL),))
    return Unsupported(
        f"nobody says what answers the cluster's DNS; accepted: an entry {DNS} under workloads, such as "
        "{namespace: kube-system, name: coredns}, with its namespace in allow.namespaces"
    )


def _unknown(scene: Scene, name: str, what: str) -> Unsupported:
    known = [each for each, server in scene.hands.binding.servers.items() if getattr(server, what) is not None]
    return Unsupported(f"the binding does not say servers.{name}.{what}; it says that of {', '.join(known) or 'none'}")


def _no_command(component: str) -> Unsupported:
    return Unsupported(f"commands stop and start, with {component} in allow.components, would be needed")
