"""A silent API server is waited for once a round, and what does not need it is done and undone all the same."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kube_api import KubeApi, kubeconfig, running
from silent_peer import silent_peer

from chaos.binding import Allow, Binding, Cluster
from chaos.deeds import Deed, DeedFailed, Hands
from chaos.deeds.noop import Nothing
from chaos.deeds.scale import ScaleWorkload
from chaos.ledger import ClusterCopy, Entry, Header, Ledger, Undone, undo_all

LIMIT_S = 0.3
HEADER = Header("run-1", "node-lost", "as-written", 7, "2026-01-01T00:00:00+00:00", "staging.yaml", "somebody")
SCALED = [ScaleWorkload(namespace="shop", name=f"w-{number}", replicas=1, uid="u", before=3) for number in range(20)]


def _hands(folder: Path, server: str) -> Hands:
    config = kubeconfig(folder / "kubeconfig", server)
    cluster = Cluster(kubeconfig=str(config), context="staging", home="chaos")
    return Hands(Binding(version=1, cluster=cluster, allow=Allow(namespaces=("shop", "chaos"))), limit_s=LIMIT_S)


@pytest.fixture
def silent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hands]:
    """Hands whose API server takes connections and says nothing; nobody waits for it for longer than for one call."""
    monkeypatch.setattr("chaos.deeds.attempts.tried.__defaults__", (0.0,))
    monkeypatch.setattr("chaos.ledger.undo.SIGN_OF_LIFE_S", LIMIT_S)
    monkeypatch.setattr("chaos.ledger.copy.COPY_S", LIMIT_S)
    with silent_peer() as address:
        yield _hands(tmp_path, f"http://{address}")


def _entries(deeds: list[Any]) -> list[Entry]:
    return [Entry(number, "fault/a/0", deed.model_dump(mode="json"), "done") for number, deed in enumerate(deeds)]


def test_it_is_waited_for_once_and_everything_else_is_undone(silent: Hands) -> None:
    """All that need it are left, each with its command; only the first of them was tried."""
    told: list[Undone] = []
    left = undo_all(_entries([Nothing(), *SCALED, Nothing()]), silent, told.append, lambda: False)
    assert [each.entry.number for each in told if each.failed is None] == [21, 0]
    assert [each.entry.number for each in left] == [*range(20, 0, -1)]
    assert [each.took_s >= LIMIT_S for each in left] == [True] + [False] * 19
    assert all(each.failed is not None and "scale -n shop deployment/w-" in each.failed.by_hand[0] for each in left)
    assert left[7].failed is not None
    assert left[7].failed.why.startswith("the API server does not answer: ")


def test_one_call_that_hangs_is_no_silent_api_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Behind a webhook, say: the server still gives a sign of life, so all the others are tried."""
    monkeypatch.setattr("chaos.deeds.attempts.tried.__defaults__", (0.0,))

    class Slow(KubeApi):
        def answer(self, method: str, path: str, body: Any) -> tuple[int, dict[str, Any]]:
            if path.endswith("/w-19"):
                time.sleep(3 * LIMIT_S)
            return super().answer(method, path, body)

    told: list[Undone] = []
    with running(Slow()) as url:
        left = undo_all(_entries([*SCALED]), _hands(tmp_path, url), told.append, lambda: False)
    assert [each.entry.number for each in left] == [19]
    assert [each.how for each in told if each.failed is None] == [f"{deed.ref} is gone" for deed in SCALED[-2::-1]]


def test_a_copy_that_is_missed_while_the_api_server_is_meant_to_be_away_is_said(tmp_path: Path, silent: Hands) -> None:
    """The deed is done; after one silence nobody waits for the next copy. Unplanned, the deed is not done."""
    ledger = Ledger(tmp_path / "ledger.jsonl", HEADER, ClusterCopy(silent, "run-1"))
    deed: Deed = Nothing()
    with pytest.raises(DeedFailed, match="the ledger's copy cannot be written"):
        ledger.intend("fault/first/0", deed)
    said: list[str] = []
    ledger.missed, ledger.copy_may_fail = said.append, lambda: True
    ledger.intend("fault/second/0", deed)
    assert len(said) == 1
    assert "was silent just now" in said[0]
    assert [entry.case for entry in ledger.owed()] == ["fault/first/0", "fault/second/0"]
