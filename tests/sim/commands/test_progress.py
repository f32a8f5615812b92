"""How far it is."""

from __future__ import annotations

import pytest

from sim.commands import progress as module
from sim.commands.progress import progress, spoken


def test_the_time_left_goes_by_the_pace_so_far() -> None:
    """A quarter done in 30 s leaves 90 s; nothing done leaves nothing to say."""
    assert spoken("compare x", 10, 40, 30.0) == "compare x: 10 of 40 runs, about 1m30s left"
    assert spoken("compare x", 0, 40, 30.0) == "compare x: 0 of 40 runs"


def test_without_a_terminal_a_line_comes_every_few_seconds(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Lines go to standard error, not more often than every 5 s, and the last run needs none."""
    clock = iter([0.0, 1.0, 6.0, 7.0, 12.0])
    monkeypatch.setattr(module.time, "monotonic", lambda: next(clock))
    with progress("work") as report:
        for done in (1, 2, 3, 4):
            report(done, 4)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.splitlines() == ["work: 2 of 4 runs, about 6s left"]
