"""`weatherglass chaos …` as a person or a CI job starts it on a lab, and what it leaves: for whole experiments."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from chaos_runs import BINDING, Runs, scenario, standing
from junitparser import JUnitXml
from lab_cluster import ROOT, Cluster

from chaos.binding import read_binding
from chaos.check import bound_plan
from chaos.check.lease import lease_ref
from chaos.kube import Ref
from chaos.ledger.copy import LABEL
from sim.plan import Plan
from sim.record import Journal

__all__ = ["Commands", "Done"]

ENDS_S = 900.0  # bounds a hang: the longest scenario here is planned for six minutes
SHIPPED = ROOT / "scenarios" / "bindings"
LISTED = ("Pod", "Service", "Deployment", "ReplicaSet", "StatefulSet", "ConfigMap", "NetworkPolicy", "Lease")
WORDS = {"failure": "broken", "passed": "held", "error": "undecided"}


@dataclass(frozen=True)
class Done:
    """What a run left: its exit code, what it said, and its folder."""

    code: int
    out: str
    err: str
    folder: Path

    def events(self, *kinds: str) -> list[Any]:
        return [event for event in Journal.read(self.folder).events if event.kind in kinds]

    def cases(self) -> dict[str, str]:
        """Return how JUnit names the end of each case: failure, error, skipped or passed."""
        cases = [case for suite in JUnitXml.fromfile(str(self.folder / "junit.xml")) for case in suite]
        return {case.name: type(case.result[0]).__name__.lower() if case.result else "passed" for case in cases}

    def verdicts(self) -> dict[str, str]:
        """Return the ends of the objectives, in the simulator's words."""
        ends = {name.removeprefix("objective/"): end for name, end in self.cases().items() if "objective/" in name}
        return {name: WORDS[end] for name, end in ends.items()}

    def undone(self) -> list[str]:
        """Return the last state of each deed in the ledger."""
        lines = [json.loads(line) for line in (self.folder / "ledger.jsonl").read_text().splitlines()[1:]]
        return list({line["number"]: line["state"] for line in lines}.values())


class Commands:
    """`weatherglass chaos …` against the lab, from a folder of their own; and the cluster that they leave as it was."""

    def __init__(self, cluster: Cluster, folder: Path) -> None:
        self.cluster, self.folder, self.runs = cluster, folder, Runs(cluster, folder)
        self._environ = {**os.environ, "XDG_STATE_HOME": str(cluster.state), "PYTHONPATH": str(ROOT), "COLUMNS": "400"}

    @contextmanager
    def begun(self, verb: str, what: str, binding: str, *more: str, tty: int = subprocess.DEVNULL) -> Iterator[Any]:
        """Begin a command; what still lives afterwards dies. `tty`: the terminal that it is started from."""
        words = ("chaos", verb, what, "--binding", binding, "--lab", self.cluster.name, *more)
        of_terminal = () if tty < 0 else ("setsid", "--ctty")  # its Ctrl-C is for this command
        process = subprocess.Popen(
            (*of_terminal, sys.executable, "-m", "chaos", *words),
            env=self._environ,
            cwd=self.folder,
            stdin=tty,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            yield process
        finally:
            process.kill()
            process.communicate()

    def ended(self, process: Any) -> Done:
        out, err = process.communicate(timeout=ENDS_S)
        return Done(process.returncode, out, err, self.folder / "run")

    def __call__(self, verb: str, what: str, binding: str, *more: str) -> Done:
        with self.begun(verb, what, binding, *more) as process:
            return self.ended(process)

    def run(self, what: str, binding: str, *more: str) -> Done:
        """Run a scenario; whatever comes of it, the cluster is as before, and nothing of ours is in it."""
        before = standing(self.runs.hands)
        done = self("run", what, binding, "--yes", "--out", str(self.folder / "run"), *more)
        self.as_before(before, done)
        return done

    def as_before(self, before: dict[str, Any], done: Done) -> None:
        assert "Traceback" not in done.err
        assert set(done.undone()) == {"undone"}, done.err
        assert self._ours() == []
        assert self.runs.settled(before) == {}

    def _ours(self) -> list[str]:
        kube, home = self.runs.hands.kube, self.runs.binding.cluster.home
        copies = kube.list(Ref("ConfigMap", "", home).folder, labelSelector=LABEL)
        lease = kube.find(lease_ref(self.runs.binding).path)
        return [each["metadata"]["name"] for each in copies] + (["the lease"] if lease is not None else [])

    def listing(self) -> dict[str, str]:
        """Return what `kubectl get` lists in the binding's namespaces, each object by its UID."""
        kube, spaces = self.runs.hands.kube, self.runs.binding.allow.namespaces
        found = {kind: [each for space in spaces for each in kube.list(Ref(kind, "", space).folder)] for kind in LISTED}
        return {
            f"{kind} {each['metadata']['namespace']}/{each['metadata']['name']}": each["metadata"]["uid"]
            for kind, listed in found.items()
            for each in listed
        }

    def told(self, done: Done) -> list[str]:
        """Return the reasons of the events in the cluster that the run wrote, the first one first."""
        kube, home = self.runs.hands.kube, self.runs.binding.cluster.home
        begins = f"weatherglass-{json.loads((done.folder / 'ledger.jsonl').read_text().splitlines()[0])['run']}."
        found = kube.list(Ref("Event", "", home).folder, fieldSelector="source=weatherglass")
        ours = {each["metadata"]["name"].removeprefix(begins): each["reason"] for each in found}
        return [ours[number] for number in sorted(filter(str.isdigit, ours), key=int)]

    def shortened(self, name: str, **changes: str) -> str:
        """Write a shipped binding with other lengths; return its path. Nobody has to stop the run."""
        data = yaml.safe_load((SHIPPED / f"{name}.yaml").read_text(encoding="utf-8"))
        data["set"] = data.get("set", {}) | {key.replace("__", "."): value for key, value in changes.items()}
        path = self.folder / f"{name}.yaml"
        path.write_text(yaml.safe_dump(data | {"stop": {"broken_for": None}}), encoding="utf-8")
        return str(path)

    def plan(self, what: str, binding: str, option: str | None = None, seed: int | None = None) -> Plan:
        """Return the plan that a run plays."""
        path = binding if Path(binding).is_file() else str(SHIPPED / f"{binding}.yaml")
        return bound_plan(what, read_binding(path, lambda: self.cluster.lab.folders.binding), option, seed)

    def small(self, *faults: str, duration_s: float = 8.0, for_s: float = 4.0) -> tuple[str, str]:
        """Write a scenario of a few seconds: latency before a service that no proxy of the lab stands before.

        The warm-up is longer than the steady state's window: kube-proxies have to learn of the proxy's endpoint.
        """
        made = scenario(faults or ("proxied",), duration_s, at="1s", **{"for": f"{for_s:g}s"})
        made["run"] |= {"warmup": "12s"}
        told, bound = self.folder / "small.yaml", self.folder / "binding.yaml"
        told.write_text(json.dumps(made))  # JSON is YAML
        bound.write_text(json.dumps(BINDING))
        return str(told), str(bound)
