"""The few words in which a plan is said, the same in tables and for machines."""

from __future__ import annotations

import shlex

from chaos.check.experiment import Experiment
from chaos.check.planned import PlannedFault
from chaos.check.schedule import ends_s
from sim.plan import Plan
from sim.quantities import show_duration
from sim.spec.probes import METRICS, Probe

__all__ = ["bound", "run_line", "when"]

SHOWN = 3  # occurrences that a person still reads


def when(plan: Plan, fault: PlannedFault) -> str:
    """Return the instants of a fault, in seconds since the run began: `60s to 660s`; of many the first few."""
    spans = [
        f"{show_duration(each.begins_s)} to {show_duration(ends_s(plan, each))}" for each in fault.occurrences[:SHOWN]
    ]
    more = len(fault.occurrences) - SHOWN
    return "; ".join([*spans, f"and {more} more"] if more > 0 else spans) or "never"


def bound(probe: Probe) -> str:
    """Return what a probe must keep: `client/shop call_ok_share >= 99.9%`."""
    sign, value = (">=", probe.at_least) if probe.at_least is not None else ("<=", probe.at_most)
    unit = METRICS[probe.metric][0]
    assert value is not None  # the language gives every probe one bound
    text = f"{value * 100:g}%" if unit == "share" else show_duration(value) if unit == "s" else f"{value:g}"
    return f"{probe.of} {probe.metric} {sign} {text}"


def run_line(experiment: Experiment, binding: str, lab: str = "") -> str:
    """Return the command that runs exactly this. `binding`, `lab`: as the person gave them."""
    words = ["weatherglass", "chaos", "run", experiment.source, "--binding", binding]
    words += ["--lab", lab] if lab else []
    words += ["--option", experiment.plan.option, "--seed", str(experiment.plan.seed)]
    return shlex.join(words)
