"""`weatherglass chaos undo`: one run that cannot be undone, or nobody who reads, keeps no other from being undone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from kube_api import KubeApi, kubeconfig, running

import chaos
from chaos.cli import app  # noqa: F401  (adds the commands)
from chaos.ledger import Entry, Header
from chaos.ledger.copy import LABEL
from sim.cli import main
from tests.switches import Board

ROOT = Path(chaos.__file__).resolve().parent.parent
LEASE = "/apis/coordination.k8s.io/v1/namespaces/chaos/leases/weatherglass"
HEADER = Header("run", "node-lost", "as-written", 7, "2026-01-01T00:00:00+00:00", "staging.yaml", "somebody")


class _Renewed(KubeApi):
    """Somebody renews the lease, if there is one, at every look."""

    def answer(self, method: str, path: str, body: Any) -> tuple[int, dict[str, Any]]:
        if path in self.objects and path == LEASE:
            metadata = self.objects[path]["metadata"]
            metadata["resourceVersion"] = str(int(metadata["resourceVersion"]) + 1)
        return super().answer(method, path, body)


@pytest.fixture
def left(tmp_path: Path) -> Iterator[SimpleNamespace]:
    """Three runs that died, each with a thing that is broken; the cluster knows of all of them."""
    api, board = _Renewed(), Board(tmp_path)
    for name in board.names:
        (tmp_path / name).touch()
        entry = Entry(0, "fault/a/0", board.deed(name).model_dump(mode="json"), "done")
        metadata = {"name": f"weatherglass-{name}", "namespace": "chaos", "labels": {LABEL: name}}
        text = f"{replace(HEADER, run=name).line()}\n{entry.line()}\n"
        api.put({"kind": "ConfigMap", "metadata": metadata, "data": {"ledger.jsonl": text}})
    with running(api) as url:
        allow = {"components": list(board.names), "namespaces": ["chaos"]}
        commands = {verb: list(words) for verb, words in board.hands.binding.commands.items()}
        config = kubeconfig(tmp_path / "kubeconfig", url)
        cluster = {"kubeconfig": str(config), "context": "staging", "home": "chaos"}
        binding = tmp_path / "binding.yaml"
        told = {"version": 1, "name": "b", "why": "w", "cluster": cluster, "commands": commands, "allow": allow}
        binding.write_text(yaml.safe_dump(told))
        yield SimpleNamespace(api=api, board=board, arguments=["chaos", "undo", "--binding", str(binding)])


def _odd(api: KubeApi, run: str) -> None:
    api.objects[f"/api/v1/namespaces/chaos/configmaps/weatherglass-{run}"]["data"] = {"ledger.jsonl": "mine now"}


def _alive(api: KubeApi, run: str) -> None:
    spec = {"holderIdentity": f"{run} by somebody", "leaseDurationSeconds": 15, "renewTime": "2001-01-01T00:00:00Z"}
    api.put({"kind": "Lease", "metadata": {"name": "weatherglass", "namespace": "chaos"}, "spec": spec})


def test_a_copy_that_nobody_can_read_is_left_and_all_others_are_undone(left: Any, capsys: Any) -> None:
    """Exit code 4, since something may be left; the name and what a person can do, for people and machines."""
    _odd(left.api, "one")
    assert main([*left.arguments, "--json"]) == 4
    heard = capsys.readouterr()
    assert left.board.broken == ["one"]
    assert "LEFT    a run that nobody can tell: configmap weatherglass-one: this is no ledger" in heard.err
    assert "delete -n chaos configmap/weatherglass-one" in heard.err
    rows = json.loads(heard.out)
    assert [(row["run"], row["undone"]) for row in rows] == [("", False), ("two", True), ("three", True)]
    assert rows[0]["deed"] == "configmap weatherglass-one"


def test_a_run_that_lives_is_let_be_and_all_others_are_undone(left: Any, capsys: Any) -> None:
    """Exit code 3: it undoes what it does by itself."""
    _alive(left.api, "one")
    assert main(left.arguments) == 3
    heard = capsys.readouterr().err
    assert left.board.broken == ["one"]
    assert "ERROR   run one is still alive (one by somebody" in heard
    assert "delete lease weatherglass" in heard


def test_what_is_left_counts_more_than_who_lives(left: Any, capsys: Any) -> None:
    """Exit code 4 then; and the third is undone."""
    _alive(left.api, "one")
    _odd(left.api, "two")
    assert main(left.arguments) == 4
    assert left.board.broken == ["one", "two"]


@pytest.mark.parametrize("streams", [("stderr",), ("stdout", "stderr")])
def test_nobody_who_reads_is_no_reason_to_stop(left: Any, streams: tuple[str, ...]) -> None:
    """`chaos undo 2>&1 | head -1`: every run is undone all the same."""
    reads, writes = os.pipe()
    os.close(reads)
    command = [sys.executable, "-c", "import sys; from chaos.cli import main; sys.exit(main())", *left.arguments]
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    others: dict[str, Any] = dict.fromkeys(("stdout", "stderr"), subprocess.DEVNULL)
    done = subprocess.run(
        command, env=environ, check=False, timeout=60, cwd=ROOT, **(others | dict.fromkeys(streams, writes))
    )
    os.close(writes)
    assert left.board.broken == []
    assert done.returncode == 0
