"""`weatherglass chaos undo [RUN] --binding FILE`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from chaos.commands.chaos.options import LAB, BindingName, LabName, bound_file

if TYPE_CHECKING:
    from chaos.ledger import Undone
    from chaos.runner.recovery import Owed

__all__ = ["UNDO_HELP", "undo"]

UNDO_HELP = """Undo what a run has left that was killed, or that lost its cluster. From any machine with access to it.

RUN is the run's folder, or its name in the cluster; without it everything that the cluster knows of is undone. Every
entry of the ledger is tried, in reverse, whatever becomes of the others, and read back. Exit code 0: nothing is left,
3: the cluster does not answer or the run is still alive, 4: something is left, with the commands that remove it.

\b
Examples:
  weatherglass chaos undo --binding staging.yaml
  weatherglass chaos undo weatherglass-runs/node-lost-2026-01-31T12-00-00 --binding staging.yaml
"""

Run = Annotated[str | None, typer.Argument(metavar="[RUN]", help="A run's folder, or its name in the cluster.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON on standard output and nothing else.")]


def undo(binding: BindingName, run: Run = None, lab: LabName = LAB, as_json: AsJson = False) -> None:
    """Undo what is owed. `UNDO_HELP` is what people read."""
    from chaos.deeds import Hands
    from chaos.runner.recovery import abandoned, find_owed, recover

    hands = Hands(bound_file(binding, lab).binding)
    told: list[dict[str, Any]] = []
    left: list[Undone] = []
    for owed in find_owed(hands, run):
        _say_owed(owed)

        def note(undone: Undone, of: str = owed.header.run) -> None:
            told.append(_told(of, undone))
            _say(undone)

        left += recover(hands, owed, note, lambda: True)
    if run is None and not left and (dead := abandoned(hands)):
        typer.echo(f"the lease of run {dead}, which is dead, is removed", err=True)
    if not told:
        typer.echo("nothing is owed: every deed that is written down is undone", err=True)
    if as_json:
        typer.echo(json.dumps(told, indent=1))
    if left:
        raise typer.Exit(4)


def _say_owed(owed: Owed) -> None:
    header, count = owed.header, len(owed.open)
    typer.echo(f"run {header.run} ({header.scenario}, by {header.by}, since {header.started}): {count} owed", err=True)
    if owed.unread:
        typer.echo(f"  the cluster's copy of the ledger was not read: {owed.unread}", err=True)


def _say(undone: Undone) -> None:
    if undone.failed is None:
        typer.echo(f"  undone  {undone.title}: {undone.how} ({undone.took_s:.1f} s)", err=True)
        return
    typer.echo(f"  LEFT    {undone.title}: {undone.failed.why}", err=True)
    for line in undone.failed.by_hand:
        typer.echo(f"          {line}", err=True)


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
