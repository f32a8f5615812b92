"""Goodput and load over time, one line a policy: the median of the runs, and the band in which most of them lie.

A mean would show a system half collapsed where half of the runs collapsed and half did not; the band shows both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sim.analysis.comparison import Comparison, OptionResult
from sim.analysis.measures import nominal_per_s
from sim.analysis.plots.style import FAULT, Picture, TimeUnit, line_style, tidy, time_unit
from sim.analysis.plots.traffic import coarser, fault_share
from sim.analysis.replication import Floats, Replication, Series

__all__ = ["BAND", "load_figure", "load_panels", "rates_of_runs"]

BAND = (0.1, 0.9)  # of the runs: quantiles, below and above
_MOST_BINS = 120  # of a second each in a run of two minutes
_LAST = 2  # bins at the end that are not drawn: what was in flight when the run ended has left no rows
_IN_SECONDS_S = 600.0  # runs up to this long have an axis of seconds
_LONG_NAME = 18  # letters: of such names only two stand beside each other
_WIDEST = 4.5  # points
Counted = Literal["answered", "attempts"]
_TITLES: dict[Counted, str] = {"answered": "goodput: good answers", "attempts": "load: attempts of the callers"}


def rates_of_runs(
    replications: Sequence[Replication], callers: str, counted: Counted, most_bins: int = _MOST_BINS
) -> tuple[Floats, Floats]:
    """Return edges [s], and what was counted between them [1/s], one row a run; `cluster`: of all clients together."""
    edges_s = replications[0].edges_s
    kept = coarser(edges_s, most_bins)
    none = Series(*(np.zeros(len(edges_s) - 1) for _ in fields(Series)))
    counts = [
        np.sum(
            [none.ok, *(getattr(series, counted) for name, series in r.series.items() if callers in (name, "cluster"))],
            axis=0,
        )
        for r in replications
    ]
    return edges_s[kept], np.add.reduceat(np.array(counts), kept[:-1], axis=1) / np.diff(edges_s[kept])


def load_figure(comparison: Comparison, callers: str) -> Picture:
    """Return a picture with goodput above and load below, every policy a line in both."""
    figure = Picture(5.4)
    _both(figure, comparison, callers)
    figure.suptitle(f"{comparison.scenario}: median of the runs, band from 10 % to 90 % of them", fontsize=12)
    return figure


def load_panels(comparison: Comparison, callers: str) -> Figure:
    """Return the same in a size for narrow pages, without a title: letters that a phone still shows."""
    figure = Figure(figsize=(5.4, 4.8), layout="constrained")
    _both(figure, comparison, callers)
    return figure


def _both(figure: Figure, comparison: Comparison, callers: str) -> None:
    upper, lower = figure.subplots(2, 1, sharex=True)
    _draw(upper, comparison, callers, "answered")
    _draw(lower, comparison, callers, "attempts")
    unit = _unit(comparison)
    lower.set_xlabel(f"time since the plan began [{unit.name}]", fontsize=10)
    handles, labels = upper.get_legend_handles_labels()
    columns = 3 if max(map(len, labels)) < _LONG_NAME else 2
    figure.legend(handles, labels, loc="outside lower center", ncols=columns, fontsize=9, frameon=False)


def _unit(comparison: Comparison) -> TimeUnit:
    """Return seconds for the minutes of an adversity, else what reads best."""
    duration_s = comparison.results[0].replications[0].duration_s
    return TimeUnit(1.0, "s") if duration_s <= _IN_SECONDS_S else time_unit(duration_s)


def _draw(axes: Axes, comparison: Comparison, callers: str, counted: Counted) -> None:
    """Draw one of the two panels: faults shaded, the load without retries as a dotted line."""
    unit = _unit(comparison)
    _shade(axes, comparison.results, unit.size_s)
    nominal = nominal_per_s(comparison.results[0].replications, callers)
    axes.axhline(nominal, color="#767676", linewidth=0.9, linestyle=(0, (1, 2)), zorder=1)
    for index, result in enumerate(comparison.results):
        edges_s, rates = rates_of_runs(result.replications, callers, counted)
        middle = (edges_s[:-1] + edges_s[1:])[:-_LAST] / 2 / unit.size_s
        low, median, high = np.quantile(rates, [BAND[0], 0.5, BAND[1]], axis=0)[:, :-_LAST]
        style = line_style(index)
        axes.fill_between(middle, low, high, color=style["color"], alpha=0.15, linewidth=0)
        # the first lines are the widest: where later ones lie on them, both can be seen
        width = 1.3 + 0.8 * (len(comparison.results) - 1 - index)
        axes.plot(middle, median, label=result.option, linewidth=min(width, _WIDEST), **style)
    axes.set_ylim(bottom=0)
    axes.set_xlim(0, comparison.results[0].replications[0].duration_s / unit.size_s)
    axes.set_title(f"{_TITLES[counted]} [1/s]", fontsize=10, loc="left")
    tidy(axes)
    axes.grid(visible=False, axis="x")


def _shade(axes: Axes, results: Sequence[OptionResult], size_s: float) -> None:
    """Shade when a fault was on in half of the runs or more."""
    replications = results[0].replications
    edges_s = replications[0].edges_s
    on = fault_share(replications, edges_s) >= 0.5
    axes.fill_between(
        edges_s[:-1] / size_s, 0, 1, where=on.tolist(), step="post", transform=axes.get_xaxis_transform(),
        color=FAULT, alpha=0.6, linewidth=0, zorder=0,
    )  # fmt: skip
