"""One option's runs as tables: its objectives, what broke them, and the readings of each subject."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from sim.analysis.answers import SummaryRow
from sim.analysis.reading import show, show_interval
from sim.analysis.tables.console import plain_table, verdict_text
from sim.analysis.tables.notes import assumption_lines, broken_by, collapse_lines

if TYPE_CHECKING:
    from sim.analysis.answers import Verdict
    from sim.analysis.comparison import Simulation

__all__ = ["print_simulation", "readings_table"]


def print_simulation(simulation: Simulation, console: Console) -> None:
    """Print an option's verdicts, causes and readings."""
    for part in _parts(simulation):
        console.print(part)


def _parts(simulation: Simulation) -> Iterable[RenderableType]:
    result = simulation.result
    yield Text(f"{simulation.scenario}, option {result.option}", style="bold")
    yield Text(" ".join((result.why or simulation.why).split()))
    yield ""
    if simulation.verdicts:
        yield _verdicts(simulation.verdicts)
    if simulation.causes:
        yield Text("What broke the objectives", style="bold")
        yield broken_by(simulation.causes)
    yield readings_table(simulation.rows)
    yield from map(Text, collapse_lines(simulation.rows))
    yield from assumption_lines(simulation.assumptions)
    if simulation.interrupted:
        yield Text(f"Stopped early: {len(result.replications)} finished replications are shown.")


def _verdicts(verdicts: Sequence[Verdict]) -> Table:
    table = plain_table("Objectives")
    for head in ("objective", "what", "bound"):
        table.add_column(head)
    table.add_column("value", justify="right", no_wrap=True)
    table.add_column("95 % interval", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    table.add_column("n", justify="right")
    for verdict in verdicts:
        table.add_row(
            verdict.objective,
            f"{verdict.metric} of {verdict.of}",
            verdict.bound,
            show(verdict.value, verdict.unit),
            show_interval(verdict.ci_low, verdict.ci_high, verdict.unit),
            verdict_text(verdict.verdict),
            str(verdict.n),
        )
    return table


def readings_table(rows: Sequence[SummaryRow], phase: str = "all") -> Table:
    """Return the readings of one phase: one line a subject and metric, without those that say nothing."""
    table = plain_table("Readings")
    table.add_column("subject", no_wrap=True)
    table.add_column("metric", no_wrap=True)
    table.add_column("value", justify="right", no_wrap=True)
    table.add_column("95 % interval", no_wrap=True)
    table.add_column("n", justify="right")
    before = ""
    for row in rows:
        if row.phase != phase or row.value != row.value:  # NaN: no reading
            continue
        subject, before = ("" if row.subject == before else row.subject), row.subject
        interval = show_interval(row.ci_low, row.ci_high, row.unit)
        table.add_row(subject, row.metric, show(row.value, row.unit), interval, str(row.n))
    return table
