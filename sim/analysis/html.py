"""Results as small tables for a notebook's cell: self-contained fragments, no script, no style sheet, text escaped."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING

from sim.analysis.measures import COLLAPSED, SUCCESS, row_of
from sim.analysis.reading import show, show_interval

if TYPE_CHECKING:
    from sim.analysis.answers import Verdict
    from sim.analysis.comparison import Comparison, Simulation
    from sim.analysis.survey import Survey

__all__ = ["comparison_html", "simulation_html", "survey_html", "table_html"]

# dark enough on white for small text (contrast 4.5 or more, WCAG 2.1 level AA), and told apart as in the pictures
_COLOURS = {"held": "#005A8C", "broken": "#B34700", "undecided": "#7A5500"}
_CELL = "padding:2px 10px;text-align:left;vertical-align:top"


def comparison_html(comparison: Comparison) -> str:
    """Return options × objectives: value, interval, verdict in colour and word; what was left out stands below."""
    cells = {(verdict.option, verdict.objective): verdict for verdict in comparison.verdicts}
    heads = ["option", *(_head(comparison, objective) for objective in comparison.objectives)]
    rows = [
        [
            f"<b>{escape(result.option)}</b>",
            *(_cell(cells.get((result.option, name))) for name in comparison.objectives),
        ]
        for result in comparison.results
    ]
    notes = [f"{option}: not modelled ({why})" for option, why in comparison.not_modelled.items()]
    return _fragment(f"{comparison.scenario}: {comparison.why}", table_html(heads, rows), [*notes, comparison.note])


def simulation_html(simulation: Simulation) -> str:
    """Return one line an objective: bound, value, interval, verdict in colour and word."""
    rows = [
        [escape(v.objective), escape(f"{v.metric} of {v.of} {v.bound}"), _cell(v), str(v.n)]
        for v in simulation.verdicts
    ]
    table = table_html(["objective", "what", "value", "n"], rows)
    return _fragment(f"{simulation.scenario}, option {simulation.result.option}", table, [])


def survey_html(survey: Survey) -> str:
    """Return adversities × policies: success, its rank, and how many runs never came back."""
    rows = [
        [f"<b>{escape(comparison.scenario)}</b>", *_successes(survey, comparison)] for comparison in survey.comparisons
    ]
    heads = ["success (rank)", *(escape(policy.option) for policy in survey.policies)]
    return _fragment("Policies compared", table_html(heads, rows), [])


def _successes(survey: Survey, comparison: Comparison) -> Iterable[str]:
    ranks = {rank.option: f" ({rank.rank})" for rank in survey.ranked(comparison, SUCCESS)}
    for result in comparison.results:
        success, lost = (row_of(comparison.rows, result.option, m, survey.callers) for m in (SUCCESS, COLLAPSED))
        words = "–" if success is None else f"{show(success.value, 'share')}{ranks.get(result.option, '')}"
        never = round(lost.value * lost.n) if lost is not None and not math.isnan(lost.value) else 0
        below = f"<br><small>{never} of {len(result.replications)} runs never came back</small>" if never else ""
        yield words + below


def table_html(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; heads and cells are HTML already."""
    head = "".join(f'<th style="{_CELL};border-bottom:1px solid #888">{text}</th>' for text in heads)
    body = "".join(f"<tr>{''.join(f'<td style={_CELL!r}>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f'<table style="border-collapse:collapse"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'


def _fragment(title: str, table: str, notes: Sequence[str]) -> str:
    below = "".join(f"<div><small>{escape(note)}</small></div>" for note in notes if note)
    return f"<div><div><b>{escape(' '.join(title.split()))}</b></div>{table}{below}</div>"


def _head(comparison: Comparison, objective: str) -> str:
    verdict = next((verdict for verdict in comparison.verdicts if verdict.objective == objective), None)
    about = f"<br><small>{escape(f'{verdict.metric} of {verdict.of} {verdict.bound}')}</small>" if verdict else ""
    return f"{escape(objective)}{about}"


def _cell(verdict: Verdict | None) -> str:
    if verdict is None:
        return "–"
    known = not math.isnan(verdict.ci_low) and not math.isnan(verdict.ci_high)
    interval = f"<br><small>{show_interval(verdict.ci_low, verdict.ci_high, verdict.unit)}</small>" if known else ""
    word = f'<b style="color:{_COLOURS[verdict.verdict]}">{verdict.verdict}</b>'
    return f"{show(verdict.value, verdict.unit)} {word}{interval}"
