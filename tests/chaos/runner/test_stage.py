"""What a deed finds is what its undo puts back: so it is not prepared while another fault holds the same thing."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from chaos.clock import RunClock
from chaos.deeds import DeedFailed
from chaos.ledger import Header, Ledger
from chaos.runner.stage import Stage
from chaos.runner.switches import Switches
from tests.switches import Board

HEADER = Header("run-1", "node-lost", "as-written", 7, "2026-01-01T00:00:00+00:00", "staging.yaml", "somebody")


class _Events:
    """Takes events."""

    def __init__(self) -> None:
        self.kinds: list[str] = []

    def event(self, _: float, kind: str, *__: object, **___: object) -> None:
        """Keep its kind."""
        self.kinds.append(kind)


@pytest.fixture
def stage(tmp_path: Path) -> SimpleNamespace:
    """A stage on a board of switches, and what it tells."""
    board, events = Board(tmp_path), _Events()
    ledger = Ledger(tmp_path / "ledger.jsonl", HEADER)
    made = Stage(board.hands, ledger, Switches("run-1", (), print), events, RunClock(), None)  # type: ignore[arg-type]
    return SimpleNamespace(board=board, stage=made, kinds=events.kinds, ledger=ledger)


def test_what_another_fault_holds_is_not_prepared(stage):
    """Nothing is written down for the later one; it goes in once the earlier one is undone."""
    board, made = stage.board, stage.stage
    first = made.prepare("first", "fault/first/0", [board.deed("one")])
    made.do(first)
    with pytest.raises(DeedFailed, match="fault first holds component one still"):
        made.prepare("second", "fault/second/0", [board.deed("one")])
    assert [entry.case for entry in stage.ledger.owed()] == ["fault/first/0"]
    made.do(made.prepare("second", "fault/second/0", [board.deed("two")]))
    assert made.undo(first, patient=lambda: False) == []
    made.do(made.prepare("second", "fault/second/1", [board.deed("one")]))
    assert board.broken == ["one", "two"]
    assert made.undo_everything(patient=lambda: False) == []
    assert (board.broken, stage.kinds.count("injected"), stage.kinds.count("verified")) == ([], 3, 3)
