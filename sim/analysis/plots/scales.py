"""Value axes on which the differences that matter can be seen: nines for shares near 1, logarithms for long times."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, MultipleLocator

from sim.analysis.reading import show, show_exact

__all__ = ["DURATIONS_S", "Place", "nines", "room_for_never", "spaced", "value_axis"]

Place = Callable[[float], float]  # where a value stands on the axis

_MOST_NINES = 6.0  # 99.9999 % and everything nearer to 1
_MOST_LABELS = 5
_GAP_PX = 4.0  # between two labels
_WIDE = 30.0  # a greatest value so many times the smallest asks for a logarithmic axis
DURATIONS_S = (1e-3, 1e-2, 0.1, 1.0, 10.0, 60.0, 600.0, 3600.0, 21600.0, 86400.0, 604800.0, 2592000.0, 31536000.0)
_STEPS_S = (
    0.1,
    0.2,
    0.5,
    1,
    2,
    5,
    10,
    15,
    30,
    60,
    120,
    300,
    600,
    1800,
    3600,
    7200,
    14400,
    43200,
    86400,
    172800,
    604800,
)


def nines(share: float) -> float:
    """Return −log10(1 − share): 0.9 → 1, 0.99 → 2, …; at most 6, so that 1 has a place too."""
    return min(-math.log10(max(1.0 - share, 1e-300)), _MOST_NINES)


def value_axis(axes: Axes, unit: str, values: Sequence[float], bound: float) -> Place:
    """Set up the x axis for values and their bound, and return where a value stands on it."""
    every = [*values, bound]
    if unit == "share" and max(every) > 0.9:
        return _nines(axes, every, bound)
    smallest = min((value for value in every if value > 0), default=1.0)
    if min(every) >= 0 and max(every) > _WIDE * smallest:
        _logarithmic(axes, unit, smallest, max(every))
    else:
        _linear(axes, unit, max(every) - min(every))
    axes.xaxis.set_major_formatter(lambda value, _: show(value, unit))
    return lambda value: value


def room_for_never(axes: Axes) -> None:
    """Make room on the right for the words that stand there for what never came."""
    low, high = axes.get_xlim()
    axes.set_xlim(low, high * 8 if axes.get_xscale() == "symlog" else high + 0.22 * (high - low))


def spaced(axes: Axes) -> None:
    """Take away labels of the x axis that would touch the next one; the layout must have been made."""
    low, high = limits = axes.get_xlim()
    shown = [
        (place, label)
        for place, label in zip(axes.get_xticks(), axes.get_xticklabels(), strict=True)
        if low <= place <= high
    ]
    kept: list[tuple[float, str]] = []
    edge = math.inf
    for place, label in reversed(shown):  # the last one stays: all, or the longest time
        box = label.get_window_extent()
        if box.x1 + _GAP_PX <= edge:
            kept.append((place, label.get_text()))
            edge = box.x0
    if len(kept) < len(shown):
        axes.set_xticks([place for place, _ in kept], [text for _, text in kept])
        axes.set_xlim(limits)


def _nines(axes: Axes, values: Sequence[float], bound: float) -> Place:
    top = math.ceil(max((nines(value) for value in values if value < 1.0), default=3.0) + 0.3)
    top = min(max(top, 3), int(_MOST_NINES))
    low = math.floor(min(nines(value) for value in values))
    step = math.ceil((top - low) / (_MOST_LABELS - 1))
    room = 1 if step == 1 else 2  # a long label just before the last one would run into it
    marks = [n for n in range(low, top - room + 1) if (n - round(nines(bound))) % step == 0]
    labels = [show_exact(1.0 - 10.0**-n, "share") for n in marks]
    axes.set_xticks([*map(float, marks), float(top)], [*labels, "100 %"])
    axes.set_xlim(low - 0.15, top + 0.15)
    return lambda value: min(nines(value), float(top))


def _logarithmic(axes: Axes, unit: str, smallest: float, highest: float) -> None:
    axes.set_xscale("symlog", linthresh=smallest)
    axes.set_xlim(left=0.0 - 0.2 * smallest, right=highest * 2)
    if unit == "s":
        inside = [mark for mark in DURATIONS_S if smallest <= mark <= highest * 2]
        every = math.ceil(len(inside) / (_MOST_LABELS - 1))
        axes.set_xticks([0.0, *inside[::-1][::every][::-1]])
        axes.minorticks_off()


def _linear(axes: Axes, unit: str, width: float) -> None:
    step = next((step for step in _STEPS_S if width / step <= _MOST_LABELS - 1), None)
    if unit == "s" and step is not None and width > step:
        axes.xaxis.set_major_locator(MultipleLocator(step))
    else:
        axes.xaxis.set_major_locator(MaxNLocator(nbins=_MOST_LABELS - 1))
