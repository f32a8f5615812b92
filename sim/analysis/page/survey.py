"""A survey as a page: what was compared, who stands where, and every adversity with its numbers and its picture."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING

from sim.analysis.measures import COLLAPSED, MEASURES, PEAK, RANKED, SUCCESS, Measure, row_of
from sim.analysis.page.look import document
from sim.analysis.page.svg import inline_svg
from sim.analysis.plots.load import load_panels
from sim.analysis.reading import counted, show, show_interval
from sim.analysis.tables.survey import RANKED_AS, cell_text, notes, summary_lines

if TYPE_CHECKING:
    from sim.analysis.answers import SummaryRow
    from sim.analysis.comparison import Comparison
    from sim.analysis.ranks import Rank
    from sim.analysis.survey import Survey

__all__ = ["survey_page"]


def survey_page(survey: Survey) -> str:
    """Return a whole HTML page, self-contained: tables with intervals, pictures as inline SVG, no script."""
    policies = f"{len(survey.policies)} {'policy' if len(survey.policies) == 1 else 'policies'}"
    title = f"Retry policies compared: {policies}, {counted(len(survey.comparisons), 'scenario')}"
    parts = [f"<h1>{title}</h1>", _policies(survey)]
    if len(survey.policies) > 1 and len(survey.comparisons) > 1:
        parts += [_overview(survey), _list(summary_lines(survey))]
    parts += [*(_adversity(survey, comparison) for comparison in survey.comparisons)]
    parts += ["<h2>How to read this</h2>", *(_paragraph(line) for line in notes(survey))]
    return document(title, "\n".join(parts))


def _paragraph(text: str) -> str:
    return f"<p>{escape(text)}</p>"


def _list(lines: Iterable[str], style: str = "") -> str:
    items = "".join(f"<li>{escape(' '.join(line.split()))}</li>" for line in lines)
    return f'<ul class="{style}">{items}</ul>' if style else f"<ul>{items}</ul>"


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]], style: str = "") -> str:
    """Return a table that scrolls sideways where the page is narrow; heads are text, cells are whole `<td>`s."""
    head = "".join(f'<th scope="col">{escape(text)}</th>' for text in heads)
    body = "\n".join(f"<tr>{''.join(row)}</tr>" for row in rows)
    of = f' class="{style}"' if style else ""
    return f'<div class="wide"><table{of}><thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody></table></div>'


def _cell(text: str, style: str = "") -> str:
    return f'<td class="{style}">{text}</td>' if style else f"<td>{text}</td>"


def _policies(survey: Survey) -> str:
    rows = [
        [
            _cell(f"<b>{escape(policy.option)}</b>"),
            _cell(f"{escape(policy.words)}<small>{escape(policy.source)}</small>", "words"),
        ]
        for policy in survey.policies
    ]
    return _table(["policy", "what it does, and where that is written"], rows, "said")


def _overview(survey: Survey) -> str:
    rows = []
    for comparison in survey.comparisons:
        ranks = {rank.option: rank for rank in survey.ranked(comparison, SUCCESS)}
        name = f'<a href="#{comparison.scenario}">{escape(comparison.scenario)}</a>'
        rows.append([_cell(name), *(_rank(ranks.get(policy.option)) for policy in survey.policies)])
    matrix = _table(["adversity", *(policy.option for policy in survey.policies)], rows)
    found = {(row.option, row.metric): row for row in survey.standings}
    counts = []
    for policy in survey.policies:
        mine = [found.get((policy.option, measure.metric)) for measure in RANKED]
        counts.append([
            _cell(f"<b>{escape(policy.option)}</b>"),
            *(_cell("–" if row is None else f"{row.best} · {row.worst} of {row.of}") for row in mine),
        ])  # fmt: skip
    heads = ["best · worst by", *(RANKED_AS[measure.metric] for measure in RANKED)]
    return (
        "<h2>Who stands where</h2><p>Ranks by success: 1 where nobody is surely better; a difference within the noise "
        f"is a tie.</p>{matrix}<p>In how many adversities each is best, and in how many worst, alone or tied:</p>"
        f"{_table(heads, counts)}"
    )


def _rank(rank: Rank | None) -> str:
    if rank is None:
        return _cell("–")
    return _cell(str(rank.rank), "best" if rank.best else "worst" if rank.worst else "")


def _adversity(survey: Survey, comparison: Comparison) -> str:
    nominal = survey.nominal_per_s(comparison)
    ranks = {rank.option: rank for rank in survey.ranked(comparison, SUCCESS)}
    rows = []
    for result in comparison.results:
        cells = [row_of(comparison.rows, result.option, measure, survey.callers) for measure in MEASURES]
        rows.append([
            _cell(f"<b>{escape(result.option)}</b>"),
            *(_reading(row, measure, nominal) for row, measure in zip(cells, MEASURES, strict=True)),
            _rank(ranks.get(result.option)),
        ])  # fmt: skip
    figure = inline_svg(load_panels(comparison, survey.callers), escape(f"goodput and load, {comparison.scenario}"))
    return (
        f'<h2 id="{comparison.scenario}">{escape(comparison.scenario)}</h2>'
        f"{_paragraph(' '.join(comparison.why.split()))}"
        f"{_table(['policy', *(measure.label for measure in MEASURES), 'rank'], rows)}"
        f"<figure>{figure}<figcaption>Median of the runs and the band from 10 % to 90 % of them; grey: a fault is on; "
        f"dotted: the load without retries ({show(nominal, '1/s')}).</figcaption></figure>"
        f"{_list(comparison.assumptions.values(), 'faint')}"
    )


def _reading(row: SummaryRow | None, measure: Measure, nominal_per_s: float) -> str:
    text = cell_text(row, measure, nominal_per_s).split(" ±")[0]
    if row is None or math.isnan(row.value) or math.isnan(row.ci_low):
        return _cell(text)
    if measure == PEAK and text.endswith("×"):
        return _cell(f"{text}<small>{row.ci_low / nominal_per_s:.1f} … {row.ci_high / nominal_per_s:.1f}</small>")
    lost = "worst" if measure == COLLAPSED and row.value > 0 else ""
    return _cell(f"{text}<small>{show_interval(row.ci_low, row.ci_high, row.unit)}</small>", lost)
