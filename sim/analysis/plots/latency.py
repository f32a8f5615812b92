"""How long good calls took: the share that took longer, on two logarithmic axes, so that p99.9 can be read."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import NullLocator

from sim.analysis.comparison import OptionResult
from sim.analysis.plots.scales import DURATIONS_S
from sim.analysis.plots.style import GREY, Picture, line_style, tidy
from sim.analysis.replication import LATENCY_EDGES_S, Floats
from sim.quantities import show_duration

__all__ = ["latency_figure", "slower_share"]

_QUANTILES = {"p50": 0.5, "p90": 0.1, "p99": 0.01, "p99.9": 0.001}
_LOWEST = 5e-4  # a little below p99.9


def slower_share(result: OptionResult, client: str) -> Floats:
    """Return for each of LATENCY_EDGES_S the share of good calls that took longer, all replications pooled.

    NaN everywhere where no call went well.
    """
    none = np.zeros(len(LATENCY_EDGES_S) - 1, dtype=np.int64)  # an option may leave a client out
    counts = np.sum([replication.latency.get(client, none) for replication in result.replications], axis=0)
    total = counts.sum()
    if not total:
        return np.full(len(LATENCY_EDGES_S), np.nan)
    return np.concatenate(([1.0], 1.0 - np.cumsum(counts) / total))


def latency_figure(results: Sequence[OptionResult], client: str) -> Picture:
    """Return a picture with the complementary distribution of the duration of good calls, one line an option.

    Options whose calls took equally long, call by call, share a line.
    """
    figure = Picture(4.6)
    axes = figure.subplots()
    lines = _alike(results, client)
    ends: list[float] = []
    for index, (names, share) in enumerate(lines):
        inside = np.flatnonzero((share < 1.0) & (share > _LOWEST / 2))
        if len(inside):
            shown = slice(max(inside[0] - 1, 0), inside[-1] + 2)
            floored = np.maximum(share[shown], _LOWEST / 10)
            axes.plot(LATENCY_EDGES_S[shown], floored, label="\n".join(names), linewidth=1.6, **line_style(index))
            ends += [float(LATENCY_EDGES_S[shown][0]), float(LATENCY_EDGES_S[shown][-1])]
    _axes(axes, min(ends, default=1e-3), max(ends, default=1.0))
    axes.set_title(f"How long good calls of {client.removeprefix('client/')} took", fontsize=12)
    if ends:
        figure.legend(loc="outside right upper", fontsize=9, frameon=False, labelspacing=0.8)
    else:
        axes.text(0.5, 0.5, "no call went well", transform=axes.transAxes, ha="center", color=GREY)
    return figure


def _alike(results: Sequence[OptionResult], client: str) -> list[tuple[list[str], Floats]]:
    lines: list[tuple[list[str], Floats]] = []
    for result in results:
        share = slower_share(result, client)
        names = next((names for names, known in lines if np.array_equal(known, share, equal_nan=True)), None)
        if names is None:
            lines.append(([result.option], share))
        else:
            names.append(result.option)
    return lines


def _axes(axes: Axes, lowest_s: float, highest_s: float) -> None:
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_ylim(_LOWEST, 1.3)
    axes.set_xlim(lowest_s, highest_s * 1.2)
    marks = [mark for mark in DURATIONS_S if lowest_s <= mark <= highest_s * 1.2]
    if len(marks) > 1:
        axes.set_xticks(marks)
        axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(lambda value, _: show_duration(value))
    axes.yaxis.set_major_formatter(lambda value, _: f"{value * 100:g} %")
    axes.set_xlabel("duration of the call, retries included", fontsize=10)
    axes.set_ylabel("share of good calls that took longer", fontsize=10)
    tidy(axes)
    for name, share in _QUANTILES.items():
        axes.axhline(share, color=GREY, linewidth=0.8, linestyle=(0, (1, 2)))
        axes.annotate(
            name, (0.0, share), xycoords=("axes fraction", "data"), xytext=(3, 2), textcoords="offset points",
            ha="left", fontsize=8, color=GREY,
        )  # fmt: skip
