"""`weatherglass chaos run`: what could not be undone is told, whatever has become of the run's files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import typer
from real_journal import Made

from chaos.commands.chaos.run import _report
from chaos.deeds import UndoFailed
from chaos.ledger import Entry, Undone
from chaos.runner import Ended

FAILED = UndoFailed("scale api from 3 to 1", "no answer", ("kubectl scale -n shop deployment/api --replicas 3",))
LEFT = Undone(Entry(0, "fault/a/0", {}, "failed"), FAILED.what, "", FAILED, 1.0)


def _written(folder: Path, told: str) -> None:
    """Leave what a run leaves: a journal that says nothing of what is left, no journal, or one of nonsense."""
    folder.mkdir()
    if told == "a journal":
        Made(outcome="undo-failed").write(folder)
    if told == "nonsense":
        (folder / "run.json").write_text("{", encoding="utf-8")


@pytest.mark.parametrize("told", ["a journal", "nothing", "nonsense"])
def test_what_is_left_is_told_before_any_file_is_read(told: str, tmp_path: Path, capsys: Any) -> None:
    """With the commands that remove it, on standard error; and the exit code stays 4."""
    folder = tmp_path / "run"
    _written(folder, told)
    ended = Ended("undo-failed", "1 things could not be undone", folder, "run-1", (LEFT,))
    with pytest.raises(typer.Exit) as ending:
        _report(ended, None, None, as_json=False)
    heard = capsys.readouterr().err
    assert ending.value.exit_code == 4
    assert "LEFT    scale api from 3 to 1: no answer" in heard
    assert "kubectl scale -n shop deployment/api --replicas 3" in heard


def test_a_run_without_any_journal_is_no_success(tmp_path: Path, capsys: Any) -> None:
    """How it ended is told; nobody can say that its objectives held."""
    with pytest.raises(typer.Exit) as ending:
        _report(Ended("ran", "", tmp_path, "run-1"), None, None, as_json=False)
    assert ending.value.exit_code == 3
    assert "no report can be made" in capsys.readouterr().err
