"""Numbers as people read them, by their unit."""

from __future__ import annotations

import math

from sim.quantities import show_duration

__all__ = ["show", "show_difference", "show_interval"]


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
    number = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return f"{number}{unit.removeprefix('1')}" if unit.startswith("1/") else number


def _percent(share: float) -> str:
    """Return a share in per cent with as many digits as its distance from 0 or 1 needs, and no false 100."""
    percent = share * 100
    gap = min(abs(percent), abs(100 - percent))
    if gap in {0.0, 100.0}:
        return f"{percent:.0f}"
    digits = min(max(1 - math.floor(math.log10(gap)), 1), 5) if gap < 10 else 1
    return f"{percent:.{digits}f}"


def show_interval(low: float, high: float, unit: str) -> str:
    """Return `99.91 … 99.95 %`: both ends, the unit once where it can be; `–` where there is none."""
    if math.isnan(low) or math.isnan(high):
        return "–"
    if unit == "share" and math.isfinite(low) and math.isfinite(high):
        return f"{_percent(low)} … {_percent(high)} %"
    return f"{show(low, unit)} … {show(high, unit)}"


def show_difference(value: float, low: float, high: float, unit: str) -> str:
    """Return a signed difference and its interval: `+1.25 %p (+1.20 … +1.31)`, in percentage points for shares."""
    interval = f"{_signed(low, unit)} … {_signed(high, unit)}"
    mark = " %p" if unit == "share" and math.isfinite(value) else ""
    return f"{_signed(value, unit)}{mark} ({interval})"


def _signed(value: float, unit: str) -> str:
    if math.isnan(value):
        return "–"
    size = _percent(abs(value)) if unit == "share" and math.isfinite(value) else show(abs(value), unit)
    return f"{'-' if value < 0 else '+'}{size}"
