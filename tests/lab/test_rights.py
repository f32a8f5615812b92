"""The manifest of least rights, held against a real API server: enough for its experiment, and for nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from lab_cluster import ROOT, Cluster, weatherglass

from chaos.binding import read_binding
from chaos.kube import Kube

pytestmark = pytest.mark.cluster

RBAC = "/apis/rbac.authorization.k8s.io/v1"
FOLDERS = {
    "ServiceAccount": "/api/v1/namespaces/{}/serviceaccounts",
    "Role": RBAC + "/namespaces/{}/roles",
    "RoleBinding": RBAC + "/namespaces/{}/rolebindings",
    "ClusterRole": RBAC + "/clusterroles",
    "ClusterRoleBinding": RBAC + "/clusterrolebindings",
}
ACCOUNT = ("default", "chaos-runner")
CHANGES = {  # faults that need rights of the cluster, and are shorter than the scenario
    "remove": ["faults.power"],
    "add": {
        "faults.kill": {"kind": "pod_kill", "workload": "api", "at": "20s"},
        "faults.drained": {"kind": "drain", "node": "three", "at": "60s", "for": "20s"},
    },
}


def _binding(folder: Path, name: str, **changed: Any) -> Path:
    """Write the shipped binding for `node-lost`, with other faults, and with some sections changed."""
    data = yaml.safe_load((ROOT / "scenarios" / "bindings" / "lab-node-lost.yaml").read_text(encoding="utf-8"))
    data["set"] = {"run.duration": "2m", "run.warmup": "35s"}
    path = folder / f"{name}.yaml"
    path.write_text(yaml.safe_dump(data | CHANGES | changed, sort_keys=False), encoding="utf-8")
    return path


def _chaos(cluster: Cluster, command: str, binding: Path, *more: str, code: int = 0) -> str:
    words = ("chaos", command, "node-lost", "--binding", str(binding), "--lab", cluster.name, *more)
    return weatherglass(*words, state=cluster.state, code=code).stdout


def _path(manifest: dict[str, Any]) -> str:
    return FOLDERS[manifest["kind"]].format(manifest["metadata"].get("namespace", ""))


def _as_account(admin: Kube, config: Path, folder: Path) -> Path:
    """Write a kubeconfig of the service account, with a token of ten minutes."""
    namespace, name = ACCOUNT
    request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 600}}
    made = admin.create(f"/api/v1/namespaces/{namespace}/serviceaccounts/{name}/token", request)
    data = yaml.safe_load(config.read_text(encoding="utf-8"))
    data["users"] = [{"name": each["name"], "user": {"token": made["status"]["token"]}} for each in data["users"]]
    path = folder / "kubeconfig"
    path.write_text(yaml.safe_dump(data), encoding="utf-8")
    return path


def test_the_manifest_is_enough_and_what_is_missing_is_named(cluster: Cluster, tmp_path: Path) -> None:
    """A token of the account may do everything that check asks for; one verb less, and check names it."""
    lab = read_binding(cluster.lab.folders.binding).binding
    admin = Kube.of(Path(lab.cluster.kubeconfig), lab.cluster.context)
    printed = _chaos(cluster, "rbac", _binding(tmp_path, "admin"), "--service-account", "/".join(ACCOUNT))
    manifests = [*yaml.safe_load_all(printed)]
    try:
        for each in manifests:
            admin.create(_path(each), each)
        config = _as_account(admin, Path(lab.cluster.kubeconfig), tmp_path)
        binding = _binding(tmp_path, "account", cluster={"kubeconfig": str(config)})
        told = json.loads(_chaos(cluster, "check", binding, "--json"))
        assert told["refusals"] == []
        assert all(right["granted"] for right in told["rights"])
        assert "*" not in printed

        role = next(each for each in manifests if each["kind"] == "Role" and each["metadata"]["namespace"] == "shop")
        pods = next(rule for rule in role["rules"] if rule["resources"] == ["pods"])
        pods["verbs"].remove("delete")
        admin.replace(f"{_path(role)}/{role['metadata']['name']}", role)
        told = json.loads(_chaos(cluster, "check", binding, "--json", code=2))
        assert [each["sought"] for each in told["refusals"]] == ["delete pods in namespace shop (for faults.kill)"]
    finally:
        for each in manifests:
            admin.delete(f"{_path(each)}/{each['metadata']['name']}")
