"""Options against objectives: a dot and its interval for each option, the bound as a line."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from sim.analysis.plots.scales import Place, room_for_never, spaced, value_axis
from sim.analysis.plots.style import BOUND, VERDICT_COLOURS, Picture, tidy
from sim.spec.probes import Probe, metric_unit

if TYPE_CHECKING:
    from sim.analysis.answers import Verdict
    from sim.analysis.comparison import Comparison

__all__ = ["objectives_figure"]

_MARKS = {"held": "o", "broken": "X", "undecided": "D"}  # told apart without colour
_COLUMNS = 3


def objectives_figure(comparison: Comparison) -> Picture:
    """Return a picture with one panel an objective and one line an option in each."""
    names = list(comparison.objectives)
    options = [result.option for result in comparison.results]
    columns = min(_COLUMNS, max(len(names), 1))
    rows = -(-max(len(names), 1) // columns)
    figure = Picture(0.7 + rows * (1.0 + 0.24 * len(options)))
    panels = figure.subplots(rows, columns, sharey=True, squeeze=False).ravel()
    for panel, name in zip(panels, names, strict=False):
        verdicts = [verdict for verdict in comparison.verdicts if verdict.objective == name]
        _panel(panel, comparison.objectives[name], verdicts, options)
        panel.set_title(f"{name}: {verdicts[0].metric if verdicts else ''}", fontsize=10, loc="left")
    for panel in panels[len(names) :]:
        panel.set_visible(False)
    figure.suptitle(f"{comparison.scenario}: options against objectives, with 95 % intervals", fontsize=12)
    figure.legend(handles=_legend(), loc="outside lower center", ncols=4, fontsize=9, frameon=False)
    figure.draw_without_rendering()  # only now it is known how much room the labels have
    for panel in panels[: len(names)]:
        spaced(panel)
    return figure


def _panel(axes: Axes, probe: Probe, verdicts: Sequence[Verdict], options: list[str]) -> None:
    bound = probe.at_least if probe.at_least is not None else probe.at_most
    assert bound is not None  # the scenario language wants one of the two
    place = value_axis(axes, metric_unit(probe.metric), _known(verdicts), bound)
    axes.axvline(place(bound), color=BOUND, linewidth=1.0, linestyle=(0, (4, 3)))
    for verdict in verdicts:
        _dot(axes, options.index(verdict.option), verdict, place)
    if any(math.isinf(verdict.value) for verdict in verdicts):
        room_for_never(axes)  # after the dots: a linear axis goes by them
    axes.set_yticks(range(len(options)), options)
    axes.set_ylim(len(options) - 0.5, -0.5)
    axes.set_xlabel(f"{verdicts[0].of if verdicts else ''}, bound {verdicts[0].bound if verdicts else ''}", fontsize=9)
    tidy(axes)


def _known(verdicts: Sequence[Verdict]) -> list[float]:
    read = [x for verdict in verdicts for x in (verdict.value, verdict.ci_low, verdict.ci_high)]
    return [x for x in read if math.isfinite(x)]


def _dot(axes: Axes, y: int, verdict: Verdict, place: Place) -> None:
    colour = VERDICT_COLOURS[verdict.verdict]
    if math.isinf(verdict.value):
        axes.annotate(
            "never →", (1.0, y), xycoords=("axes fraction", "data"), ha="right", va="center", fontsize=8, color=colour
        )
        return
    if math.isnan(verdict.value):
        return
    if math.isfinite(verdict.ci_low) and math.isfinite(verdict.ci_high):
        axes.plot([place(verdict.ci_low), place(verdict.ci_high)], [y, y], color=colour, linewidth=2.2, alpha=0.6)
    axes.plot(place(verdict.value), y, marker=_MARKS[verdict.verdict], color=colour, markersize=6, clip_on=False)


def _legend() -> list[Line2D]:
    handles = [
        Line2D([], [], marker=_MARKS[word], color=colour, linestyle="", label=word)
        for word, colour in VERDICT_COLOURS.items()
    ]
    return [*handles, Line2D([], [], color=BOUND, linestyle=(0, (4, 3)), label="bound")]
