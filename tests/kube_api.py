"""An API server for tests: real HTTP, objects as plain data, and a list of everything that was asked for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import yaml

__all__ = ["SECRET", "KubeApi", "kubeconfig", "node", "pod", "running", "workload"]

SECRET = "t0ken-of-nobody"  # noqa: S105  (looked for in everything that is printed)
REVIEW = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
ROOTS = {"Deployment": "/apis/apps/v1", "StatefulSet": "/apis/apps/v1", "Lease": "/apis/coordination.k8s.io/v1"}


class KubeApi:
    """Holds objects by their path; `denied`: (verb, resource) that nobody may; `writes`: every call that changes."""

    def __init__(self) -> None:
        self.objects: dict[str, dict[str, Any]] = {}
        self.denied: set[tuple[str, str]] = set()
        self.asked: list[dict[str, Any]] = []
        self.writes: list[tuple[str, str]] = []

    def put(self, *manifests: dict[str, Any]) -> None:
        """Let objects be there."""
        for each in manifests:
            metadata = each["metadata"]
            metadata.setdefault("uid", f"uid-of-{each['kind'].lower()}-{metadata['name']}")
            metadata.setdefault("resourceVersion", "1")
            space = f"/namespaces/{metadata['namespace']}" if "namespace" in metadata else ""
            root = ROOTS.get(each["kind"], "/api/v1")
            self.objects[f"{root}{space}/{each['kind'].lower()}s/{metadata['name']}"] = each

    def answer(self, method: str, path: str, body: Any) -> tuple[int, dict[str, Any]]:
        """Return status and body, as the API server does."""
        if path == "/version":
            return 200, {"gitVersion": "v1.34.4"}
        if (method, path) == ("POST", REVIEW):
            asked = body["spec"]["resourceAttributes"]
            self.asked.append(asked)
            return 201, {"status": {"allowed": (asked["verb"], asked["resource"]) not in self.denied}}
        if method != "GET":
            self.writes.append((method, path))
            return 403, _no("Forbidden", "nothing may be written here")
        return self._read(path)

    def _read(self, path: str) -> tuple[int, dict[str, Any]]:
        if path in self.objects:
            return 200, self.objects[path]
        resource = path.rpartition("/")[2]
        if ("list", resource) in self.denied or ("list all", path) in self.denied:
            return 403, _no("Forbidden", f"cannot list {resource}")
        if resource.endswith("s"):
            return 200, {"items": [each for at, each in self.objects.items() if _is_in(at.rpartition("/")[0], path)]}
        return 404, _no("NotFound", f"{path} not found")


def _is_in(folder: str, asked: str) -> bool:
    """A list without a namespace has the objects of all."""
    root, namespaced, rest = folder.partition("/namespaces/")
    return folder == asked or (bool(namespaced) and asked == f"{root}/{rest.partition('/')[2]}")


def _selected(told: dict[str, Any], query: dict[str, list[str]]) -> dict[str, Any]:
    """Of all field selectors it knows one: on which node a pod is."""
    for node in (each.removeprefix("spec.nodeName=") for each in query.get("fieldSelector", ())):
        told = (
            {"items": [each for each in told["items"] if each["spec"]["nodeName"] == node]} if "items" in told else told
        )
    return told


def _no(reason: str, message: str) -> dict[str, Any]:
    return {"kind": "Status", "reason": reason, "message": message}


@contextmanager
def running(api: KubeApi) -> Iterator[str]:
    """Serve it on the loopback and yield its URL."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _any(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            asked = urlsplit(self.path)
            status, told = api.answer(self.command, asked.path, body)
            told = _selected(told, parse_qs(asked.query))
            data = json.dumps(told).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _any  # noqa: N815  (names of http.server)

        def log_message(self, *_: Any) -> None:
            """Be quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def kubeconfig(path: Path, server: str, context: str = "staging", secret: str = SECRET) -> Path:
    """Write a kubeconfig of one context, and another one as the current."""
    cluster = {"name": "c", "cluster": {"server": server}}
    user = {"name": "u", "user": {"token": secret}}
    contexts = [{"name": name, "context": {"cluster": "c", "user": "u"}} for name in (context, "the-current-one")]
    data = {"apiVersion": "v1", "kind": "Config", "current-context": "the-current-one"}
    path.write_text(yaml.safe_dump({**data, "clusters": [cluster], "users": [user], "contexts": contexts}))
    return path


def node(name: str, *, ready: bool = True, control_plane: bool = False) -> dict[str, Any]:
    """Return a node."""
    labels = {"node-role.kubernetes.io/control-plane": ""} if control_plane else {}
    conditions = [{"type": "Ready", "status": "True" if ready else "Unknown"}]
    return {
        "kind": "Node",
        "metadata": {"name": name, "labels": labels},
        "spec": {},
        "status": {"conditions": conditions},
    }


def workload(name: str, replicas: int, namespace: str = "shop", kind: str = "Deployment") -> dict[str, Any]:
    """Return a workload."""
    return {"kind": kind, "metadata": {"name": name, "namespace": namespace}, "spec": {"replicas": replicas}}


def pod(of: str, number: int, on: str, *, ready: bool = True, namespace: str = "shop") -> dict[str, Any]:
    """Return a pod of a deployment."""
    owner = {"kind": "ReplicaSet", "name": f"{of}-abc", "controller": True}
    metadata = {"name": f"{of}-abc-{number}", "namespace": namespace, "labels": {"pod-template-hash": "abc"}}
    conditions = [{"type": "Ready", "status": "True" if ready else "False"}]
    return {
        "kind": "Pod",
        "metadata": {**metadata, "ownerReferences": [owner]},
        "spec": {"nodeName": on},
        "status": {"conditions": conditions},
    }
