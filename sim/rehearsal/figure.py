"""The same schedule as a picture for a page: attempts as bars, the range of their beginnings as lines."""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib.axes import Axes

from sim.analysis.plots.style import Picture, tidy
from sim.quantities import show_duration
from sim.rehearsal.schedule import Schedule

__all__ = ["schedule_figure"]

_BAR, _RANGE = "#0072B2", "#D55E00"


def schedule_figure(name: str, schedules: Mapping[str, Schedule]) -> Picture:
    """Return a picture with one panel a server (its name → the schedule there), each with its own time axis."""
    tries = [len(schedule.tries) for schedule in schedules.values()]
    figure = Picture(1.2 + sum(0.6 + 0.26 * count for count in tries))
    panels = figure.subplots(len(schedules), 1, squeeze=False, height_ratios=[2 + count for count in tries]).ravel()
    for axes, (server, schedule) in zip(panels, schedules.items(), strict=True):
        _panel(axes, schedule)
        axes.set_title(server, fontsize=10, loc="left")
    panels[-1].set_xlabel("time since the call began", fontsize=10)
    figure.suptitle(f"{name}: attempts of one call (line: where {_calls(schedules):,} calls began them)", fontsize=12)
    return figure


def _calls(schedules: Mapping[str, Schedule]) -> int:
    return next(iter(schedules.values())).calls


def _panel(axes: Axes, schedule: Schedule) -> None:
    end_s = max(planned.begins.most_s + planned.lasts.mean_s for planned in schedule.tries)
    for planned in schedule.tries:
        y = planned.number
        width_s = max(planned.lasts.mean_s, end_s / 200)  # an instant would not be seen
        axes.barh(y, width_s, 0.5, left=planned.begins.mean_s, color=_BAR, linewidth=0)
        axes.plot([planned.begins.least_s, planned.begins.most_s], [y, y], color=_RANGE, linewidth=1.6, marker="|")
    axes.set_yticks([planned.number for planned in schedule.tries])
    axes.set_ylim(len(schedule.tries) + 0.7, 0.3)
    axes.set_xlim(0, end_s * 1.03)
    axes.set_ylabel("attempt", fontsize=9)
    axes.xaxis.set_major_formatter(lambda value, _: show_duration(float(f"{value:.6g}")) if value >= 0 else "")
    tidy(axes)
