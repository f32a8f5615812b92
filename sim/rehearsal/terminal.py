"""A schedule as bars over time, for a terminal: one line a try, its mean place as a block, the range of its jitter."""

from __future__ import annotations

from rich.text import Text

from sim.quantities import show_duration
from sim.rehearsal.schedule import Planned, Schedule, Spread

__all__ = ["MOST_LINES", "bars", "range_text"]

WIDE = 48  # columns of time
MOST_LINES = 12  # tries; what comes later is more of the same
_NEVER_SEEN = 1e-9


def bars(schedule: Schedule) -> list[Text]:
    """Return the picture: a scale, then one line a try with when it begins (mean, and its range in brackets)."""
    shown = schedule.tries[:MOST_LINES]
    end_s = max([planned.begins.most_s + planned.lasts.mean_s for planned in shown] + [_NEVER_SEEN])
    lines = [_line(planned, end_s) for planned in shown]
    scale = f"{'0s':<{WIDE // 2}}{_short(end_s):>{WIDE - WIDE // 2}}"
    return [*lines, Text(f"         {scale}", "dim")]


def _line(planned: Planned, end_s: float) -> Text:
    cells = [" "] * WIDE
    first, last = (_column(at_s, end_s) for at_s in (planned.begins.least_s, planned.begins.most_s))
    cells[first : last + 1] = "░" * (last + 1 - first)
    begin, end = (_column(planned.begins.mean_s + more, end_s) for more in (0.0, planned.lasts.mean_s))
    cells[begin : max(end, begin + 1)] = "█" * max(end - begin, 1)
    label = Text(f"try {planned.number:<3}  ")
    return label + Text("".join(cells), "cyan") + Text(f" {range_text(planned.begins)}")


def _column(at_s: float, end_s: float) -> int:
    return min(int(at_s / end_s * WIDE), WIDE - 1)


def range_text(spread: Spread) -> str:
    """Return `75ms (50ms … 100ms)`, or one number where all calls agree."""
    if spread.most_s - spread.least_s <= 1e-6 * max(spread.most_s, 1e-3):
        return _short(spread.mean_s)
    return f"{_short(spread.mean_s)} ({_short(spread.least_s)} … {_short(spread.most_s)})"


def _short(value_s: float) -> str:
    """Return a duration to a millisecond or four digits: 1,000 draws know no more."""
    sign = "-" if value_s < -_NEVER_SEEN else ""
    size_s = round(abs(value_s), 3)
    return f"{sign}{size_s:.4g}s" if 1 <= size_s < 60 else sign + show_duration(size_s)
