"""Goodput and failures over time, with the faults shaded behind them."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import fields

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.patches import Patch
from numpy.typing import NDArray

from sim.analysis.comparison import OptionResult
from sim.analysis.plots.style import FAULT, OUTCOME_COLOURS, Picture, TimeUnit, tidy, time_unit
from sim.analysis.replication import Floats, Replication, Series

__all__ = ["coarser", "fault_share", "mean_rates", "traffic_figure"]

_SHADES = LinearSegmentedColormap.from_list("faults", ["#FFFFFF", FAULT])
_COLUMNS_FROM = 4  # as many panels stand in two columns
_MOST_BINS = {1: 180, 2: 72}  # by columns: a step must be wide enough to be seen
_OUTCOMES = ("ok", "failed", "unknown")


def fault_share(replications: Sequence[Replication], edges_s: Floats) -> Floats:
    """Return for each bin of time the average part of it in which any fault was on [share]."""
    active = np.zeros(len(edges_s) - 1)
    for replication in replications:
        free = np.ones_like(active)
        for fault in replication.faults:
            overlap = np.minimum(edges_s[1:], fault.end_s) - np.maximum(edges_s[:-1], fault.begin_s)
            free = np.minimum(free, 1.0 - np.clip(overlap, 0.0, None) / np.diff(edges_s))
        active += 1.0 - free
    return active / max(len(replications), 1)


def coarser(edges_s: Floats, most: int) -> NDArray[np.int64]:
    """Return the places of the edges to keep, so that at most `most` bins are left; all equally wide but the last."""
    count = len(edges_s) - 1
    return np.append(np.arange(0, count, -(-count // most)), count)


def mean_rates(replications: Sequence[Replication], client: str, most_bins: int) -> tuple[Floats, dict[str, Floats]]:
    """Return edges [s] and calls a second by outcome between them, averaged over replications.

    `client`: as `client/NAME`.
    """
    edges_s = replications[0].edges_s
    kept = coarser(edges_s, most_bins)
    none = Series(*(np.zeros(len(edges_s) - 1) for _ in fields(Series)))  # an option may leave a client out
    found = [replication.series.get(client, none) for replication in replications]
    widths_s = np.diff(edges_s[kept])
    return edges_s[kept], {
        outcome: np.add.reduceat(np.mean([getattr(s, outcome) for s in found], axis=0), kept[:-1]) / widths_s
        for outcome in _OUTCOMES
    }


def traffic_figure(results: Sequence[OptionResult], client: str) -> Picture:
    """Return a picture with one panel an option: calls of a client that went well, failed, or ended unknown.

    Options that agree in all of that, and in when faults were on, share a panel.
    """
    names, results = _alike(results, client)
    columns = 2 if len(results) >= _COLUMNS_FROM else 1
    rows = -(-len(results) // columns)
    titles = [textwrap.fill(", ".join(each), 58 * 2 // columns) for each in names]
    lines = sum(max(title.count("\n") for title in titles[i : i + columns]) for i in range(0, len(titles), columns))
    figure = Picture(0.9 + rows * (1.5 if columns == 2 else 2.2) + 0.17 * lines)
    panels = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).ravel()
    rates = [mean_rates(result.replications, client, _MOST_BINS[columns]) for result in results]
    highest = max((float(rate.max()) for _, each in rates for rate in each.values()), default=0.0)
    per = _rate_unit(highest)
    unit = time_unit(results[0].replications[0].duration_s)
    for panel, title, result, (edges_s, rate) in zip(panels, titles, results, rates, strict=False):
        _shade(panel, result, unit)
        _lines(panel, edges_s / unit.size_s, rate, per)
        panel.set_title(title, fontsize=10, loc="left")
        panel.set_ylim(0.0, highest * per.size_s * 1.08 or 1.0)
    for panel in panels[len(results) :]:
        panel.set_visible(False)
    for panel in panels[max(0, len(results) - columns) : len(results)]:
        panel.xaxis.set_tick_params(labelbottom=True)
    figure.suptitle(f"Calls of {client.removeprefix('client/')}", fontsize=12, x=0.01, ha="left")
    figure.supxlabel(f"time since the plan began [{unit.name}]", fontsize=10)
    figure.supylabel(f"calls that ended, by their start [1/{per.name}]", fontsize=10)
    figure.legend(handles=_legend(results), loc="outside upper right", ncols=4, fontsize=9, frameon=False)
    return figure


def _alike(results: Sequence[OptionResult], client: str) -> tuple[list[list[str]], list[OptionResult]]:
    """Return the names of the options that look alike, and the first of each such group."""
    groups: dict[bytes, list[OptionResult]] = {}
    for result in results:
        edges_s, rates = mean_rates(result.replications, client, _MOST_BINS[2])
        shade = fault_share(result.replications, edges_s)
        look = b"".join(np.asarray(part).tobytes() for part in (edges_s, *rates.values(), shade))
        groups.setdefault(look, []).append(result)
    return [[result.option for result in group] for group in groups.values()], [g[0] for g in groups.values()]


def _rate_unit(highest_per_s: float) -> TimeUnit:
    for unit in (TimeUnit(1.0, "s"), TimeUnit(60.0, "min")):
        if highest_per_s * unit.size_s >= 0.5:
            return unit
    return TimeUnit(3600.0, "h")


def _shade(axes: Axes, result: OptionResult, unit: TimeUnit) -> None:
    edges_s = result.replications[0].edges_s
    shade = fault_share(result.replications, edges_s)
    axes.pcolormesh(
        edges_s / unit.size_s, [0.0, 1.0], shade[np.newaxis, :], transform=axes.get_xaxis_transform(), cmap=_SHADES,
        vmin=0.0, vmax=1.0, rasterized=True, zorder=0,
    )  # fmt: skip


def _lines(axes: Axes, edges: Floats, rates: dict[str, Floats], per: TimeUnit) -> None:
    for outcome in _OUTCOMES:
        if outcome == "ok" or rates[outcome].any():
            axes.stairs(
                rates[outcome] * per.size_s, edges, baseline=None, color=OUTCOME_COLOURS[outcome], linewidth=1.3
            )
    axes.set_xlim(edges[0], edges[-1])
    tidy(axes)
    axes.grid(visible=False)  # it would show through the shade


def _legend(results: Sequence[OptionResult]) -> list[Patch]:
    names = {fault.name for result in results for replication in result.replications for fault in replication.faults}
    handles = [Patch(color=OUTCOME_COLOURS[outcome], label=outcome) for outcome in _OUTCOMES]
    return [*handles, Patch(color=FAULT, label="fault on")] if names else handles
