"""A service is led to the proxy before it, and back: its selector and its target ports, and nothing else of it."""

from __future__ import annotations

import time
from typing import Any

from chaos.deeds.attempts import tried, until
from chaos.deeds.base import DeedFailed, NoEffect, TargetGone
from chaos.deeds.front import OF, Front
from chaos.deeds.front_manifests import ports_swapped
from chaos.deeds.hands import Hands
from chaos.deeds.objects import still
from chaos.kube import Ref

__all__ = ["put_back", "refusal", "swap", "wait_until_it_leads_to", "way_back"]

LEADS_S = 10.0  # assumption: the endpoints follow a selector within a second where no controller is in arrears
RULES_S = 1.0  # source: kubernetes 1.34.4, pkg/proxy/iptables: rules are written at most once a second


def refusal(service: dict[str, Any]) -> str | None:
    """Return why a service can't be put behind a proxy; None if it can."""
    spec = service["spec"]
    if OF in (spec.get("selector") or {}):
        return "it is behind one already; `weatherglass chaos undo` takes it out"
    if spec.get("type") == "ExternalName":
        return "it is only a name for something outside of the cluster (ExternalName)"
    if spec.get("clusterIP") == "None":
        return "it is headless: its clients go to the pods themselves"
    if not spec.get("selector"):
        return "it has no selector: somebody else writes its endpoints"
    if others := [str(port["port"]) for port in spec["ports"] if port.get("protocol", "TCP") != "TCP"]:
        return f"ports {', '.join(others)} are not TCP, and toxiproxy knows TCP only"
    local = [key for key in ("externalTrafficPolicy", "internalTrafficPolicy") if spec.get(key) == "Local"]
    return f"{' and '.join(local)}: Local, and the proxy is on one node only" if local else None


def swap(hands: Hands, front: Front, uid: str, spec: dict[str, Any]) -> None:
    """Lead the service to the proxy, if it still is as it was. Raises TargetGone, DeedFailed, NoEffect."""
    now = still(hands, front.target, uid)
    if now is None:
        raise TargetGone(f"{front.target} is gone, or another one has its name")
    if (now["spec"].get("selector"), now["spec"]["ports"]) != (spec["selector"], spec["ports"]):
        raise DeedFailed(f"{front.target} was changed by somebody else since it was looked at")
    version = {"metadata": {"resourceVersion": now["metadata"]["resourceVersion"]}}
    hands.patch(front.target, version | _led(spec["selector"], front.selector, ports_swapped(spec["ports"])))
    if not _is_ours(hands.kube.get(front.target.path), front):
        raise NoEffect(f"{front.target}: the swap of its selector was accepted, and read back it is as before")


def way_back(front: Front, spec: dict[str, Any], now: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return the patch that leads the service back to its pods.

    `now`: its spec as it is. Our key goes; keys and ports that somebody has written meanwhile stay as they are.
    """
    now = {"selector": front.selector, "ports": ports_swapped(spec["ports"])} if now is None else now
    swapped = zip(ports_swapped(spec["ports"]), spec["ports"], strict=True)
    ours = {(to_proxy["port"], to_proxy["targetPort"]): before for to_proxy, before in swapped}
    ports = [ours.get((port["port"], port.get("targetPort")), port) for port in now["ports"]]
    return _led(front.selector, spec["selector"] | {k: v for k, v in now["selector"].items() if k != OF}, ports)


def put_back(hands: Hands, front: Front, uid: str, spec: dict[str, Any]) -> str:
    """Lead the service back to its pods, and wait until it leads there; return how. Raises KubeError, DeedFailed."""
    return tried(lambda: _back(hands, front, uid, spec))


def _back(hands: Hands, front: Front, uid: str, spec: dict[str, Any]) -> str:
    now = still(hands, front.target, uid)
    if now is None:
        return f"{front.target} is gone"
    if OF not in (now["spec"].get("selector") or {}):
        return f"{front.target} does not lead to the proxy"
    version = {"metadata": {"resourceVersion": now["metadata"]["resourceVersion"]}}
    wanted = way_back(front, spec, now["spec"])
    now = hands.patch(front.target, version | wanted)
    if OF in (now["spec"].get("selector") or {}) or now["spec"]["ports"] != wanted["spec"]["ports"]:
        raise DeedFailed(f"{front.target}: read back, its selector and ports are {now['spec']}, not {wanted['spec']}")
    wait_until_it_leads_to(hands, front, ours=False)  # the proxy is removed next
    return f"{front.target} has its selector and ports as before"


def wait_until_it_leads_to(hands: Hands, front: Front, *, ours: bool) -> bool:
    """Wait until the service's endpoints are the proxy's pod alone (or, not `ours`, any but that); at most LEADS_S.

    Raises NoEffect for the former; the way back is not held up by pods that are gone for reasons of their own.
    """
    led = until(lambda: _leads_to(hands, front, ours=ours), LEADS_S)
    if ours and not led:
        raise NoEffect(f"{front.target} has the proxy's selector, and after {LEADS_S:g} s still other endpoints")
    time.sleep(RULES_S)  # until then nodes may still send new connections where it led before
    return led


def _leads_to(hands: Hands, front: Front, *, ours: bool) -> bool:
    folder = Ref("EndpointSlice", "", front.namespace).folder
    slices = hands.kube.list(folder, labelSelector=f"kubernetes.io/service-name={front.service}")
    pods = [end.get("targetRef", {}).get("name", "") for each in slices for end in each.get("endpoints") or ()]
    proxied = [name.startswith(f"{front.name}-") for name in pods]
    return bool(proxied) and all(proxied) if ours else not any(proxied)


def _is_ours(service: dict[str, Any], front: Front) -> bool:
    return bool(service["spec"].get("selector") == front.selector)


def _led(old: dict[str, str], new: dict[str, str], ports: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a merge patch from one selector to another: what a merge does not name stays, so the old keys are null."""
    return {"spec": {"selector": {**dict.fromkeys(old, None), **new}, "ports": ports}}
