"""What a run left is undone on the cluster it was made on, and on no other."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from kube_api import KubeApi

from chaos.deeds.cordon import Cordon
from chaos.ledger import Header, Ledger
from chaos.ledger.copy import LABEL
from chaos.runner.recovery import find_owed
from sim.errors import UsageError

HEADER = Header("run-1", "node-lost", "as-written", 7, "2026-01-01T00:00:00+00:00", "staging.yaml", "somebody")


def _left(folder: Path, server: str) -> Path:
    """Return the folder of a run that died while a node was cordoned."""
    folder.mkdir()
    Ledger(folder / "ledger.jsonl", replace(HEADER, server=server)).intend("fault/one/0", Cordon(node="n1"))
    return folder


def test_another_cluster_s_run_is_refused(asked: Any, tmp_path: Path) -> None:
    """It would find another node of that name, say that the right one is gone, and write so down."""
    folder = _left(tmp_path / "run", "https://staging.example:6443")
    before = (folder / "ledger.jsonl").read_bytes()
    with pytest.raises(UsageError, match=r"was made on https://staging.example:6443 \(--binding staging.yaml\)"):
        find_owed(asked(KubeApi()), str(folder))
    assert (folder / "ledger.jsonl").read_bytes() == before


def test_the_same_server_or_a_copy_of_the_run_tells_its_cluster(asked: Any, tmp_path: Path) -> None:
    """One cluster may have several addresses: a copy of the ledger is found behind each; a lost copy is no reason."""
    api = KubeApi()
    hands = asked(api)
    (same,) = find_owed(hands, str(_left(tmp_path / "same", hands.kube.server)))
    assert [entry.case for entry in same.open] == ["fault/one/0"]
    other = _left(tmp_path / "other", "https://10.0.0.1:6443")
    metadata = {"name": "weatherglass-run-1", "namespace": "chaos", "labels": {LABEL: "run-1"}}
    text = (other / "ledger.jsonl").read_text(encoding="utf-8")
    api.put({"kind": "ConfigMap", "metadata": metadata, "data": {"ledger.jsonl": text}})
    (copied,) = find_owed(hands, str(other))
    assert [entry.case for entry in copied.open] == ["fault/one/0"]
