"""A comparison as tables: who keeps what, by how much they differ, what broke the rest, and what all that rests on."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from sim.analysis.reading import show, show_difference, show_interval
from sim.analysis.tables.console import plain_table, verdict_text
from sim.analysis.tables.notes import assumption_lines, broken_by, collapse_lines
from sim.analysis.tables.steps import step_parts

if TYPE_CHECKING:
    from sim.analysis.answers import Difference, Verdict
    from sim.analysis.comparison import Comparison

__all__ = ["print_comparison"]


def print_comparison(comparison: Comparison, console: Console) -> None:
    """Print a comparison: overview, one table an objective, causes, what was left out, assumptions."""
    for part in _parts(comparison):
        console.print(part)


def _parts(comparison: Comparison) -> Iterable[RenderableType]:
    yield Text(comparison.scenario, style="bold")
    yield Text(" ".join(comparison.why.split()))
    yield ""
    if comparison.objectives:
        yield _overview(comparison)
        for objective in comparison.objectives:
            yield from _of_objective(comparison, objective)
        yield from step_parts(comparison)
    else:
        yield Text("The scenario has no objectives, so there are no verdicts; --json has every reading.")
    if comparison.causes:
        yield Text("What broke the objectives", style="bold")
        order = list(comparison.objectives)
        yield broken_by(sorted(comparison.causes, key=lambda cause: order.index(cause.objective)))
    yield from map(Text, collapse_lines(comparison.rows))
    yield from _left_out(comparison)
    yield from assumption_lines(comparison.assumptions)
    yield Text(_made_of(comparison))


def _overview(comparison: Comparison) -> Table:
    table = plain_table("Objectives kept")
    table.add_column("option", no_wrap=True)
    for objective in comparison.objectives:
        table.add_column(objective)
    cells = {(verdict.option, verdict.objective): verdict for verdict in comparison.verdicts}
    for result in comparison.results:
        row = [cells.get((result.option, objective)) for objective in comparison.objectives]
        table.add_row(result.option, *(_cell(verdict) for verdict in row))
    return table


def _cell(verdict: Verdict | None) -> Text:
    return Text("–") if verdict is None else verdict_text(verdict.verdict, show(verdict.value, verdict.unit))


def _of_objective(comparison: Comparison, objective: str) -> Iterable[RenderableType]:
    verdicts = [verdict for verdict in comparison.verdicts if verdict.objective == objective]
    if not verdicts:
        return
    first = verdicts[0]
    head = f"{objective}: {first.metric} of {first.of} {first.bound}"
    if len(verdicts) > 1 and all(_reading(verdict) == _reading(first) for verdict in verdicts):
        yield Text(head, style="bold")
        alike = f"  all options alike: {show(first.value, first.unit)} ({_interval(first)}), n = {first.n},"
        yield Text.assemble(verdict_text(first.verdict, alike), "\n")
        return
    differences = {d.option: d for d in comparison.differences if d.objective == objective}
    yield _table(head, verdicts, differences, comparison.results[0].option)
    for ranking in comparison.rankings:
        if ranking.objective == objective:
            yield Padding(Text(ranking.text), (0, 0, 1, 2))


def _reading(verdict: Verdict) -> tuple[object, ...]:
    return verdict.verdict, show(verdict.value, verdict.unit), _interval(verdict), verdict.n


def _interval(verdict: Verdict) -> str:
    return show_interval(verdict.ci_low, verdict.ci_high, verdict.unit)


def _table(head: str, verdicts: Sequence[Verdict], differences: dict[str, Difference], against: str) -> Table:
    table = plain_table(head)
    table.add_column("option", no_wrap=True)
    table.add_column("value", justify="right", no_wrap=True)
    table.add_column("95 % interval", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    table.add_column("n", justify="right", no_wrap=True)
    table.add_column(f"against {against}", overflow="fold")
    for verdict in verdicts:
        table.add_row(
            verdict.option,
            show(verdict.value, verdict.unit),
            _interval(verdict),
            verdict_text(verdict.verdict),
            str(verdict.n),
            _difference(differences.get(verdict.option)),
        )
    return table


def _difference(difference: Difference | None) -> str:
    if difference is None:
        return ""
    said = show_difference(difference.value, difference.ci_low, difference.ci_high, difference.unit)
    return f"tie: {said}" if difference.tie and not math.isnan(difference.ci_low) else said


def _left_out(comparison: Comparison) -> Iterable[Text]:
    if comparison.not_modelled:
        yield Text("Not modelled", style="bold")
        for option, why in comparison.not_modelled.items():
            yield Text(f"  {option}: {why}")
        yield Text("")


def _made_of(comparison: Comparison) -> str:
    count = min((len(result.replications) for result in comparison.results), default=0)
    stopped = f"Stopped early: {count} whole replications of each option are shown. " if comparison.interrupted else ""
    return f"{stopped}{comparison.note}"
