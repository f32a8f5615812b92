"""What a binding says: how the abstract names of a scenario are called in one real environment.

A node, workload, service or client that is not listed is called what the scenario calls it, if the environment has it
under that name and the allow-list names it. Every map's keys are the scenario's names (links: `client->service`,
`a--b`, or an environment's own).
"""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from chaos.binding.limits import Limits, StopWhen
from chaos.binding.probes import RealProbe
from chaos.binding.texts import Command, GuardianUrl, KubeName, Text, ToxiName, Url
from chaos.binding.touch import TargetRefused, Touch
from sim.quantities import Name
from sim.spec.base import Value, Whole

__all__ = [
    "Allow",
    "Binding",
    "BoundClient",
    "BoundNode",
    "BoundServer",
    "BoundService",
    "BoundWorkload",
    "Cluster",
    "Images",
    "Prometheus",
    "Proxied",
    "Toxiproxy",
]


class Cluster(Value):
    """How to reach the cluster: a context is always named, the current one is never taken.

    `home`: the namespace for our own objects (the lease, the ledger's copy, proxies that stand in front of services
    live beside them). It needs to be in `allow.namespaces` like any other.
    """

    kubeconfig: Text
    context: Text
    home: KubeName = "default"

    def kubectl(self, words: str) -> str:
        """Return a command line of kubectl on this cluster, for a person to paste."""
        at = ("--kubeconfig", str(Path(self.kubeconfig).expanduser()), "--context", self.context)
        return f"kubectl {shlex.join(at)} {words}"


class BoundNode(Value):
    """A node: its real name, the links (keys of `links`) that cut its kubelet, kube-proxy and its pods off."""

    name: KubeName | None = None
    address: Text | None = None
    kubelet: Text | None = None
    kube_proxy: Text | None = None
    network: tuple[Text, ...] = ()
    zone: Text | None = None


class BoundWorkload(Value):
    """A workload: a Deployment or StatefulSet."""

    namespace: KubeName
    name: KubeName | None = None
    kind: Literal["Deployment", "StatefulSet"] = "Deployment"


class BoundService(Value):
    """A Service; `port`: the one that clients call, needed where it has several."""

    namespace: KubeName
    name: KubeName | None = None
    port: Annotated[Whole, Field(ge=1, le=65535)] | None = None


class BoundClient(Value):
    """Where our own load enters: a URL (NodePort, ingress, load balancer, a lab's entry).

    `host`: the Host header, for an ingress. `link`: the link (key of `links`) that this way runs through.
    """

    url: Url
    host: Text | None = None
    link: Text | None = None


class Toxiproxy(Value):
    """A toxiproxy server: its API, the command that starts it again healthy, the guardian beside it."""

    api: Url
    restart: Command | None = None
    guardian: GuardianUrl | None = None


class Proxied(Value):
    """Which proxy of which toxiproxy stands in a link."""

    toxiproxy: Text
    proxy: ToxiName


class BoundServer(Value):
    """A control-plane server: its API server and datastore member as components.

    `metrics`: where the member tells its own (`etcd_server_is_leader`), so that `leader` can be found.
    """

    apiserver: Text | None = None
    member: Text | None = None
    metrics: Url | None = None
    links: tuple[Text, ...] = ()  # proxies that must refuse while its API server is gone


class Images(Value):
    """What runs inside the cluster in front of a service; without `guardian` it has no dead man's switch.

    `program`: how toxiproxy's program is called in its image, by which the guardian ends one that hangs. Source of the
    default: the image's ENTRYPOINT ["/toxiproxy"].
    """

    toxiproxy: Text = "ghcr.io/shopify/toxiproxy:2.12.0"
    program: Text = "toxiproxy"
    guardian: Text | None = None
    pull: Literal["Always", "IfNotPresent", "Never"] = "IfNotPresent"


class Prometheus(Value):
    """Where queries go. `token_file`: a bearer token, read when needed and never written anywhere."""

    url: Url
    token_file: Text | None = None


class Allow(Value):
    """What experiments may touch, by real names. `interpose`: services that may be put behind a proxy."""

    namespaces: tuple[KubeName, ...] = ()
    nodes: tuple[KubeName, ...] = ()
    links: tuple[Text, ...] = ()
    components: tuple[Text, ...] = ()
    interpose: tuple[Text, ...] = ()

    def refuse(self, touch: Touch) -> None:
        """Raise TargetRefused unless the list names what would be touched."""
        listed = {
            "namespace": self.namespaces,
            "node": self.nodes,
            "link": self.links,
            "component": self.components,
            "interpose": self.interpose,
        }[touch.kind]
        if touch.name not in listed:
            section = f"allow.{touch.kind if touch.kind == 'interpose' else touch.kind + 's'}"
            accepted = ", ".join(listed) or "nothing"
            raise TargetRefused(f"{touch} is not allowed: the binding's {section} names {accepted}")


class Binding(Value):
    """A whole binding. `set`, `add`, `remove`: changes of the scenario's `run` and `faults`, as an option has them."""

    version: Literal[1]
    name: Name = "staging"
    why: str = ""
    cluster: Cluster
    nodes: dict[Name, BoundNode] = {}
    workloads: dict[Name, BoundWorkload] = {}
    services: dict[Name, BoundService] = {}
    clients: dict[Name, BoundClient] = {}
    servers: dict[Name, BoundServer] = {}
    toxiproxies: dict[Name, Toxiproxy] = {}
    links: dict[str, Proxied] = {}
    entries: dict[str, Url] = {}
    commands: dict[Name, Command] = {}
    command_guardian: GuardianUrl | None = None
    images: Images = Images()
    prometheus: Prometheus | None = None
    steady: dict[Name, RealProbe] = {}
    allow: Allow = Allow()
    limits: Limits = Limits()
    stop: StopWhen = StopWhen()
    set: dict[str, Any] = {}
    add: dict[str, Any] = {}
    remove: tuple[str, ...] = ()

    @property
    def guardians(self) -> tuple[str, ...]:
        """Return the URLs of all guardians that stand in this environment, each once."""
        found = [*(each.guardian for each in self.toxiproxies.values()), self.command_guardian]
        return tuple(dict.fromkeys(url for url in found if url))

    def node(self, name: str) -> str:
        """Return the real name of a node of the scenario."""
        bound = self.nodes.get(name)
        return (bound.name if bound is not None else None) or name

    def abstract_node(self, real: str) -> str:
        """Return what the scenario calls a real node; its own name where it calls it nothing."""
        return next((name for name in self.nodes if self.node(name) == real), real)
