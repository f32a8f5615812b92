"""`weatherglass chaos undo [RUN] --binding FILE`."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from chaos.commands.chaos.options import LAB, BindingName, LabName, bound_file

if TYPE_CHECKING:
    from chaos.deeds import Hands
    from chaos.ledger import Undone
    from chaos.runner.recovery import Odd, Owed

__all__ = ["UNDO_HELP", "say_undone", "undo"]

UNDO_HELP = """Undo what a run has left that was killed, or that lost its cluster. From any machine with access to it.

RUN is the run's folder, or its name in the cluster; without it everything that the cluster knows of is undone. Every
entry of the ledger is tried, in reverse, whatever becomes of the others, and read back. A run that is still alive, or
a copy of a ledger that nobody can read, is told and keeps no other from being undone. Exit code 0: nothing is left, 3:
the cluster does not answer or a run is still alive, 4: something is left, with the commands that remove it.

\b
Examples:
  weatherglass chaos undo --binding lab-node-lost
  weatherglass chaos undo weatherglass-runs/node-lost-2026-01-31t12-00-00-4f2a --binding lab-node-lost
"""

Run = Annotated[str | None, typer.Argument(metavar="[RUN]", help="A run's folder, or its name in the cluster.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON on standard output and nothing else.")]


def undo(binding: BindingName, run: Run = None, lab: LabName = LAB, as_json: AsJson = False) -> None:
    """Undo what is owed. `UNDO_HELP` is what people read."""
    from chaos.deeds import Hands
    from chaos.runner.recovery import abandoned, find_owed

    hands = Hands(bound_file(binding, lab).binding)
    found = find_owed(hands, run)
    told = [_told_odd(odd) for odd in found.odd]
    codes = {4} if found.odd else set()
    for owed in found.runs:
        codes |= _undo_run(hands, owed, told)
    if run is None and not codes and (dead := abandoned(hands)):
        _echo(f"the lease of run {dead}, which is dead, is removed")
    if not told and not codes:
        _echo("nothing is owed: every deed that is written down is undone")
    if as_json:
        typer.echo(json.dumps(told, indent=1))
    if codes:
        raise typer.Exit(max(codes))


def _undo_run(hands: Hands, owed: Owed, told: list[dict[str, Any]]) -> set[int]:
    """Undo what one run left, telling it to people and into `told`; return the exit code if not all is well."""
    from chaos.runner.recovery import recover
    from sim.errors import HarnessError

    def note(undone: Undone) -> None:
        told.append(_told(owed.header.run, undone))
        say_undone(undone)

    _say_owed(owed)
    try:
        return {4} if recover(hands, owed, note, lambda: True) else set()
    except HarnessError as error:  # it is alive, or nobody can tell: the others are undone all the same
        _echo(f"  ERROR   {error}")
        return {error.exit_code}


def _echo(line: str) -> None:
    """Tell people; that nobody reads it any more (`| head`) is no reason to stop half-way."""
    with contextlib.suppress(OSError):
        typer.echo(line, err=True)


def _say_owed(owed: Owed) -> None:
    header, count = owed.header, len(owed.open)
    _echo(f"run {header.run} ({header.scenario}, by {header.by}, since {header.started}): {count} owed")
    if owed.unread:
        _echo(f"  the cluster's copy of the ledger was not read: {owed.unread}")


def say_undone(undone: Undone) -> None:
    """Tell people how the undo of one deed went: what is left, with the commands that remove it."""
    if undone.failed is None:
        _echo(f"  undone  {undone.title}: {undone.how} ({undone.took_s:.1f} s)")
        return
    _say_left(undone.title, undone.failed.why, undone.failed.by_hand)


def _say_left(what: str, why: str, by_hand: tuple[str, ...]) -> None:
    _echo(f"  LEFT    {what}: {why}")
    for line in by_hand:
        _echo(f"          {line}")


def _told_odd(odd: Odd) -> dict[str, Any]:
    """Tell people of a copy that cannot be read; return the row for machines."""
    _say_left("a run that nobody can tell", odd.why, odd.by_hand)
    row = {"run": "", "number": None, "deed": f"configmap {odd.name}"}
    return row | {"undone": False, "how": odd.why, "by_hand": list(odd.by_hand)}


def _told(run: str, undone: Undone) -> dict[str, Any]:
    failed = undone.failed
    return {
        "run": run,
        "number": undone.entry.number,
        "deed": undone.title,
        "undone": failed is None,
        "how": undone.how if failed is None else failed.why,
        "by_hand": list(failed.by_hand) if failed is not None else [],
    }
