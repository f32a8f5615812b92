"""Takes a lab down: everything that its ledger names and everything that carries its name, and then looks again."""

from __future__ import annotations

import signal

from chaos.lab import ledger
from chaos.lab.errors import LabError
from chaos.lab.ledger import Thing
from chaos.lab.leftovers import LIMIT_S, in_order, remove, what_to_type
from chaos.lab.process import signal_process, wait_until_gone
from chaos.lab.record import Lab
from chaos.lab.roster import Roster
from chaos.lab.supervisor import SUPERVISOR

__all__ = ["LeftBehind", "down"]


class LeftBehind(LabError):
    """Something could not be removed: what, and the commands that remove it."""

    exit_code = 4


def down(lab: Lab, limit_s: float = LIMIT_S) -> None:
    """Remove a lab; the caller holds its lock. Also one that was left half made, by a kill or a crash of the machine.

    `limit_s`: how long it tries to remove each thing.

    Raises LeftBehind, and keeps the ledger, if something is still there afterwards; LabError for somebody else's lab.
    """
    if not lab.exists and lab.owner not in {None, lab.folders.home}:
        raise LabError(f"lab {lab.name!r} is somebody else's, at {lab.owner}; nothing was done")
    things = _things(lab)
    _stop_supervisor(lab.roster)
    left = [(thing, rest) for thing in things if (rest := remove(thing, limit_s))]
    # a process may have made something again while it was being killed: what seemed gone is looked at once more
    left = [(thing, rest) for thing, _ in left if (rest := remove(thing, limit_s))] if left else left
    if left:
        commands = "".join(f"  {command}\n" for thing, rest in left for command in what_to_type(thing, rest))
        raise LeftBehind(
            f"lab {lab.name!r}: {sum(len(rest) for _, rest in left)} things could not be removed. By hand:\n{commands}"
            f"then again: weatherglass lab down --name {lab.name}"
        )


def _things(lab: Lab) -> tuple[Thing, ...]:
    """What its ledger names, and what its name alone says: a crash may have lost the one, never both.

    Where somebody else's lab has the name, only the folder is ours: all else that carries the name is his.
    """
    if lab.owner not in {None, lab.folders.home}:
        return (Thing("folder", str(lab.folders.home)),)
    return in_order((*ledger.read(lab.ledger), *lab.things))


def _stop_supervisor(roster: Roster) -> None:
    """First of all, or it brings back what is being killed."""
    entry = roster.get(SUPERVISOR)
    if entry is not None and signal_process(entry.process, signal.SIGKILL):
        wait_until_gone(entry.process, limit_s=5.0)
