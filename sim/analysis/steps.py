"""What each option buys over what it builds on: the paired difference to every option that it extends.

Against the first option a late one carries all that its ancestors brought; a remedy is judged by what it adds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from sim.analysis.answers import Difference
from sim.analysis.differences import difference, difference_row
from sim.analysis.replication import Replication
from sim.spec.probes import Probe

__all__ = ["StepWord", "judged", "step_differences", "steps_of"]

StepWord = Literal["better", "worse", "tie"]


def steps_of(extends: Mapping[str, Sequence[str]], made: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Return (option, what it builds on) for the options that were made, in their order.

    An ancestor that was not made gives way to its own ancestors; who extends nothing builds on the first option.
    """

    def nearest(option: str) -> list[str]:
        found: list[str] = []
        for parent in extends.get(option, ()):
            found += [parent] if parent in made else nearest(parent)
        return found

    return tuple(
        (option, parent) for option in made for parent in dict.fromkeys(nearest(option) or made[:1]) if parent != option
    )


def step_differences(
    steps: Sequence[tuple[str, str]],
    options: Mapping[str, Sequence[Replication]],
    name: str,
    probe: Probe,
    level: float,
) -> list[Difference]:
    """Return option minus what it builds on for each step; the intervals hold for all steps at once (Bonferroni)."""
    each = 1 - (1 - level) / max(len(steps), 1)
    return [
        difference_row(name, probe, option, parent, difference(options[option], options[parent], name, probe, each))
        for option, parent in steps
    ]


def judged(row: Difference, probe: Probe) -> StepWord:
    """Return whether a step made things better or worse, as the objective sees it."""
    if row.tie or row.value != row.value:
        return "tie"
    return "better" if (row.value > 0) == (probe.at_least is not None) else "worse"
