"""The summary of a run for a pull request: the verdict first, then what was asked, what was done, how to repeat it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from chaos.report.faults import Occurrence
from chaos.report.judged import Case, Judged
from chaos.report.repeat import repeat_command, undo_command
from chaos.report.story import UNFINISHED
from sim.analysis.reading import show

__all__ = ["instants_row", "markdown"]

_MARKS = {"passed": "held", "failure": "**broken**", "error": "**not decided**", "skipped": "not supported"}
_FAULT_MARKS = {"passed": "done and undone", "error": "**error**", "skipped": "not done", "failure": "**broken**"}


def markdown(report: Judged) -> str:
    """Return the text of `summary.md`."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: Judged) -> Iterator[str]:
    story, info = report.story, report.story.info
    yield f"## {_cell(info.scenario)}, option {_cell(info.option)}: {report.outcome}"
    yield ""
    if story.why:
        yield f"**Stopped at t = {story.stopped_s:.1f} s{_utc(report)}:** {_cell(story.why)}"
        yield ""
    yield from _left(report)
    yield from _table("Objectives", ("objective", "asked", "value", "verdict", "why"), _objectives(report))
    yield from _table("Steady state", ("probe", "asked", "last value", "verdict", "how it went"), _steady(report))
    heads = ("fault", "kind", "planned", "injected", "undone", "verified", "late", "state")
    yield from _table("Faults (seconds of the run)", heads, _faults(report))
    for case in report.of("fault"):
        if case.state in ("error", "skipped"):
            yield f"- {_cell(case.name)}: {_cell(case.message)}"
    yield from _foot(report)


def _utc(report: Judged) -> str:
    utc = report.story.utc(report.story.stopped_s)
    return f", {utc}" if utc else ""


def _left(report: Judged) -> Iterator[str]:
    """Say first what is still in force, and how to remove it."""
    left = [each for fault in report.faults.values() for each in fault.left]
    if not left and report.outcome != UNFINISHED:
        return
    yield "**Still in force, as far as the journal tells:**" if left else "**What is still in force is not known.**"
    yield from (f"- {_cell(each.deed)}: {_cell(each.why)}" for each in left)
    yield from _code([undo_command(report.story), *(line for each in left for line in each.by_hand)])


def _objectives(report: Judged) -> Iterator[Sequence[str]]:
    cases = {case.name: case for case in report.of("objective")}
    for verdict in report.verdicts:
        case = cases[verdict.objective]
        asked = f"{verdict.metric} of {verdict.of} {verdict.bound}"
        value = show(verdict.value, verdict.unit)
        yield verdict.objective, _cell(asked), value, _MARKS[case.state], _cell(case.message)


def _steady(report: Judged) -> Iterator[Sequence[str]]:
    for case in report.of("steady"):
        probe = report.steady[case.name]
        mark = "**broken**" if case.state == "failure" else "**unknown**" if case.state == "error" else "held"
        asked = _cell(f"{probe.what} {probe.bound}")
        yield _cell(probe.name), asked, probe.shown(), mark, _cell(case.message)


def _faults(report: Judged) -> Iterator[Sequence[str]]:
    for case in report.of("fault"):
        fault = report.faults[case.name]
        occurrences = list(fault.occurrences.values()) or [Occurrence("0")]
        for each in occurrences:
            name = fault.name if len(occurrences) == 1 else f"{fault.name} number {each.number}"
            yield _cell(name), _cell(fault.kind), *instants_row(each), _state(case, each)


def instants_row(each: Occurrence) -> tuple[str, ...]:
    """Return planned, injected, undone and verified in run seconds, and how late it was injected."""
    instants = tuple("–" if at_s is None else f"{at_s:.3f}" for at_s in each.instants().values())
    return (*instants, "–" if each.late_s is None else f"{each.late_s * 1000:.0f} ms")


def _state(case: Case, each: Occurrence) -> str:
    if case.state == "error" and each.injected_s is not None and each.undone_s is not None:
        return "done and undone; see below"
    return _FAULT_MARKS[case.state]


def _foot(report: Judged) -> Iterator[str]:
    story, info = report.story, report.story.info
    versions = ", ".join(f"{name} {version}" for name, version in info.versions.items())
    yield ""
    yield f"Run {story.run or '–'}, started {info.started or '–'}, seed {info.seed}, exit code {report.exit_code}."
    yield f"Scenario as run: sha256 `{info.scenario_hash}`. Versions: {_cell(versions) or '–'}."
    for name, count in (story.lost or {}).items():
        yield f"`{name}`: {count} torn lines were left out."
    yield ""
    yield "To repeat it:"
    yield from _code([repeat_command(story)])
    if story.kill_switch:
        yield "To stop such a run from anywhere:"
        yield from _code([story.kill_switch])


def _table(title: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    told = list(rows)
    if not told:
        return
    yield f"### {title}"
    yield ""
    yield f"| {' | '.join(heads)} |"
    yield f"|{'---|' * len(heads)}"
    yield from (f"| {' | '.join(row)} |" for row in told)
    yield ""


def _code(lines: Iterable[str]) -> Iterator[str]:
    yield from ("", "```sh")
    yield from (" ".join(line.split()) for line in lines)
    yield from ("```", "")


def _cell(text: str) -> str:
    """Return text that stays in its cell, and is no markup and calls nobody: words of servers and files are in it."""
    flat = " ".join(text.split())
    for mark in ("\\", "|", "`", "*", "_", "<", "[", "&"):
        flat = flat.replace(mark, f"\\{mark}")
    return flat.replace("@", "@\u200b")  # GitHub's mentions do not heed a backslash; a space without width ends them
