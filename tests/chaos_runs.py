"""Runs of the real command on a lab, as tests start, stop and kill them; and what stands before and after."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from lab_cluster import ROOT, Cluster, wait_for

from chaos.binding import Binding, read_binding
from chaos.deeds import Hands
from chaos.kube import Ref

__all__ = ["FAULTS", "Ending", "Runs", "differences", "links", "scenario", "standing"]

ENDS_S = 120.0  # bounds a hang; a run of these takes 10 s on a machine that does nothing else
KINDS = ("Service", "ConfigMap", "Deployment", "StatefulSet", "PodDisruptionBudget", "NetworkPolicy", "Lease")
OF_THE_SERVER = ("resourceVersion", "generation", "managedFields")
OF_ROLLOUTS = re.compile(r"deployment.kubernetes.io/revision|kubectl.kubernetes.io/restartedAt")

FAULTS: dict[str, dict[str, Any]] = {
    "nothing": {"kind": "noop", "for": "1s"},
    "slow": {"kind": "latency", "path": "client->front", "added": "100ms", "for": "2s"},
    "cut": {"kind": "kubelet_stop", "node": "node-1", "how": "cut", "for": "2s"},
    "stopped": {"kind": "kubelet_stop", "node": "node-2", "how": "killed", "for": "2s"},
    "fewer": {"kind": "scale", "workload": "stock", "replicas": 2, "for": "2s"},
    "again": {"kind": "rollout_restart", "workload": "front"},
    "killed": {"kind": "pod_kill", "workload": "cart"},
    "drained": {"kind": "drain", "node": "node-3", "for": "2s"},
    "proxied": {"kind": "latency", "path": "other->cart", "added": "50ms", "for": "2s"},
}
"""Together they do every deed that a lab's own binding leads to."""

BINDING: dict[str, Any] = {
    "version": 1,
    "extends": "lab",
    "name": "killed",
    "why": "the lab as it is; `other` has no proxy in its way, so one is put before its service",
    "clients": {"other": {"like": "client", "link": None}},
    "stop": {"broken_for": None, "unknown_for": None},  # what is stopped here is stopped by the test
}


def scenario(faults: tuple[str, ...], duration_s: float = 4.0, **changes: Any) -> dict[str, Any]:
    """Return a scenario of some of FAULTS, all at once; `changes` goes into each of them."""
    serves = {"replicas": 3, "serves": {"takes": "5ms", "at_once": 8}}
    client = {"from": "outside", "arrivals": {"poisson": "20/s"}, "policy": "none"}
    probe = {"of": "client/client", "metric": "call_ok_share", "at_least": "1%"}
    return {
        "version": 1,
        "name": "killed",
        "why": "test",
        "run": {"duration": f"{duration_s:g}s", "warmup": "5s", "seed": 3},
        "cluster": {"nodes": {f"node-{number}": {} for number in (1, 2, 3)}},
        "workloads": dict.fromkeys(("front", "cart", "stock"), serves),
        "services": {name: {"of": name} for name in ("front", "cart")},
        "external": {"outside": {"reached": {"via": "node-1", "latency": "1ms"}}},
        "clients": {"client": client | {"to": "front"}, "other": client | {"to": "cart"}},
        "faults": {name: {"at": "500ms"} | FAULTS[name] | changes for name in faults},
        "steady": {"calls": probe | {"every": "2s"}},
        "objectives": {"answers": probe},
    }


class Ending(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str


class Runs:
    """Commands against one lab, from a folder of their own. `hands`: for looking at the cluster."""

    def __init__(self, cluster: Cluster, folder: Path) -> None:
        self.cluster, self.folder = cluster, folder
        self.out = folder / "run"
        (folder / "binding.yaml").write_text(json.dumps(BINDING))  # JSON is YAML
        self.binding: Binding = read_binding(cluster.lab.folders.binding).binding
        self.hands = Hands(self.binding, limit_s=20.0)
        self._environ = {**os.environ, "XDG_STATE_HOME": str(cluster.state), "PYTHONPATH": str(ROOT)}

    @contextmanager
    def run(
        self, told: dict[str, Any], how: dict[str, Any], out: Path | None = None
    ) -> Iterator[subprocess.Popen[str]]:
        """Begin a run of a scenario, driven as `how` says (tests/chaos_driver.py); what still lives afterwards dies."""
        path = self.folder / "scenario.yaml"
        path.write_text(json.dumps(told))
        process = self._begin(how, "run", str(path), "--yes", "--out", str(out or self.out))
        try:
            yield process
        finally:
            process.kill()
            process.communicate()

    def ended(self, process: subprocess.Popen[str]) -> Ending:
        """Wait for its end, which must not take long."""
        out, err = process.communicate(timeout=ENDS_S)
        return Ending(process.returncode, out, err)

    def undo(self, *arguments: str, how: dict[str, Any] | None = None) -> Ending:
        """Run `chaos undo`, driven as `how` says."""
        return self.ended(self._begin(how or {}, "undo", *arguments))

    def answered(self) -> bool:
        """Return whether the client's entry answers with 200."""
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(self.binding.clients["client"].url, timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def refusals(self) -> list[str]:
        """Return what `chaos check` says to do about each thing that speaks against the last scenario."""
        told = self.ended(self._begin({}, "check", str(self.folder / "scenario.yaml"), "--json"))
        return [each["accepted"] for each in json.loads(told.out)["refusals"]]

    def proxies(self) -> dict[str, Any]:
        """Return every toxiproxy's state, as it answers; nothing of one that does not."""
        return _all_proxies(self.binding)

    def _begin(self, how: dict[str, Any], verb: str, *arguments: str) -> subprocess.Popen[str]:
        bound = ("--binding", str(self.folder / "binding.yaml"), "--lab", self.cluster.name)
        driver = str(ROOT / "tests" / "chaos_driver.py")
        return subprocess.Popen(
            (sys.executable, driver, json.dumps(how), "chaos", verb, *arguments, *bound),
            env=self._environ,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def ledger(self) -> list[tuple[str, str]]:
        """Return deed and state of each line of the ledger, without its header; nothing while there is none."""
        path = self.out / "ledger.jsonl"
        lines = path.read_text().splitlines()[1:] if path.exists() else []
        told = [json.loads(line) for line in lines if line.endswith("}")]
        return [(line["deed"]["deed"], line["state"]) for line in told]

    def wait_for(self, deed: str, state: str) -> None:
        """Wait until the ledger has this line."""
        wait_for(lambda: (deed, state) in self.ledger(), ENDS_S, f"{deed} is {state}")

    def settled(self, before: dict[str, Any], limit_s: float = 90.0) -> dict[str, Any]:
        """Return what differs from before, once nothing does, or after `limit_s`: controllers need their time."""
        until_s = time.monotonic() + limit_s
        while (found := differences(before, standing(self.hands))) and time.monotonic() < until_s:
            time.sleep(0.5)
        return found


def standing(hands: Hands) -> dict[str, Any]:
    """Return all objects of the cluster that a run could change, and every toxiproxy's state, as they answer.

    Without what the API server counts; without the revision and the time of a rollout, which a restart leaves for
    good (chaos.deeds.rollout); without statuses, and the contents of leases.
    """
    found = _all_proxies(hands.binding)
    for node in hands.kube.list(Ref("Node", "").folder):
        found[f"Node {node['metadata']['name']}"] = _kept(node)
    for space in hands.binding.allow.namespaces:
        for kind in KINDS:
            for each in hands.kube.list(Ref(kind, "", space).folder):
                name = f"{kind} {space}/{each['metadata']['name']}"
                found[name] = True if kind == "Lease" else _kept(each)
    return found


def differences(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """Return what is not the same, by name: before and after."""
    names = dict.fromkeys((*before, *after))
    return {name: (before.get(name), after.get(name)) for name in names if before.get(name) != after.get(name)}


def links(things: dict[str, Any]) -> dict[str, Any]:
    """Return of what stands only the toxiproxies: what guardians answer for."""
    return {name: each for name, each in things.items() if name.startswith("toxiproxy ")}


def _kept(thing: dict[str, Any]) -> str:
    metadata = {key: value for key, value in thing["metadata"].items() if key not in OF_THE_SERVER}
    kept = {key: value for key, value in thing.items() if key != "status"} | {"metadata": metadata}
    return json.dumps(_without_rollouts(kept), sort_keys=True)


def _without_rollouts(thing: Any) -> Any:
    """Drop a rollout's marks, and what they leave empty."""
    if isinstance(thing, list):
        return [_without_rollouts(each) for each in thing]
    if not isinstance(thing, dict):
        return thing
    kept = {key: _without_rollouts(value) for key, value in thing.items() if not OF_ROLLOUTS.fullmatch(key)}
    return {key: value for key, value in kept.items() if key != "annotations" or value}


def _all_proxies(binding: Binding) -> dict[str, Any]:
    return {f"toxiproxy {name}": _proxies(each.api) for name, each in binding.toxiproxies.items()}


def _proxies(api: str) -> Any:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{api}/proxies", timeout=5) as answer:
            return json.load(answer)
    except OSError as error:
        return str(error)
