"""Numbers as people read them, by their unit."""

from __future__ import annotations

import math

from sim.quantities import show_duration

__all__ = ["counted", "show", "show_difference", "show_exact", "show_interval"]

_SLOW_PER_S = 0.05  # three a minute: what is rarer reads better by the hour


def counted(number: int, what: str) -> str:
    """Return `1 replication`, `3 replications`."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def show(value: float, unit: str) -> str:
    """Return a value with its unit: `99.93 %`, `3m20s`, `12.5/s`, `8`; `never` for infinity, `–` for no reading."""
    if math.isnan(value):
        return "–"
    if math.isinf(value):
        return "never"
    if unit == "share":
        return f"{_percent(value)} %"
    if unit == "s":
        return show_duration(value)
    if unit == "1/s" and 0 < abs(value) < _SLOW_PER_S:
        return f"{value * 3600:.3g}/h"
    number = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return f"{number}{unit.removeprefix('1')}" if unit.startswith("1/") else number


def _percent(share: float) -> str:
    """Return a share in per cent with as many digits as its distance from 0 or 1 needs, and no false 100."""
    percent = share * 100
    gap = min(abs(percent), abs(100 - percent))
    if percent >= 1000:
        return f"{percent:,.0f}"
    if not gap:
        return f"{percent:.0f}"
    digits = min(max(1 - math.floor(math.log10(gap) + 1e-9), 1), 5) if gap < 10 else 1  # 100 − 99.9 is 0.0999…
    return f"{percent:.{digits}f}"


def show_exact(value: float, unit: str) -> str:
    """Return a number that somebody wrote, such as a bound, with no more digits than it has: `99.9 %`, `5s`."""
    return f"{value * 100:.10g} %" if unit == "share" else show(value, unit)


def show_interval(low: float, high: float, unit: str) -> str:
    """Return `99.91 … 99.95 %`: both ends, the unit once where it can be; `–` where there is none."""
    if math.isnan(low) or math.isnan(high):
        return "–"
    if unit == "share" and math.isfinite(low) and math.isfinite(high):
        return f"{_percent(low)} … {_percent(high)} %"
    return f"{show(low, unit)} … {show(high, unit)}"


def show_difference(value: float, low: float, high: float, unit: str) -> str:
    """Return a signed difference and its interval: `+1.25 %p (+1.20 … +1.31)`, in percentage points for shares.

    `the same` where every run agrees; from or to `never` where one of the two never came.
    """
    if value == low == high == 0:
        return "the same"
    if math.isnan(low) or math.isnan(high):
        return "–" if math.isnan(value) else f"{_signed(value, unit)} (no interval)"
    interval = f"{_signed(low, unit)} … {_signed(high, unit)}"
    mark = " %p" if unit == "share" and math.isfinite(value) else ""
    return f"{_signed(value, unit)}{mark} ({interval})"


def _signed(value: float, unit: str) -> str:
    if math.isnan(value):
        return "–"
    if math.isinf(value):
        return "from never" if value < 0 else "to never"
    size = _percent(abs(value)) if unit == "share" else show(abs(value), unit)
    return f"{'-' if value < 0 else '+'}{size}"
