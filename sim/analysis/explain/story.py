"""A timeline as text: lines with two clocks, and the rules that they rest on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from sim.analysis.explain.rules import RULES

__all__ = ["Line", "Story", "run_clock", "since"]


class Line(NamedTuple):
    """One thing that happened, in words; `rules` are keys of RULES."""

    t_s: float
    text: str
    rules: tuple[str, ...] = ()


def run_clock(t_s: float) -> str:
    """Return an instant of the run as `00:00:47.600`, with days in front where there are any (`2d 03:00:00.000`)."""
    milliseconds = round(abs(t_s) * 1000)
    seconds, thousandths = divmod(milliseconds, 1000)
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    days, hour = divmod(hours, 24)
    sign = "-" if t_s < 0 and milliseconds else ""
    return f"{sign}{f'{days}d ' if days else ''}{hour:02d}:{minute:02d}:{second:02d}.{thousandths:03d}"


def since(delta_s: float) -> str:
    """Return a distance from the story's beginning: `+0.012 s`, `+47.6 s`, `+5m50s`, `+3d0h`."""
    sign, size_s = ("-" if delta_s < 0 else "+"), abs(delta_s)
    if size_s < 10:
        return f"{sign}{size_s:.3f} s"
    if size_s < 120:
        return f"{sign}{size_s:.1f} s"
    minutes, seconds = divmod(round(size_s), 60)
    if minutes < 120:
        return f"{sign}{minutes}m{seconds:02d}s"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{sign}{hours}h{minutes:02d}m"
    return f"{sign}{hours // 24}d{hours % 24:02d}h"


@dataclass(frozen=True, slots=True)
class Story:
    """Lines in the order of time. `began_s` is what the second clock counts from; `notes` follow the lines."""

    title: str
    began_s: float
    lines: tuple[Line, ...]
    notes: tuple[str, ...] = ()

    def render(self) -> str:
        """Return the story as text, one thing a line, and the rules it names below."""
        left = [run_clock(line.t_s) for line in self.lines]
        right = [since(line.t_s - self.began_s) for line in self.lines]
        wide, wider = max(map(len, left), default=0), max(map(len, right), default=0)
        rows = [
            f"  {clock:>{wide}}  {gone:>{wider}}  {line.text}{_cited(line.rules)}"
            for clock, gone, line in zip(left, right, self.lines, strict=True)
        ]
        cited = dict.fromkeys(rule for line in self.lines for rule in line.rules)
        legend = ["", "Rules:", *(f"  {rule:<4} {RULES[rule]}" for rule in cited)] if cited else []
        notes = ["", *self.notes] if self.notes else []
        return "\n".join([self.title, "", *rows, *notes, *legend])


def _cited(rules: tuple[str, ...]) -> str:
    return f"  [{', '.join(rules)}]" if rules else ""
