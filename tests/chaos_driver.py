"""The command line of weatherglass, run by a test that wants it killed at a certain step of its ledger.

    python chaos_driver.py '{"at": ["add_toxics", "done"], "signal": "SIGKILL"}' chaos run …

Everything is the real command; only what happens after one write of the ledger is this file's. It is a process of its
own, so that a kill is a kill.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import chaos.clock
import chaos.runner.lease
import chaos.runner.recovery
import chaos.runner.switches
from chaos.cli import main
from chaos.ledger import Ledger, Undone

__all__: list[str] = []

Act = Callable[[], None]


class Trap:
    """Acts once after the first write of each of its steps: a deed's name (`*`: any, `header`), and a state."""

    def __init__(self, steps: list[tuple[str, str]], acts: list[Act]) -> None:
        self._left, self._acts = list(zip(steps, acts, strict=True)), acts

    def wrote(self, line: str) -> None:
        """Look at a line that has just reached the disk."""
        told = json.loads(line)
        deed, state = (told["deed"]["deed"], told["state"]) if "deed" in told else ("header", "")
        for step in self._left:
            (wanted, when), act = step
            if when == state and wanted in ("*", deed):
                self._left.remove(step)
                act()
                return


def _signalled(name: str) -> Act:
    return lambda: os.kill(os.getpid(), getattr(signal, name))


def _jumped(by_s: float) -> Act:
    real = chaos.clock.time

    def jump() -> None:
        chaos.clock.time = lambda: real() + by_s  # type: ignore[assignment]

    return jump


def _filled(path: str) -> Act:
    def fill() -> None:
        with contextlib.suppress(OSError), Path(path).open("wb", buffering=0) as file:
            while True:  # until the disk is full: it is a small one
                file.write(bytes(4096))

    return fill


def _act(told: dict[str, Any]) -> Act:
    if "fill" in told:
        return _filled(told["fill"])
    return _jumped(told["jump_s"]) if "jump_s" in told else _signalled(told["signal"])


def _set(told: dict[str, Any]) -> None:
    """Shorten what a test would wait for. The guardians' time is a default value, so it is set where it is taken."""
    if "lease_s" in told:
        chaos.runner.lease.LASTS_S = told["lease_s"]
        chaos.runner.lease.RENEW_S = told["lease_s"] / 6
    if "within_s" in told:
        made = chaos.runner.switches.Switches.__init__
        made.__defaults__ = (told["within_s"],)


def _drive(told: dict[str, Any]) -> None:
    _set(told)
    if not told.get("acts"):
        return
    trap = Trap([tuple(each["at"]) for each in told["acts"]], [_act(each) for each in told["acts"]])
    write, append = Ledger._write, chaos.runner.recovery._append

    def written(self: Ledger, line: str) -> None:
        write(self, line)
        trap.wrote(line)

    def appended(path: Path, undone: Undone) -> None:
        append(path, undone)
        trap.wrote(path.read_text().splitlines()[-1])

    Ledger._write = written  # type: ignore[method-assign]
    chaos.runner.recovery._append = appended


if __name__ == "__main__":
    _drive(json.loads(sys.argv.pop(1)))
    sys.exit(main())
