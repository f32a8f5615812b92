"""A survey as tables: every adversity by itself, then who stands where, and no score over all of it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from sim.analysis.measures import ATTEMPTS, COLLAPSED, MEASURES, PEAK, RANKED, SUCCESS, Measure, row_of
from sim.analysis.reading import counted, show
from sim.analysis.tables.console import plain_table

if TYPE_CHECKING:
    from sim.analysis.answers import SummaryRow
    from sim.analysis.comparison import Comparison
    from sim.analysis.ranks import Rank
    from sim.analysis.survey import Survey

__all__ = ["RANKED_AS", "cell_text", "notes", "print_survey", "summary_lines"]

_OFTEN_PER_S = 1.0  # of rarer calls the busiest second holds one, and its multiple of the average says nothing
RANKED_AS = {"call_ok_share": "success", "call_p99_s": "p99", "attempts_per_call": "attempts", "recovery_s": "recovery"}


def print_survey(survey: Survey, console: Console) -> None:
    """Print a survey: the policies in words, one table an adversity, ranks, summary."""
    for part in _parts(survey):
        console.print(part)


def _parts(survey: Survey) -> Iterable[RenderableType]:
    yield _policies(survey)
    for comparison in survey.comparisons:
        yield _adversity(survey, comparison)
    if len(survey.policies) > 1:
        if len(survey.comparisons) > 1:
            yield _matrix(survey)
            yield _standings(survey)
        yield from map(Text, summary_lines(survey))
        yield ""
    yield from map(Text, notes(survey))


def _policies(survey: Survey) -> Table:
    table = plain_table("Policies")
    table.add_column("name", no_wrap=True)
    table.add_column("what it does", overflow="fold")
    for policy in survey.policies:
        table.add_row(policy.option, policy.words)
    return table


def _adversity(survey: Survey, comparison: Comparison) -> Table:
    table = plain_table(f"{comparison.scenario}: {' '.join(comparison.why.split())}")
    table.add_column("policy", overflow="fold")
    for measure in MEASURES:
        table.add_column(measure.label, justify="right", no_wrap=True)
    table.add_column("rank", justify="right", no_wrap=True)
    nominal = survey.nominal_per_s(comparison)
    ranks = {rank.option: rank for rank in survey.ranked(comparison, SUCCESS)}
    for result in comparison.results:
        rows = [row_of(comparison.rows, result.option, measure, survey.callers) for measure in MEASURES]
        cells = [cell_text(row, measure, nominal) for row, measure in zip(rows, MEASURES, strict=True)]
        table.add_row(result.option, *cells, _rank(ranks.get(result.option)))
    return table


def cell_text(row: SummaryRow | None, measure: Measure, nominal_per_s: float) -> str:
    """Return a reading for a narrow cell: success with half its interval, peaks in multiples of the nominal load."""
    if row is None or math.isnan(row.value):
        return "–"
    if measure == COLLAPSED:
        return f"{round(row.value * row.n)}/{row.n}"
    if measure == PEAK and nominal_per_s >= _OFTEN_PER_S:
        return f"{row.value / nominal_per_s:.1f}×"
    if measure == SUCCESS and not math.isnan(row.ci_low):
        half = max(row.value - row.ci_low, row.ci_high - row.value) * 100
        return f"{show(row.value, row.unit)} ±{half:{'.0f' if half >= 1 else '.1g'}}"
    if measure == ATTEMPTS:
        return f"{row.value:.2f}"
    return (
        show(float(f"{row.value:.2g}"), row.unit) if row.unit == "s" and row.value < 10 else show(row.value, row.unit)
    )


def _rank(rank: Rank | None) -> Text:
    if rank is None:
        return Text("–")
    return Text(str(rank.rank), "bold green" if rank.best else "bold red" if rank.worst else "")


def _matrix(survey: Survey) -> Table:
    table = plain_table("Ranks by success (1: nobody is surely better; equal where a difference is within the noise)")
    table.add_column("adversity", no_wrap=True)
    for policy in survey.policies:
        table.add_column(policy.option, justify="right", overflow="fold")
    for comparison in survey.comparisons:
        ranks = {rank.option: rank for rank in survey.ranked(comparison, SUCCESS)}
        table.add_row(comparison.scenario, *(_rank(ranks.get(policy.option)) for policy in survey.policies))
    return table


def _standings(survey: Survey) -> Table:
    table = plain_table("In how many adversities it is best · worst (alone or tied)")
    table.add_column("policy", no_wrap=True)
    for measure in RANKED:
        table.add_column(RANKED_AS[measure.metric], justify="right", no_wrap=True)
    found: Mapping[tuple[str, str], str] = {
        (row.option, row.metric): f"{row.best} · {row.worst} of {row.of}" for row in survey.standings
    }
    for policy in survey.policies:
        table.add_row(policy.option, *(found.get((policy.option, measure.metric), "–") for measure in RANKED))
    return table


def summary_lines(survey: Survey) -> list[str]:
    """Return a sentence a policy: where it is best by success, where worst, and where it never came back."""
    return [line for policy in survey.policies if (line := _line(survey, policy.option))]


def _line(survey: Survey, option: str) -> str:
    mine = [rank for rank in survey.ranks if (rank.option, rank.metric) == (option, SUCCESS.metric)]
    if not mine:
        return ""
    worst = [rank.scenario for rank in mine if rank.worst]
    lost = [
        comparison.scenario
        for comparison in survey.comparisons
        if (row := row_of(comparison.rows, option, COLLAPSED, survey.callers)) is not None and row.value > 0
    ]
    best = sum(rank.best for rank in mine)
    words = f"{option}: best or tied in {best} of {len(mine)}, "
    words += f"worst or tied in {', '.join(worst)}" if worst else "never worst"
    return f"{words}; runs that never came back: {', '.join(lost) if lost else 'none'}."


def notes(survey: Survey) -> Iterable[str]:
    """Yield what a reader of the tables has to know, and how many runs they rest on."""
    yield (
        "success ± half of its 95 % interval; times: of all calls, failed ones too; tries: attempts a call; wasted: "
        "work for callers that had gone; peak: the busiest second, in multiples of the calls started; lost: runs that "
        "never came back. Ranks hold all pairs of a table at once (Bonferroni)."
    )
    runs = min(len(result.replications) for comparison in survey.comparisons for result in comparison.results)
    if survey.interrupted:
        missing = [name for name in survey.asked if name not in survey.scenarios]
        yield f"Stopped early: at least {counted(runs, 'whole replication')} of each" + (
            f"; not one of {', '.join(missing)}." if missing else "."
        )
    else:
        yield f"{counted(runs, 'replication')} of each. Every interval, phase and metric: --json; as a page: --html."
