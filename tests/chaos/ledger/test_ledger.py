"""The ledger: what is intended is on the disk before it is done, and whoever reads it knows what is owed."""

from __future__ import annotations

import json
import resource
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaos.deeds import DeedFailed
from chaos.ledger import Header, Ledger, read_ledger
from sim.errors import RunError
from tests.switches import Board

HEADER = Header("run-1", "node-lost", "as-written", 7, "2026-01-01T00:00:00+00:00", "staging.yaml", "somebody")


def _ledger(folder: Path) -> Ledger:
    return Ledger(folder / "ledger.jsonl", HEADER)


def test_an_intent_is_on_the_disk_before_the_deed(tmp_path):
    """What `intend` returns a number for can be read by another process at once."""
    board, ledger = Board(tmp_path), _ledger(tmp_path)
    number = ledger.intend("fault/gone/0", board.deed("one"))
    header, entries = read_ledger(ledger.path.read_text().splitlines(), "ledger")
    assert header == HEADER
    assert entries[number].state == "intended"
    assert entries[number].is_open
    assert entries[number].read() == board.deed("one")


def test_the_last_state_of_an_entry_counts(tmp_path):
    """An entry that was intended, done and undone is not owed; one whose undo failed is."""
    board, ledger = Board(tmp_path), _ledger(tmp_path)
    first, second = (ledger.intend("fault/gone/0", board.deed(name)) for name in ("one", "two"))
    for number in (first, second):
        ledger.done(number, {})
    ledger.undone(first, "mended")
    ledger.failed(second, "stuck")
    _, entries = read_ledger(ledger.path.read_text().splitlines(), "ledger")
    assert [entry.is_open for entry in entries.values()] == [False, True]
    assert [entry.number for entry in ledger.owed()] == [second]


def test_owed_of_one_occurrence_leaves_the_others_out(tmp_path):
    """A fault that ends undoes its own deeds only."""
    board, ledger = Board(tmp_path), _ledger(tmp_path)
    ledger.intend("fault/a/0", board.deed("one"))
    number = ledger.intend("fault/b/0", board.deed("two"))
    assert [entry.number for entry in ledger.owed("fault/b/0")] == [number]


@given(cut=st.integers(min_value=0, max_value=400))
def test_a_torn_line_is_left_out(tmp_path_factory, cut):
    """Wherever a kill or a full disk cuts the file, what stands before it is read, and nothing is made up."""
    folder = tmp_path_factory.mktemp("torn")
    board, ledger = Board(folder), _ledger(folder)
    for name in board.names:
        ledger.intend("fault/a/0", board.deed(name))
    text = ledger.path.read_text()
    whole, torn = text.splitlines(), text[: max(len(text) - cut, 0)]
    complete = [line for line in torn.splitlines() if line in whole]
    if not complete:
        with pytest.raises(RunError, match="no ledger"):
            read_ledger(torn.splitlines(), "ledger")
        return
    _, entries = read_ledger(torn.splitlines(), "ledger")
    assert [entry.line() for entry in entries.values()] == complete[1:]


def test_a_ledger_of_a_newer_version_is_refused(tmp_path):
    """What a newer version wrote may mean something else: it is not guessed at."""
    with pytest.raises(RunError, match="newer"):
        read_ledger([json.dumps({"format": 99, "run": "x"})], "ledger")


def test_a_folder_that_has_a_ledger_is_refused(tmp_path):
    """Two runs never share a ledger."""
    _ledger(tmp_path)
    with pytest.raises(RunError, match="nothing was done"):
        _ledger(tmp_path)


def test_a_deed_whose_intent_cannot_be_written_must_not_be_done(tmp_path):
    """A full disk stops the deed, not the undo of what was done before."""
    ledger, board = _ledger(tmp_path), Board(tmp_path)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (ledger.path.stat().st_size + 10, before[1]))  # as full as can be
    try:
        with pytest.raises(DeedFailed, match="cannot be written"):
            ledger.intend("fault/a/0", board.deed("one"))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert ledger.owed() == ()
    _, entries = read_ledger(ledger.path.read_text().splitlines(), "ledger")
    assert entries == {}


def test_what_is_written_after_a_torn_line_is_read(tmp_path):
    """A disk that was full within a line, and has room again, costs that line alone."""
    board, ledger = Board(tmp_path), _ledger(tmp_path)
    number = ledger.intend("fault/gone/0", board.deed("one"))
    with ledger.path.open("a", encoding="utf-8") as file:
        file.write('{"number": 1, "case": "fault/oth')
    ledger.undone(number, "mended")
    _, entries = read_ledger(ledger.path.read_text().splitlines(), "ledger")
    assert {each.number: each.state for each in entries.values()} == {number: "undone"}
