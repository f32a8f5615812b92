"""What stands below the numbers: causes, collapsed runs, assumptions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.table import Table
from rich.text import Text

from sim.analysis.answers import Cause, SummaryRow
from sim.analysis.reading import show
from sim.analysis.tables.console import plain_table

__all__ = ["assumption_lines", "broken_by", "collapse_lines"]

_NAMES = 24  # columns for the names of options
_LESSER = 2  # causes after the first of which share and mechanism are named


def broken_by(causes: Sequence[Cause]) -> Table:
    """Return a table with the main cause of each broken objective in words, and the next ones by their shares.

    Options of which the same is to be said share a line; objectives keep the order of their first cause.
    """
    table = plain_table()
    table.add_column("objective", no_wrap=True)
    table.add_column("option", max_width=_NAMES, overflow="fold")
    table.add_column("broken by", overflow="fold")
    for objective in dict.fromkeys(cause.objective for cause in causes):
        said: dict[str, list[str]] = {}
        for option in dict.fromkeys(cause.option for cause in causes if cause.objective == objective):
            mine = [cause for cause in causes if (cause.objective, cause.option) == (objective, option)]
            said.setdefault(_in_words(mine), []).append(option)
        for number, (words, options) in enumerate(said.items()):
            table.add_row(objective if number == 0 else "", ", ".join(options), words)
    return table


def _in_words(causes: Sequence[Cause]) -> str:
    first, rest = causes[0], causes[1 : 1 + _LESSER]
    lesser = ", ".join(f"{cause.share * 100:.0f} % {cause.mechanism}" for cause in rest)
    return f"{first.text}; then {lesser}" if lesser else first.text


def collapse_lines(rows: Sequence[SummaryRow]) -> list[str]:
    """Return a sentence for each option of which a share of the runs never came back."""
    return [
        f"Collapsed: {row.option}: {show(row.value, 'share')} of {row.n} runs never came back ({row.subject})."
        for row in rows
        if row.metric == "collapsed_share" and row.phase == "all" and row.value > 0
    ]


def assumption_lines(assumptions: dict[str, str]) -> Iterable[Text]:
    """Yield the scenario's own words about what it had to assume."""
    if assumptions:
        yield Text("Assumptions of the scenario", style="bold")
        for name, text in assumptions.items():
            yield Text(f"  {name}: {' '.join(text.split())}")
        yield Text("")
