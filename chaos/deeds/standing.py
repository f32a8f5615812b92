"""Whether a proxy that we have put into the cluster serves, seen before anybody is led to it."""

from __future__ import annotations

import socket
from functools import partial
from typing import Any

from chaos.deeds.attempts import until
from chaos.deeds.base import DeedFailed
from chaos.deeds.front import LISTEN_PORT, Front, link_of
from chaos.deeds.front_manifests import proxies
from chaos.deeds.hands import Hands
from chaos.deeds.ways import way_of
from chaos.kube import Ref
from chaos.toxiproxy import ProxyState, Server, ToxiproxyError

__all__ = ["wait_until_it_serves"]

STARTS_S = 60.0  # assumption: a pull of a 15 MB image, and a scheduler in arrears; where it is loaded: 2 s (measured)
REFUSES_S = 0.5  # a dial that is refused closes the connection within 0.3 ms (toxiproxy 2.12.0, measured), plus the way
CONNECT_S = 2.0  # assumption, as of every other call through a tunnel


def wait_until_it_serves(hands: Hands, front: Front, service: str, spec: dict[str, Any], upstream: str) -> str:
    """Wait until each proxy stands as configured and reaches the service behind it; return the pod's name.

    Raises DeedFailed with what the pod says if that takes more than STARTS_S.
    """
    server = way_of(hands, link_of(service)).server
    wanted = [
        ProxyState(each["name"], each["listen"], each["upstream"], enabled=True)
        for each in proxies(spec["ports"], upstream)
    ]
    if not until(lambda: front.pod(hands) is not None and all(_stands(server, proxy) for proxy in wanted), STARTS_S):
        raise DeedFailed(f"the proxy before {front.target} does not serve after {STARTS_S:g} s: {_said(hands, front)}")
    for number, proxy in enumerate(wanted):
        if _closes_at_once(hands, front, LISTEN_PORT + number):
            raise DeedFailed(f"the proxy before {front.target} gets no connection to {proxy.upstream}: refused")
    pod = front.pod(hands)
    if pod is None:
        raise DeedFailed(f"the proxy before {front.target} has gone again: {_said(hands, front)}")
    return pod.name


def _stands(server: Server, wanted: ProxyState) -> bool:
    try:
        now = server.proxy(wanted.name)
    except ToxiproxyError:
        return False
    # it tells the address that it got for ":20000": `[::]:20000`
    same_port = now.listen.rpartition(":")[2] == wanted.listen.rpartition(":")[2]
    return same_port and (now.upstream, now.enabled, now.toxics) == (wanted.upstream, True, ())


def _closes_at_once(hands: Hands, front: Front, port: int) -> bool:
    address = hands.tunnel(front.name, front.namespace, partial(front.pod, hands), port)
    host, _, local = address.rpartition(":")
    try:
        with socket.create_connection((host, int(local)), CONNECT_S) as through:
            through.settimeout(REFUSES_S)
            return through.recv(1) == b""
    except TimeoutError:
        return False  # it waits for us to speak: so it has its connection
    except OSError:
        return True


def _said(hands: Hands, front: Front) -> str:
    """Return why the pod does not run, in Kubernetes' words."""
    pods = hands.kube.list(Ref("Pod", "", front.namespace).folder, labelSelector=front.words)
    if not pods:
        return "there is no pod: a quota or an admission policy may forbid it"
    told = [
        f"{each['name']}: {state.get('reason', '')} {state.get('message', '')}".strip()
        for each in pods[0]["status"].get("containerStatuses", ())
        for state in each["state"].values()
        if "reason" in state
    ]
    unready = [each["message"] for each in pods[0]["status"].get("conditions", ()) if each.get("message")]
    return "; ".join(told or unready or [f"its phase is {pods[0]['status'].get('phase')}"])
