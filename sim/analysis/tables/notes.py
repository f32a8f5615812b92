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
_LESSER = 2  # causes after the first of which share and mechanism are named …
_WORTH_SAYING = 0.005  # … if they round to a per cent


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
    first = causes[0]
    shares: dict[str, float] = {}
    for cause in causes[1:]:
        label = _label(cause, first)
        shares[label] = shares.get(label, 0.0) + cause.share
    greatest = sorted(shares.items(), key=lambda item: -item[1])[:_LESSER]
    lesser = ", ".join(f"{share * 100:.0f} % {label}" for label, share in greatest if share >= _WORTH_SAYING)
    return f"{first.text}; then {lesser}" if lesser else first.text


def _label(cause: Cause, first: Cause) -> str:
    """Return the mechanism, or, if that is the first cause's too, during which faults it was at work."""
    if cause.mechanism != first.mechanism:
        return cause.mechanism.split(" ")[0]  # a node's name without its gauge
    return f"the same during {cause.fault.replace(' + ', ' and ')}" if cause.fault else "the same outside every fault"


def collapse_lines(rows: Sequence[SummaryRow]) -> list[str]:
    """Return sentences about the options of which a share of the runs never came back; one where all is alike."""
    collapsed = [row for row in rows if row.metric == "collapsed_share" and row.phase == "all" and row.value > 0]
    subjects: dict[tuple[str, str], list[str]] = {}
    for row in collapsed:
        subjects.setdefault((row.option, f"{show(row.value, 'share')} of {row.n} runs"), []).append(row.subject)
    options: dict[tuple[str, str], list[str]] = {}
    for (option, runs), names in subjects.items():
        options.setdefault((runs, ", ".join(names)), []).append(option)
    return [f"Collapsed: {', '.join(who)}: {runs} never came back ({of})." for (runs, of), who in options.items()]


def assumption_lines(assumptions: dict[str, str]) -> Iterable[Text]:
    """Yield the scenario's own words about what it had to assume."""
    if assumptions:
        yield Text("Assumptions of the scenario", style="bold")
        for name, text in assumptions.items():
            yield Text(f"  {name}: {' '.join(text.split())}")
        yield Text("")
