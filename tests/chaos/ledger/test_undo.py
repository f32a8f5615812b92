"""Undoing: every entry, in reverse, whatever becomes of the others."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from chaos.ledger import Entry, Undone, undo_all, undo_order
from tests.switches import Board


def _entries(board: Board) -> tuple[Entry, ...]:
    return tuple(
        Entry(number, "fault/a/0", board.deed(name).model_dump(mode="json"), "done")
        for number, name in enumerate(board.names)
    )


def _break_all(board: Board) -> None:
    for name in board.names:
        board.deed(name).do(board.hands)


def test_everything_is_undone_in_reverse(tmp_path):
    """The last deed is undone first."""
    board = Board(tmp_path)
    _break_all(board)
    assert board.broken == ["one", "two", "three"]
    told: list[Undone] = []
    assert undo_all(_entries(board), board.hands, told.append, lambda: False) == []
    assert board.broken == []
    assert board.mended == ["three", "two", "one"]
    assert [undone.entry.number for undone in told] == [2, 1, 0]


def test_the_first_failing_undo_does_not_stop_the_others(tmp_path):
    """One that cannot be undone is told with the command that undoes it; all others are undone."""
    board = Board(tmp_path)
    _break_all(board)
    board.stick("three")
    told: list[Undone] = []
    (left,) = undo_all(_entries(board), board.hands, told.append, lambda: False)
    assert board.broken == ["three"]
    assert board.mended == ["two", "one"]
    assert left.failed is not None
    assert left.failed.by_hand
    assert "three" in left.failed.by_hand[0]
    assert [undone.failed is None for undone in told] == [True, True, False]


def test_a_failed_undo_is_tried_again_while_there_is_patience(tmp_path):
    """What fails because something is still on its way back is undone when it is there."""
    board = Board(tmp_path)
    _break_all(board)
    board.stick("two")
    asked: list[bool] = []

    def patient() -> bool:
        (tmp_path / "stuck-two").unlink(missing_ok=True)
        asked.append(True)
        return True

    assert undo_all(_entries(board), board.hands, lambda _: None, patient) == []
    assert board.broken == []
    assert board.mended == ["three", "one", "two"]
    assert asked == [True]


def test_an_entry_of_a_newer_version_is_left_and_said(tmp_path):
    """A deed that this version does not know stops no other undo."""
    board = Board(tmp_path)
    _break_all(board)
    strange = Entry(9, "fault/a/0", {"deed": "of-tomorrow"}, "done")
    (left,) = undo_all((*_entries(board), strange), board.hands, lambda _: None, lambda: False)
    assert left.entry == strange
    assert board.broken == []


@given(st.lists(st.sampled_from(["command", "toxics", "scale"]), max_size=12))
def test_processes_are_revived_first_and_the_rest_goes_backwards(kinds):
    """Commands before everything else, and within each group the last deed first."""
    entries = [Entry(number, "fault/a/0", {"deed": kind}, "done") for number, kind in enumerate(kinds)]
    ordered = undo_order(entries)
    assert sorted(entry.number for entry in ordered) == list(range(len(kinds)))
    commands = [entry.deed["deed"] == "command" for entry in ordered]
    assert commands == sorted(commands, reverse=True)
    for group in (True, False):
        numbers = [entry.number for entry, is_command in zip(ordered, commands, strict=True) if is_command is group]
        assert numbers == sorted(numbers, reverse=True)
