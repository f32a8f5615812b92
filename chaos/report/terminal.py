"""The summary of a run for a terminal."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from chaos.report.judged import Judged
from chaos.report.markdown import instants_row
from chaos.report.repeat import repeat_command, undo_command
from sim.analysis.reading import show
from sim.analysis.tables.console import plain_table

__all__ = ["print_report"]

_STYLES = {"passed": "green", "failure": "bold red", "error": "bold yellow", "skipped": "dim"}
_WORDS = {"passed": "held", "failure": "broken", "error": "not decided", "skipped": "not supported"}


def print_report(report: Judged, console: Console) -> None:
    """Print verdict, objectives, steady state and faults; what is left to do comes last, where people look."""
    for part in _parts(report):
        console.print(part)
    for line in _commands(report):
        console.print(line, soft_wrap=True)  # a command that is broken into two lines cannot be copied


def _parts(report: Judged) -> Iterable[RenderableType]:
    story, info = report.story, report.story.info
    style = "bold green" if report.outcome == "held" else "bold red"
    yield Text.assemble((f"{info.scenario}, option {info.option}: ", "bold"), (report.outcome, style))
    if story.why:
        yield Text(f"t = {story.stopped_s:.1f} s {story.utc(story.stopped_s)}: {story.why}")
    yield ""
    if report.verdicts:
        yield _objectives(report)
    if report.steady:
        yield _steady(report)
    if report.faults:
        yield _faults(report)
    for case in report.cases:
        if case.state in ("error", "failure") and case.kind != "objective":
            yield Text(f"{case.kind} {case.name}: {case.message}")


def _commands(report: Judged) -> Iterable[Text]:
    left = [each for fault in report.faults.values() for each in fault.left]
    if left:
        yield Text("Still in force. Undo it:", style="bold red")
        yield Text(f"  {undo_command(report.story)}")
        yield from (Text(f"  {line}") for each in left for line in each.by_hand)
    yield Text(f"again: {repeat_command(report.story)}", style="dim")


def _objectives(report: Judged) -> Table:
    table = plain_table("Objectives")
    table.add_column("objective")
    table.add_column("asked")
    table.add_column("value", justify="right", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    states = {case.name: case.state for case in report.of("objective")}
    for verdict in report.verdicts:
        state = states[verdict.objective]
        asked = f"{verdict.metric} of {verdict.of} {verdict.bound}"
        value = show(verdict.value, verdict.unit)
        table.add_row(verdict.objective, asked, value, Text(_WORDS[state], style=_STYLES[state]))
    return table


def _steady(report: Judged) -> Table:
    table = plain_table("Steady state")
    table.add_column("probe")
    table.add_column("asked")
    table.add_column("last", justify="right", no_wrap=True)
    table.add_column("how it went")
    for case in report.of("steady"):
        probe = report.steady[case.name]
        asked = f"{probe.what} {probe.bound}".strip()
        table.add_row(probe.name, asked, probe.shown(), Text(case.message, style=_STYLES[case.state]))
    return table


def _faults(report: Judged) -> Table:
    table = plain_table("Faults (seconds of the run)")
    table.add_column("fault")
    table.add_column("kind")
    for head in ("planned", "injected", "undone", "verified", "late"):
        table.add_column(head, justify="right", no_wrap=True)
    for case in report.of("fault"):
        fault = report.faults[case.name]
        for each in fault.occurrences.values():
            table.add_row(Text(fault.name, style=_STYLES[case.state]), fault.kind, *instants_row(each))
        if not fault.occurrences:
            table.add_row(Text(fault.name, style=_STYLES[case.state]), fault.kind, *["–"] * 5)
    return table
