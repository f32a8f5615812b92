"""Policies as people read them in a terminal: the list, and one of them with the picture of its retries."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from sim.analysis.tables.console import plain_table
from sim.policy import PolicyPreset, describe
from sim.rehearsal.schedule import Schedule, tries_by_failure
from sim.rehearsal.terminal import MOST_LINES, bars, range_text

__all__ = ["list_lines", "show_parts"]


def list_lines(presets: Sequence[PolicyPreset], columns: int | None) -> Iterable[str]:
    """Yield the families, one line a policy: name and words, cut at `columns` (None: a pipe takes it whole)."""
    width = max(len(preset.name) for preset in presets)
    for family, members in groupby(presets, key=lambda preset: preset.family):
        yield family
        for preset in members:
            line = f"  {preset.name:<{width}}  {describe(preset.policy)}"
            yield line if columns is None or len(line) <= columns else f"{line[: columns - 1]}…"
        yield ""
    also = {name: preset.name for preset in presets for name in preset.also}
    yield "Further names: " + ", ".join(f"{name} = {stands_for}" for name, stands_for in also.items())
    yield "One of them: weatherglass policies show NAME. Side by side: weatherglass policies compare."


def show_parts(preset: PolicyPreset, schedules: Mapping[str, Schedule]) -> Iterable[RenderableType]:
    """Yield what a policy is, what it tries again, and its schedule at each server as a picture and a table."""
    also = f" (also: {', '.join(preset.also)})" if preset.also else ""
    yield Text(f"{preset.name}{also}, {preset.family}", style="bold")
    yield Text(" ".join(preset.why.split()))
    yield Text(f"Does:    {describe(preset.policy)}")
    yield Text(f"Source:  {' '.join(preset.source.split())}")
    yield Text(f"Tries of one call, by how all of them fail: {_by_failure(preset)}")
    for server, schedule in schedules.items():
        yield ""
        yield Text(server, style="bold")
        yield from bars(schedule)
        yield _pauses(schedule)
        yield Text(_ending(schedule))


def _by_failure(preset: PolicyPreset) -> str:
    counts: dict[int, list[str]] = {}
    for failure, tries in tries_by_failure(preset.policy).items():
        counts.setdefault(tries, []).append(failure)
    if len(counts) == 1:
        return f"{next(iter(counts))}, however they fail."
    return "; ".join(f"{tries} ({', '.join(names)})" for tries, names in sorted(counts.items(), reverse=True)) + "."


def _pauses(schedule: Schedule) -> Table:
    table = plain_table()
    for head in ("try", "begins", "pause before it", "lasts"):
        table.add_column(head, justify="left" if head == "try" else "right", no_wrap=True)
    for planned in schedule.tries[:MOST_LINES]:
        pause = "–" if planned.pause is None else range_text(planned.pause)
        table.add_row(str(planned.number), range_text(planned.begins), pause, range_text(planned.lasts))
    return table


def _ending(schedule: Schedule) -> str:
    more = len(schedule.tries) - MOST_LINES
    if more > 0 and not schedule.endless:
        return f"{more} more tries, until the call ends after {range_text(schedule.ends)}."
    if schedule.endless:
        return f"And so on: {schedule.endless:,} of {schedule.calls:,} calls were still trying when we left."
    reasons = ", ".join(f"{reason} ({count:,})" if len(schedule.outcomes) > 1 else reason
                        for reason, count in schedule.outcomes.items())  # fmt: skip
    return textwrap.shorten(f"The call ends after {range_text(schedule.ends)}: {reasons}.", 100)
