"""What a run left is undone on the cluster it was made on, and on no other; what nobody can read is told."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from kube_api import KubeApi

from chaos.deeds.cordon import Cordon
from chaos.ledger import Header, Ledger, copies
from chaos.ledger.copy import LABEL
from chaos.runner.recovery import find_owed
from sim.errors import UsageError

HEADER = Header("run-1", "node-lost", "as-written", 7, "2026-01-01T00:00:00+00:00", "staging.yaml", "somebody")
ENTRY = {"number": 0, "case": "fault/one/0", "deed": {"deed": "cordon", "node": "n1"}, "state": "done"}
ODD: dict[str, tuple[dict[str, str] | None, str]] = {
    "no data": (None, "its first line names no run"),
    "another key": ({"mine": "x"}, "its first line names no run"),
    "a header of less": ({"ledger.jsonl": '{"run": "run-2"}'}, "no ledger that this weatherglass wrote"),
    "no header": ({"ledger.jsonl": '["run"]'}, "its first line names no run"),
    "a newer one": ({"ledger.jsonl": '{"format": 2, "run": "run-2"}'}, "was written by a newer weatherglass"),
    "a format of words": ({"ledger.jsonl": '{"format": "2", "run": "run-2"}'}, "no ledger that this weatherglass"),
    "another run's": ({"ledger.jsonl": HEADER.line()}, "it says that it is of run run-1"),
    "a line of a person": ({"ledger.jsonl": f'{replace(HEADER, run="run-2").line()}\n{{"number": 1}}'}, "no ledger"),
    "a deed of a person": (
        {"ledger.jsonl": f"{replace(HEADER, run='run-2').line()}\n{json.dumps(ENTRY | {'deed': 'cordon'})}"},
        "no ledger that this weatherglass wrote",
    ),
}


def _left(folder: Path, server: str) -> Path:
    """Return the folder of a run that died while a node was cordoned."""
    folder.mkdir()
    Ledger(folder / "ledger.jsonl", replace(HEADER, server=server)).intend("fault/one/0", Cordon(node="n1"))
    return folder


def _copy(run: str, data: dict[str, str] | None) -> dict[str, Any]:
    metadata = {"name": f"weatherglass-{run}", "namespace": "chaos", "labels": {LABEL: run}}
    return {"kind": "ConfigMap", "metadata": metadata, "data": data}


def _good_copy(run: str) -> dict[str, Any]:
    return _copy(run, {"ledger.jsonl": f"{replace(HEADER, run=run).line()}\n{json.dumps(ENTRY)}\n"})


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
    (same,) = find_owed(hands, str(_left(tmp_path / "same", hands.kube.server))).runs
    assert [entry.case for entry in same.open] == ["fault/one/0"]
    other = _left(tmp_path / "other", "https://10.0.0.1:6443")
    api.put(_copy("run-1", {"ledger.jsonl": (other / "ledger.jsonl").read_text(encoding="utf-8")}))
    (copied,) = find_owed(hands, str(other)).runs
    assert [entry.case for entry in copied.open] == ["fault/one/0"]


@pytest.mark.parametrize("kind", ODD)
def test_a_copy_that_nobody_can_read_is_told_and_hides_no_other(kind: str, asked: Any) -> None:
    """Whatever somebody has made of it: its name, what is wrong, and what a person can do; the others are found."""
    data, why = ODD[kind]
    api = KubeApi()
    hands = asked(api)
    api.put(_good_copy("run-1"), _copy("run-2", data), _good_copy("run-3"))
    found = find_owed(hands, None)
    assert [owed.header.run for owed in found.runs] == ["run-1", "run-3"]
    assert [len(owed.open) for owed in found.runs] == [1, 1]
    (odd,) = found.odd
    assert odd.name == "weatherglass-run-2"
    assert odd.why.startswith("configmap weatherglass-run-2: ")
    assert why in odd.why
    assert "-n chaos configmap/weatherglass-run-2 -o yaml" in odd.by_hand[1]
    assert find_owed(hands, "run-2") == ((), (odd,))


def test_a_run_s_own_folder_needs_no_copy(asked: Any, tmp_path: Path) -> None:
    """The disk is written first, so it tells no less than the copy: that this cannot be read is said, and no more."""
    api = KubeApi()
    api.put(_copy("run-1", {"ledger.jsonl": "{}"}))
    found = find_owed(asked(api), str(_left(tmp_path / "run", "https://10.0.0.1:6443")))
    (owed,) = found.runs
    assert [entry.case for entry in owed.open] == ["fault/one/0"]
    assert owed.unread == copies(asked(api)).unread["weatherglass-run-1"]
    assert found.odd == ()
