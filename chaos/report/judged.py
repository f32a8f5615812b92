"""The verdict on a run: one case per objective, steady probe and fault, and the outcome and exit code that follow.

The words are JUnit's: `failure` is broken, `error` could not run, `skipped` is not supported here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from chaos.report.faults import FaultStory, fault_stories
from chaos.report.steady import SteadyStory, Stretch, steady_stories
from chaos.report.story import Story, read_story
from sim.analysis.answers import Verdict
from sim.quantities import show_duration

__all__ = ["EXIT_CODES", "Case", "Judged", "State", "judged", "report_of"]

State = Literal["passed", "failure", "error", "skipped"]
EXIT_CODES: dict[str, int] = {
    "held": 0, "broken": 1, "undecided": 3, "baseline-not-met": 3, "not-injected": 3, "target-gone": 3, "no-effect": 3,
    "aborted": 3, "unfinished": 3, "undo-failed": 4, "bug": 70,
}  # fmt: skip
"""By outcome. Source: docs/design.md, exit codes. `undecided`: to say nothing about an objective is no success."""
SETTLE_S = 1.0  # assumption: how long after the last fault's end a probe that looks at a moment is still its echo
UNREAD = ("cost_per_hour", "wasted_work_share")
"""Metrics that need what only a simulated world knows: what nodes cost, for whom a server works."""


@dataclass(frozen=True, slots=True)
class Case:
    """One thing that was asked of the run. `message`: one line; `text`: the rest."""

    kind: Literal["objective", "steady", "fault"]
    name: str
    state: State
    message: str
    text: str = ""
    took_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Judged:
    """A run with its verdict: what every kind of report is written from."""

    story: Story
    verdicts: tuple[Verdict, ...]
    steady: dict[str, SteadyStory]
    faults: dict[str, FaultStory]
    cases: tuple[Case, ...]
    outcome: str

    @property
    def exit_code(self) -> int:
        """Return what the command ends with."""
        return EXIT_CODES.get(self.outcome, 3)

    def of(self, kind: str) -> tuple[Case, ...]:
        """Return the cases of one kind."""
        return tuple(case for case in self.cases if case.kind == kind)


def report_of(folder: Path | str) -> Judged:
    """Return the verdict on the run in a directory. Raises RunError if there is none."""
    return judged(read_story(folder))


def judged(story: Story) -> Judged:
    """Return the verdict on a run."""
    verdicts = story.result.summary.verdicts
    steady = steady_stories(story.info, story.events, story.result.samples, story.until_s)
    faults = fault_stories(story.info.scenario_as_run, story.events)
    cases = (
        *(_objective(story, verdict) for verdict in verdicts),
        *(_steady(story, each) for each in steady.values()),
        *(_fault(story, each) for each in faults.values()),
    )
    return Judged(story, verdicts, steady, faults, cases, _outcome(story, cases))


def _outcome(story: Story, cases: Sequence[Case]) -> str:
    if not story.whole:
        return story.outcome
    states = [case.state for case in cases if case.kind != "fault"]
    return "broken" if "failure" in states else "undecided" if "error" in states else "held"


def _early(story: Story) -> str:
    """Return why a run says nothing about what was asked of the whole of it."""
    why = f": {story.why}" if story.why else ""
    return f"{story.outcome} at t = {story.stopped_s:.1f} s{why}"


def _objective(story: Story, verdict: Verdict) -> Case:
    what = f"{verdict.metric} of {verdict.of}: {verdict.bound}"
    if not story.whole:
        return Case("objective", verdict.objective, "error", f"not decided: {_early(story)}", what)
    if verdict.verdict == "undecided":
        state: State = "skipped" if verdict.metric in UNREAD else "error"
        return Case("objective", verdict.objective, state, verdict.why, what)
    state = "failure" if verdict.verdict == "broken" else "passed"
    causes = [cause.text for cause in story.result.summary.causes if cause.objective == verdict.objective]
    return Case("objective", verdict.objective, state, f"{verdict.why} ({verdict.bound})", "\n".join([what, *causes]))


def _steady(story: Story, probe: SteadyStory) -> Case:
    last, told = probe.last, f"{probe.what} {probe.bound}".strip() + f": {probe.told()}"
    if last is None or not probe.known:
        why = last.why if last is not None else "no reading was taken"
        return Case("steady", probe.name, "error", f"never read: {why}", told)
    broken = next((each for each in reversed(probe.stretches) if each.verdict == "broken"), None)
    if _stopped_by(story, probe.name):  # it may have come back while everything was undone
        if broken is None or story.outcome == "aborted":
            return Case("steady", probe.name, "error", f"stopped the run: {story.why}", told)
        return Case("steady", probe.name, "failure", _since(probe, broken), told)
    if last is broken and (story.outcome == "broken" or _outlasts_every_fault(story, probe)):
        return Case("steady", probe.name, "failure", _since(probe, last), told)
    return Case("steady", probe.name, "passed", probe.told(), told)


def _since(probe: SteadyStory, broken: Stretch) -> str:
    took = show_duration(broken.end_s - broken.begin_s)
    return f"broken since t = {broken.begin_s:.1f} s, for {took}, last {probe.shown()}"


def _stopped_by(story: Story, name: str) -> bool:
    """Tell whether the reason that the runner gave for the end is this probe."""
    named = re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", story.why)
    return story.outcome in ("broken", "baseline-not-met", "aborted") and "steady state" in story.why and bool(named)


def _outlasts_every_fault(story: Story, probe: SteadyStory) -> bool:
    """Tell whether the run went on for so long after its last fault that nothing of it is seen any more."""
    spans = story.result.summary.result.replications[0].faults
    over_s = max((span.end_s for span in spans), default=0.0)
    return story.whole and story.until_s - over_s > max(probe.lag_s, SETTLE_S)


def _fault(story: Story, fault: FaultStory) -> Case:
    text = "\n".join(_instants(fault))
    if fault.is_unsupported and fault.problem is not None:
        return Case("fault", fault.name, "skipped", fault.problem[1], text)
    if fault.left:
        hands = [line for left in fault.left for line in left.by_hand]
        message = "; ".join(f"{left.deed}: {left.why}" for left in fault.left)
        return Case("fault", fault.name, "error", f"not undone: {message}", "\n".join([text, *hands]), fault.took_s)
    if fault.problem is not None:
        return Case("fault", fault.name, "error", f"{fault.problem[0]}: {fault.problem[1]}", text, fault.took_s)
    if any(each.injected_s is not None for each in fault.occurrences.values()):
        return Case("fault", fault.name, "passed", "injected, undone", text, fault.took_s)
    if story.whole:
        return Case("fault", fault.name, "skipped", "has no occurrence within the run", text)
    return Case("fault", fault.name, "error", f"not injected: {_early(story)}", text)


def _instants(fault: FaultStory) -> Iterator[str]:
    for each in fault.occurrences.values():
        told = ", ".join(f"{name} {at_s:.3f} s" for name, at_s in each.instants().items() if at_s is not None)
        yield f"{fault.name} number {each.number}: {told}"
        yield from (f"  {deed}" for deed in each.deeds)
