"""What is put before a service: toxiproxy in a pod with the least that it needs, and a service behind it.

No privilege, no root, no token, nothing writable but the guardian's state; no custom resource, webhook or finalizer.
"""

from __future__ import annotations

import json
from typing import Any

from chaos.binding import Images
from chaos.deeds.front import API_PORT, BY, GUARDIAN_PORT, LISTEN_PORT, OF, Front

__all__ = ["manifests", "ports_swapped", "proxies"]

NOBODY = 65_534
STATE = "/state"
CONFIG = "/etc/toxiproxy"
# assumption: 12 MB idle and 51 KiB a connection with a latency toxic (toxiproxy 2.12.0, measured): room for 4,000
MEMORY = {"requests": "32Mi", "limits": "256Mi"}
# assumption: half the work of a busy proxy is asked for; without a limit, which would be a latency of its own
CPU = {"requests": "100m"}
GUARDIAN_MEMORY = {"requests": "8Mi", "limits": "32Mi"}  # assumption: it idles at 6 MB
LOCKED = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "readOnlyRootFilesystem": True,
}


def proxies(ports: list[dict[str, Any]], upstream: str) -> list[dict[str, Any]]:
    """Return the proxies of toxiproxy's configuration: one a port of the service, all healthy.

    They listen on the pod's own address and loopback, which is all that a pod has; the API is not among them.
    """
    host = f"[{upstream}]" if ":" in upstream else upstream
    return [
        {
            "name": f"port-{port['port']}",
            "listen": f":{LISTEN_PORT + number}",
            "upstream": f"{host}:{port['port']}",
            "enabled": True,
        }
        for number, port in enumerate(ports)
    ]


def ports_swapped(ports: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return a service's ports as they lead to the proxy."""
    return [port | {"targetPort": LISTEN_PORT + number} for number, port in enumerate(ports)]


def manifests(
    front: Front, run: str, spec: dict[str, Any], images: Images, upstream: str
) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Return service, config map and deployment. `spec`: the service's own; `upstream`: the new service's address.

    (The address is known only once that service is made: whoever makes it asks again with it.)
    """
    ports = spec["ports"]
    config = {"proxies.json": json.dumps(proxies(ports, upstream), indent=1)}
    return (
        _object("v1", "Service", front, run) | {"spec": _service_spec(spec)},
        _object("v1", "ConfigMap", front, run) | {"data": config},
        _object("apps/v1", "Deployment", front, run) | {"spec": _deployment_spec(front, run, images, ports)},
    )


def _object(version: str, kind: str, front: Front, run: str) -> dict[str, Any]:
    metadata = {"name": front.name, "namespace": front.namespace, "labels": _labels(front, run)}
    return {"apiVersion": version, "kind": kind, "metadata": metadata}


def _labels(front: Front, run: str) -> dict[str, str]:
    return {"app.kubernetes.io/managed-by": "weatherglass", OF: front.service, BY: run}


def _service_spec(spec: dict[str, Any]) -> dict[str, Any]:
    kept = ("name", "port", "protocol", "targetPort", "appProtocol")
    ports = [{key: port[key] for key in kept if key in port} for port in spec["ports"]]
    families = {key: value for key, value in spec.items() if key in ("ipFamilies", "ipFamilyPolicy")}
    return {"type": "ClusterIP", "selector": spec["selector"], "ports": ports, **families}


def _deployment_spec(front: Front, run: str, images: Images, ports: list[dict[str, Any]]) -> dict[str, Any]:
    containers = [_toxiproxy(images, len(ports))]
    if images.guardian is not None:
        containers.append(_guardian(images))
    pod = {
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "shareProcessNamespace": images.guardian is not None,  # so that the guardian can end a toxiproxy that hangs
        "terminationGracePeriodSeconds": 1,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": NOBODY,
            "runAsGroup": NOBODY,
            "fsGroup": NOBODY,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": containers,
        "volumes": [
            {"name": "config", "configMap": {"name": front.name}},
            {"name": "state", "emptyDir": {"sizeLimit": "1Mi"}},
        ],
    }
    return {
        "replicas": 1,
        "revisionHistoryLimit": 0,
        "selector": {"matchLabels": front.selector},
        "template": {"metadata": {"labels": _labels(front, run)}, "spec": pod},
    }


def _toxiproxy(images: Images, ports: int) -> dict[str, Any]:
    """No probe: its API is not on the pod's address, and a probe of a proxy would be a connection to the service."""
    return {
        "name": "toxiproxy",
        "image": images.toxiproxy,
        "imagePullPolicy": images.pull,
        "args": ["-host", "127.0.0.1", "-port", str(API_PORT), "-config", f"{CONFIG}/proxies.json"],
        "env": [{"name": "LOG_LEVEL", "value": "error"}],
        "ports": [{"containerPort": LISTEN_PORT + number} for number in range(ports)],
        "resources": {
            "requests": {"memory": MEMORY["requests"], "cpu": CPU["requests"]},
            "limits": {"memory": MEMORY["limits"]},
        },
        "securityContext": LOCKED,
        "volumeMounts": [{"name": "config", "mountPath": CONFIG, "readOnly": True}],
    }


def _guardian(images: Images) -> dict[str, Any]:
    return {
        "name": "guardian",
        "image": images.guardian,
        "imagePullPolicy": images.pull,
        "args": [
            *("-listen", f"127.0.0.1:{GUARDIAN_PORT}"),
            *("-toxiproxy", f"http://127.0.0.1:{API_PORT}"),
            *("-state", f"{STATE}/guardian.json"),
            *("-kill", images.program),
        ],
        "resources": {
            "requests": {"memory": GUARDIAN_MEMORY["requests"], "cpu": "10m"},
            "limits": {"memory": GUARDIAN_MEMORY["limits"]},
        },
        "securityContext": LOCKED,
        "volumeMounts": [{"name": "state", "mountPath": STATE}],
    }
