"""What `steady` and `objectives` ask: of subjects that exist, for metrics that they have, within the run."""

from __future__ import annotations

from collections.abc import Iterator

from sim.quantities import show_duration
from sim.spec.place import Path
from sim.spec.probes import METRICS, RECOVERIES, Probe, metric_subjects
from sim.spec.references import Finding
from sim.spec.scenario import Scenario
from sim.spec.wording import listed, quote, unknown

__all__ = ["unanswerable"]

_SUBJECTS = "client/NAME, service/NAME, node/NAME or cluster"


def _names(scenario: Scenario) -> dict[str, tuple[str, ...]]:
    return {
        "client": tuple(scenario.clients),
        "service": tuple(scenario.services),
        "node": tuple(scenario.cluster.nodes),
    }


def _subject(path: Path, probe: Probe, scenario: Scenario) -> Iterator[Finding]:
    kind, slash, name = probe.of.partition("/")
    names = _names(scenario)
    if probe.of != "cluster" and not (slash and kind in names):
        yield (*path, "of"), f"{quote(probe.of)} is no subject; accepted: {_SUBJECTS}"
        return
    if slash and name not in names[kind]:
        yield (*path, "of"), unknown(probe.of, kind, [f"{kind}/{known}" for known in names[kind]])
    if kind not in metric_subjects(probe.metric):
        fitting = [metric for metric in METRICS if kind in metric_subjects(metric)]
        subjects = " or ".join(metric_subjects(probe.metric))
        message = f"{quote(probe.metric)} is a reading of {subjects}, not of a {kind}; a {kind} has {listed(fitting)}"
        yield (*path, "metric"), message


def _window(path: Path, probe: Probe, scenario: Scenario) -> Iterator[Finding]:
    end_s = scenario.run.duration
    if probe.from_ is not None and probe.from_ >= end_s:
        message = (
            f"{quote(show_duration(probe.from_))} is not before the run's end; accepted: below {show_duration(end_s)}"
        )
        yield (*path, "from"), message
    if probe.until is not None and probe.until <= (probe.from_ or 0.0):
        message = f"{quote(show_duration(probe.until))} is not after from ({show_duration(probe.from_ or 0.0)})"
        yield (*path, "until"), f"{message}; accepted: a later moment"
    if probe.every is not None and probe.every > end_s:
        message = (
            f"{quote(show_duration(probe.every))} is longer than the run; accepted: at most {show_duration(end_s)}"
        )
        yield (*path, "every"), message


def unanswerable(scenario: Scenario) -> Iterator[Finding]:
    """Yield every question that no run of the scenario could answer, with its path."""
    for section, probes in (("steady", scenario.steady), ("objectives", scenario.objectives)):
        for name, probe in probes.items():
            path: Path = (section, name)
            yield from _subject(path, probe, scenario)
            yield from _window(path, probe, scenario)
            if probe.metric in RECOVERIES:
                yield from _recovery((*path, "metric"), section, probe, scenario)


def _recovery(path: Path, section: str, probe: Probe, scenario: Scenario) -> Iterator[Finding]:
    if section == "steady":
        yield (
            path,
            f"{quote(probe.metric)} asks when steady holds, so it cannot be part of it; accepted: another metric",
        )
    elif not scenario.steady:
        yield path, f"{quote(probe.metric)} asks when steady holds again, and the file has no steady: section"
    elif not scenario.faults:
        yield path, f"{quote(probe.metric)} counts from a fault, and the file has no faults: section"
