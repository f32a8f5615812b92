"""What stands below the numbers: causes, collapsed runs, assumptions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from rich.table import Table
from rich.text import Text

from sim.analysis.answers import Cause, SummaryRow
from sim.analysis.reading import show
from sim.analysis.tables.console import plain_table

__all__ = ["assumption_lines", "broken_by", "collapse_lines"]

_MOST_CAUSES = 2  # of one option's objective; the rest is counted


def broken_by(causes: Sequence[Cause]) -> Table:
    """Return a table with the main causes of each broken objective, in words."""
    table = plain_table()
    table.add_column("objective", no_wrap=True)
    table.add_column("option", no_wrap=True)
    table.add_column("broken by", overflow="fold")
    for (objective, option), group in groupby(causes, key=lambda cause: (cause.objective, cause.option)):
        texts = [cause.text for cause in group]
        more = len(texts) - _MOST_CAUSES
        shown = "; ".join(texts[:_MOST_CAUSES]) + (f"; and {more} lesser causes" if more > 0 else "")
        table.add_row(objective, option, shown)
    return table


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
