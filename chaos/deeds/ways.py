"""The proxied way of a link: its toxiproxy, how to start that anew, the guardian beside it.

Either a toxiproxy of the binding stands in the link, or one that we have put before a service ourselves. The latter
listens on its pod's loopback and is reached through the API server (`chaos.kube.Tunnel`): neither in the cluster nor
elsewhere can anybody else reach it. (The API's pod proxy would need it to listen on the pod's address: then every pod
of the cluster could cut the link, and open ways to anywhere through it.)
"""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from chaos.binding import Touch
from chaos.deeds.base import DeedFailed, Right
from chaos.deeds.front import API_PORT, GUARDIAN_PORT, PREFIX, Front, front_of
from chaos.deeds.hands import Hands
from chaos.deeds.objects import kubectl, rights
from chaos.kube import Ref
from chaos.toxiproxy import Server

__all__ = ["Way", "touch_of", "way_of", "way_rights"]


@dataclass(frozen=True, slots=True)
class Way:
    """How a link is broken and mended. `gone()`: whether there is no proxy any more, so that nothing is left of it."""

    server: Server
    proxy: Callable[[], str]
    gone: Callable[[], bool]
    restart: Callable[[], None] | None
    restart_line: str
    guardian: str | None


def way_of(hands: Hands, link: str) -> Way:
    """Return the way of a link of the binding, or of `service/NAME`. Raises UsageError if there is no such."""
    return _before_service(hands, link.removeprefix(PREFIX)) if link.startswith(PREFIX) else _bound(hands, link)


def touch_of(link: str) -> Touch:
    """Return what a fault on a link touches."""
    return Touch("interpose", link.removeprefix(PREFIX)) if link.startswith(PREFIX) else Touch("link", link)


def way_rights(namespace: str) -> tuple[Right, ...]:
    """Return the rights for reaching a proxy that we have put before a service there, and for restarting it.

    A port-forward over WebSocket needs `get`, and from Kubernetes 1.35 on `create` as well. Source: kubernetes 1.35.0,
    pkg/features/kube_features.go, AuthorizePodWebsocketUpgradeCreatePermission.
    """
    pod = Ref("Pod", "", namespace)
    return (*rights(pod, "list", "get", "delete"), *rights(pod, "get", "create", sub="portforward"))


def _bound(hands: Hands, link: str) -> Way:
    server, proxy = hands.toxiproxy(link)
    name = hands.binding.links[link].toxiproxy
    bound = hands.binding.toxiproxies[name]

    def restart() -> None:
        hands.restart(name)

    return Way(
        server=server,
        proxy=lambda: proxy,
        gone=lambda: False,
        restart=restart if bound.restart else None,
        restart_line=shlex.join(bound.restart) if bound.restart else f"restart toxiproxy {name} at {bound.api}",
        guardian=bound.guardian,
    )


def _before_service(hands: Hands, service: str) -> Way:
    front = front_of(hands, service)
    find = partial(front.pod, hands)
    api = hands.tunnel(front.name, front.namespace, find, API_PORT)
    guarded = hands.binding.images.guardian is not None

    def restart() -> None:
        pod = find()
        if pod is not None:
            hands.delete(pod, grace_s=0)  # its deployment makes another, with the configuration as it was

    return Way(
        server=Server(f"http://{api}"),
        proxy=lambda: _proxy_of(hands, front, service),
        gone=lambda: find() is None,
        restart=restart,
        restart_line=kubectl(hands, f"-n {front.namespace} delete pod -l {front.words}"),
        guardian=f"http://{hands.tunnel(front.name, front.namespace, find, GUARDIAN_PORT)}" if guarded else None,
    )


def _proxy_of(hands: Hands, front: Front, service: str) -> str:
    """Return the proxy of the port that clients call: the one that the binding says, or the only one."""
    port = hands.binding.services[service].port
    if port is None:
        ports = [each["port"] for each in hands.kube.get(front.target.path)["spec"]["ports"]]
        if len(ports) > 1:
            raise DeedFailed(f"{front.target} has ports {ports}: the binding's services.{service}.port must say which")
        (port,) = ports
    return f"port-{port}"
