"""Nodes and pods over time: one lane each, coloured by state, with the faults above them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from matplotlib.axes import Axes
from matplotlib.patches import Patch

from sim.analysis.lanes import Lane, Span, node_lanes, pod_lanes
from sim.analysis.plots.style import (
    BLUE,
    FAULT,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    SKY,
    VERMILION,
    Picture,
    TimeUnit,
    tidy,
    time_unit,
)

if TYPE_CHECKING:
    from sim.record import Journal

__all__ = ["fault_lanes", "timeline_figure"]

COLOURS = {
    "fault on": FAULT,
    "Ready": GREEN,
    "NotReady": ORANGE,
    "Unknown": VERMILION,
    "running": BLUE,
    "starting": SKY,
    "pending": PURPLE,
    "not ready": ORANGE,
    "terminating": "#8C2D04",
    "stopped": GREY,
}
_MOST_LANES = 40
_ZOOM_S = 600.0  # a node's loss with default timings is over (but for its return) within ten minutes
_ZOOM_FROM = 6  # a closer look is shown beside runs that are as many times longer


def timeline_figure(journal: Journal) -> Picture:
    """Return a picture of a run's nodes and pods; a long run gets a closer look at its first fault beside it."""
    start_s, end_s = -journal.info.warmup_s, journal.info.duration_s
    faults = fault_lanes(journal, end_s)
    nodes = node_lanes(journal.events, journal.samples, start_s, end_s)
    pods, left_out = _chosen(pod_lanes(journal.events, end_s), _MOST_LANES - len(nodes) - len(faults))
    lanes = [*faults, *nodes, *pods]
    first_s = min((lane.spans[0].begin_s for lane in faults if lane.spans), default=None)
    windows = [(0.0, end_s)]
    if first_s is not None and end_s > _ZOOM_FROM * _ZOOM_S:
        windows.append((first_s - 0.1 * _ZOOM_S, first_s + _ZOOM_S))
    figure = Picture(1.5 + 0.17 * len(lanes))
    panels = figure.subplots(1, len(windows), sharey=True, squeeze=False)[0]
    for panel, window, name in zip(panels, windows, ("the whole run", "the first fault"), strict=False):
        _draw(panel, lanes, window)
        panel.set_title(name if len(windows) > 1 else "", fontsize=9, loc="left")
    panels[0].set_yticks(range(len(lanes)), [_label(lane) for lane in lanes], fontsize=7)
    panels[0].set_ylim(len(lanes) - 0.4, -0.6)
    figure.suptitle(_title(journal, left_out), fontsize=11)
    figure.legend(handles=_legend(lanes), loc="outside lower center", ncols=5, fontsize=8, frameon=False)
    return figure


def fault_lanes(journal: Journal, end_s: float) -> list[Lane]:
    """Return one lane a fault, in the order of their beginnings; what nothing ended lasts to the end."""
    lanes: dict[str, Lane] = {}
    for event in journal.events:
        if event.kind in {"fault_begin", "fault_end"}:
            lane = lanes.setdefault(event.subject, Lane(event.subject.replace("/", " ")))
            lane.turn(event.t_s, "fault on" if event.kind == "fault_begin" else "")
    for lane in lanes.values():
        lane.turn(end_s, "")
    return list(lanes.values())


def _chosen(lanes: list[Lane], most: int) -> tuple[list[Lane], int]:
    """Return the lanes to draw, those first to which something happened, and how many are left out."""
    if len(lanes) <= most:
        return lanes, 0
    by_interest = sorted(range(len(lanes)), key=lambda i: (not _interesting(lanes[i]), i))
    return [lanes[i] for i in sorted(by_interest[:most])], len(lanes) - most


def _interesting(lane: Lane) -> bool:
    return any(span.state != "running" and span.end_s > 0 for span in lane.spans)


def _label(lane: Lane) -> str:
    return f"{lane.name} ({lane.note})" if lane.note else lane.name


def _draw(axes: Axes, lanes: Sequence[Lane], window: tuple[float, float]) -> None:
    unit = time_unit(window[1] - window[0])
    for y, lane in enumerate(lanes):
        for state in dict.fromkeys(span.state for span in lane.spans):
            bars = [_bar(span, unit) for span in lane.spans if span.state == state]
            axes.broken_barh(bars, (y - 0.38, 0.76), facecolors=COLOURS[state], linewidth=0)
    axes.set_xlim(window[0] / unit.size_s, window[1] / unit.size_s)
    axes.set_xlabel(f"time since the plan began [{unit.name}]", fontsize=9)
    tidy(axes)
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0, labelsize=7)


def _bar(span: Span, unit: TimeUnit) -> tuple[float, float]:
    return span.begin_s / unit.size_s, (span.end_s - span.begin_s) / unit.size_s


def _title(journal: Journal, left_out: int) -> str:
    more = f" ({left_out} further pods not shown)" if left_out else ""
    return f"{journal.info.scenario}, option {journal.info.option}, seed {journal.info.seed}: nodes and pods{more}"


def _legend(lanes: Sequence[Lane]) -> list[Patch]:
    seen = dict.fromkeys(span.state for lane in lanes for span in lane.spans)
    return [Patch(color=colour, label=state) for state, colour in COLOURS.items() if state in seen]
