"""A run may raise more faults than a guardian's list is long: what is undone is taken off it."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from real_guardian import RealGuardian

from chaos.clock import RunClock
from chaos.deeds import DeedFailed, GuardianOrder, Hands
from chaos.deeds.command import Command
from chaos.guard import Run
from chaos.ledger import Header, Ledger
from chaos.runner.stage import Stage
from chaos.runner.switches import Switches
from tests.switches import Board

MOST = 1000  # chaos/lab/workloads/guardian/keeper.go
HEADER = Header("run", "node-lost", "as-written", 7, "2026-01-01T00:00:00+00:00", "staging.yaml", "somebody")


@pytest.fixture
def switches(guardian: RealGuardian) -> Any:
    """The switches of a run that have armed the guardian."""
    made = Switches("run", (guardian.client.url,), pytest.fail, within_s=50.0)
    made.start()
    yield made
    made.stop(all_undone=True)


def _order(guardian: RealGuardian, *targets: str) -> GuardianOrder:
    return GuardianOrder(guardian.client.url, tuple(Run("start", target) for target in targets))


def test_a_list_that_is_full_has_room_again(guardian: RealGuardian, switches: Switches) -> None:
    """A fault more than it holds is not done; once others are undone it is."""
    full = _order(guardian, *(f"t{number}" for number in range(MOST)))
    switches.order(full)
    with pytest.raises(DeedFailed, match="1001 steps to undo; accepted: up to 1000"):
        switches.order(_order(guardian, "more"))
    switches.undone([full])
    switches.order(_order(guardian, "more"))
    assert guardian.client.state().undo == (Run("start", "more"),)


def test_what_two_deeds_need_stays_until_both_are_undone(guardian: RealGuardian, switches: Switches) -> None:
    """The next occurrence of a fault is prepared, and guarded, before the last one is undone."""
    first, second = _order(guardian, "one", "two"), _order(guardian, "one")
    switches.order(first)
    switches.order(second)
    switches.undone([first])
    assert guardian.client.state().undo == (Run("start", "one"),)
    switches.undone([second])
    assert guardian.client.state().undo == ()
    switches.order(second)
    assert guardian.client.state().undo == (Run("start", "one"),)


def test_a_silent_guardian_is_ordered_anew(guardian: RealGuardian, switches: Switches) -> None:
    """Nobody knows whether it has dropped a step: the next deed that needs it says so again."""
    order = _order(guardian, "one")
    switches.order(order)
    guardian.end()
    switches.undone([order])
    with pytest.raises(DeedFailed, match="its guardian does not take the order"):
        switches.order(order)
    guardian.start()
    switches.order(order)
    assert guardian.client.state().undo == (Run("start", "one"),)


def test_a_stage_takes_back_what_it_has_undone(guardian: RealGuardian, switches: Switches, tmp_path: Path) -> None:
    """Of an occurrence whose undo failed the guardian keeps its part."""
    board = Board(tmp_path)
    bound = board.hands.binding
    commands = {**bound.commands, "start": bound.commands["mend"]}  # as the guardian calls it
    hands = Hands(bound.model_copy(update={"command_guardian": guardian.client.url, "commands": commands}))
    deeds = [Command(verb="break", back="start", target=name) for name in ("one", "two")]
    ledger = Ledger(tmp_path / "ledger.jsonl", HEADER)
    recorder = SimpleNamespace(event=lambda *_, **__: None)
    stage = Stage(hands, ledger, switches, recorder, RunClock(), None)  # type: ignore[arg-type]
    prepared = stage.prepare("a", "fault/a/0", deeds)
    stage.do(prepared)
    assert guardian.client.state().undo == (Run("start", "one"), Run("start", "two"))
    board.stick("two")
    (left,) = stage.undo(prepared, patient=lambda: False)
    assert left.entry.deed["target"] == "two"
    assert guardian.client.state().undo == (Run("start", "two"),)
