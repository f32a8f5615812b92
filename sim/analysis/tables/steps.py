"""What each remedy buys over what it builds on, as one table and in words where it buys nothing."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

from rich.console import RenderableType
from rich.text import Text

from sim.analysis.reading import show_difference
from sim.analysis.steps import StepWord, judged
from sim.analysis.tables.console import plain_table

if TYPE_CHECKING:
    from sim.analysis.answers import Difference
    from sim.analysis.comparison import Comparison

__all__ = ["step_parts"]

_STYLES: dict[StepWord, str] = {"better": "bold green", "worse": "bold red", "tie": "dim"}


def step_parts(comparison: Comparison) -> Iterable[RenderableType]:
    """Yield the table of steps, then a sentence for each one that buys nothing and each one that makes things worse."""
    if not comparison.steps:
        return
    table = plain_table("What each option changes, against what it builds on")
    table.add_column("option", no_wrap=True)
    table.add_column("over", no_wrap=True)
    for objective in comparison.objectives:
        table.add_column(objective, overflow="fold")
    for option, parent in comparison.builds_on:
        cells = [_cell(comparison, row) for row in _of_step(comparison, option, parent)]
        table.add_row(option, parent, *cells)
    yield table
    yield from map(Text, _sentences(comparison))
    yield ""


def _of_step(comparison: Comparison, option: str, parent: str) -> list[Difference]:
    return [row for row in comparison.steps if (row.option, row.against) == (option, parent)]


def _word(comparison: Comparison, row: Difference) -> StepWord:
    return judged(row, comparison.objectives[row.objective])


def _cell(comparison: Comparison, row: Difference) -> Text:
    word = _word(comparison, row)
    if math.isnan(row.ci_low):
        return Text("no interval", _STYLES["tie"])
    if word == "tie":
        return Text("tie", _STYLES["tie"])
    size = show_difference(row.value, row.ci_low, row.ci_high, row.unit).split(" (")[0]
    return Text.assemble(f"{size} ", (word, _STYLES[word]))


def _sentences(comparison: Comparison) -> Iterable[str]:
    for option, parent in comparison.builds_on:
        rows = _of_step(comparison, option, parent)
        words = {row.objective: _word(comparison, row) for row in rows}
        if set(words.values()) == {"tie"} and not any(math.isnan(row.ci_low) for row in rows):
            yield f"  {option} buys nothing over {parent} that these runs can tell from noise."
        for row in rows:
            if words[row.objective] == "worse":
                said = show_difference(row.value, row.ci_low, row.ci_high, row.unit)
                yield f"  {option} makes {row.objective} worse than {parent} alone: {said}."
